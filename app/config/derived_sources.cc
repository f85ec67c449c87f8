#include "app/config/derived_sources.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace millrace {
namespace {

// A record becomes an event on every way from its source, so there are not many.
constexpr size_t kMaxDepth = 16;
constexpr int kMaxWays = 64;

}  // namespace

DerivedSources::DerivedSources(const std::vector<Section>& sections, ProjectDraft* draft)
    : sections_(sections),
      draft_(*draft),
      progress_(sections.size()),
      ways_(sections.size(), 1),
      depth_(sections.size(), 0) {}

void DerivedSources::Read(size_t index) {
  const Section& section = sections_[index];
  if (!section.Has("from") || progress_[index] != Progress::kToDo) return;
  progress_[index] = Progress::kBegun;
  path_.push_back(section.name());
  RefuseForeignKeys(section);
  SourceSpec spec;
  spec.name = section.name();
  spec.documentation = ReadDocumentation(section);
  bool known = section.Find("from") != nullptr;
  for (const ConfigNode* from : section.Items("from")) known = ReadBase(*from, &spec) && known;
  known = known && !spec.bases.empty() && CountWays(index, section, spec);
  if (known) Finish(index, section, std::move(spec));
  path_.pop_back();
  progress_[index] = Progress::kDone;
}

void DerivedSources::RefuseForeignKeys(const Section& section) {
  for (const absl::string_view key :
       {"topic", "format", "schema_file", "message", "message_indices", "envelope", "time", "id",
        "dedup", "retract", "partitioned_by", "schema", "lookup", "align_timeout", "history",
        "lateness", "on_error"}) {
    if (!section.Has(key)) continue;
    for (const ConfigMember& member : section.map()->members) {
      if (member.key.text != key) continue;
      Diagnostic& d =
          draft_.sink->Error(ConfigErrorCode::kConflict, member.key.place,
                             absl::StrCat("'", key, "' cannot stand beside 'from': what '",
                                          section.name(), "' is derived from says it"));
      const std::vector<const ConfigNode*> bases = section.Items("from");
      if (bases.size() == 1) d.suggestion = absl::StrCat("put it at '", bases[0]->text, "'");
    }
  }
}

bool DerivedSources::ReadBase(const ConfigNode& from, SourceSpec* spec) {
  const int base = draft_.FindSource(from);
  if (base < 0) return false;
  for (const SourceBase& other : spec->bases) {
    if (other.source != base) continue;
    draft_.sink->Error(ConfigErrorCode::kDuplicate, from.place,
                       absl::StrCat("the source '", from.shown, "' is listed twice"));
    return false;
  }
  if (progress_[static_cast<size_t>(base)] == Progress::kBegun) {
    const auto first = std::find(path_.begin(), path_.end(), from.text);
    draft_.sink->Error(
        ConfigErrorCode::kConflict, from.place,
        absl::StrCat("the source '", from.shown, "' would be derived from itself: ",
                     absl::StrJoin(first, path_.end(), " from "), " from ", from.shown));
    return false;
  }
  const bool to_read = sections_[static_cast<size_t>(base)].Has("from") &&
                       progress_[static_cast<size_t>(base)] == Progress::kToDo;
  if (to_read && path_.size() == kMaxDepth) return FailTooDeep(from);
  Read(static_cast<size_t>(base));
  spec->bases.push_back({base, nullptr});
  return !draft_.broken_source[static_cast<size_t>(base)];
}

bool DerivedSources::FailTooDeep(const ConfigNode& from) {
  draft_.sink->Error(ConfigErrorCode::kOutOfRange, from.place,
                     absl::StrCat("more than ", kMaxDepth, " sources, each derived from the next"));
  return false;
}

bool DerivedSources::CountWays(size_t index, const Section& section, const SourceSpec& spec) {
  ways_[index] = 0;
  for (const SourceBase& base : spec.bases) {
    ways_[index] += ways_[static_cast<size_t>(base.source)];
    depth_[index] = std::max(depth_[index], depth_[static_cast<size_t>(base.source)] + 1);
  }
  if (depth_[index] > kMaxDepth) return FailTooDeep(*section.Items("from")[0]);
  if (ways_[index] <= kMaxWays) return true;
  draft_.sink->Error(
      ConfigErrorCode::kOutOfRange, section.Find("from")->place,
      absl::StrCat("records come to '", section.name(), "' on more than ", kMaxWays, " ways"));
  return false;
}

Schema DerivedSources::CommonFields(const SourceSpec& spec) const {
  Schema common = SourceOf(spec.bases[0]).schema;
  std::erase_if(common.fields, [&](const Field& field) {
    return std::any_of(spec.bases.begin(), spec.bases.end(), [&](const SourceBase& base) {
      const Schema& schema = SourceOf(base).schema;
      const int found = schema.Find(field.name);
      return found < 0 || schema.fields[static_cast<size_t>(found)].type != field.type;
    });
  });
  return common;
}

void DerivedSources::Finish(size_t index, const Section& section, SourceSpec spec) {
  std::set<std::string> broken;
  for (const SourceBase& base : spec.bases) {
    const SourceSpec& source = SourceOf(base);
    const std::set<std::string>& of_base = draft_.broken_fields[static_cast<size_t>(base.source)];
    broken.insert(of_base.begin(), of_base.end());
    spec.retracts = spec.retracts || source.retracts;
    spec.retention_ms = &base == spec.bases.data()
                            ? source.retention_ms
                            : std::max(spec.retention_ms, source.retention_ms);
  }
  const Schema common = CommonFields(spec);
  const std::shared_ptr<Derivation> made = ReadDerivation(section, common, &broken, &draft_, &spec);
  for (SourceBase& base : spec.bases) {
    const Schema& schema = SourceOf(base).schema;
    Derivation of_base = made == nullptr ? Derivation() : *made;
    of_base.columns.clear();
    for (const Field& field : common.fields) of_base.columns.push_back(schema.Find(field.name));
    base.derivation = std::make_shared<const Derivation>(std::move(of_base));
  }
  draft_.broken_fields[index] = std::move(broken);
  draft_.broken_source[index] = false;
  draft_.project.sources[index] = std::move(spec);
}

}  // namespace millrace
