// DerivedSources: reads the sources with `from`, each after those it is derived from, on which it
// reports cycles and bounds. Made for one reading of a configuration; thread-compatible.

#ifndef MILLRACE_APP_CONFIG_DERIVED_SOURCES_H_
#define MILLRACE_APP_CONFIG_DERIVED_SOURCES_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "app/config/compile.h"
#include "app/config/section.h"
#include "app/project.h"
#include "stream/schema.h"

namespace millrace {

class DerivedSources {
 public:
  // `sections`: of all sources, in the order of those of the project. REQUIRES: sections and draft
  // outlive this; all sources stand in the draft, those not read yet as broken.
  DerivedSources(const std::vector<Section>& sections, ProjectDraft* draft);

  // Reads the source and what it is derived from; nothing when it has a topic or was read.
  // REQUIRES: the sources with topics that it comes from were read.
  void Read(size_t index);

 private:
  enum class Progress : uint8_t { kToDo, kBegun, kDone };

  void RefuseForeignKeys(const Section& section);
  bool ReadBase(const ConfigNode& from, SourceSpec* spec);
  bool FailTooDeep(const ConfigNode& from);
  // On how many ways records of topics come to the source, and how far.
  bool CountWays(size_t index, const Section& section, const SourceSpec& spec);
  // The fields that all bases have, with one type.
  Schema CommonFields(const SourceSpec& spec) const;
  void Finish(size_t index, const Section& section, SourceSpec spec);
  const SourceSpec& SourceOf(const SourceBase& base) const {
    return draft_.project.sources[static_cast<size_t>(base.source)];
  }

  const std::vector<Section>& sections_;
  ProjectDraft& draft_;
  std::vector<Progress> progress_;
  std::vector<std::string> path_;
  // By source; of those with topics one and none.
  std::vector<int> ways_;
  std::vector<size_t> depth_;
};

}  // namespace millrace

#endif  // MILLRACE_APP_CONFIG_DERIVED_SOURCES_H_
