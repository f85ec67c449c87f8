// Lineage: what the parts of a project are made from, and who uses them. Names in the order of the
// configuration. Immutable; thread-safe.

#ifndef MILLRACE_APP_CATALOG_LINEAGE_H_
#define MILLRACE_APP_CATALOG_LINEAGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "app/project.h"

namespace millrace {

class Lineage {
 public:
  // REQUIRES: the project outlives this.
  explicit Lineage(const Project& project) : project_(project) {}

  // "view.feature".
  std::string FeatureName(int32_t view, int feature) const;

  // Up: the sources a view reads, and the topics that those come from.
  std::vector<std::string> SourcesOfView(int32_t view) const;
  std::vector<std::string> TopicsOfView(int32_t view) const;
  // The features that one is computed from; none unless it has an `expr`.
  std::vector<std::string> OperandsOf(int32_t view, int feature) const;
  // The fields of a request that its answer depends on, also by way of other features.
  std::vector<std::string> RequestFieldsOf(int32_t view, int feature) const;

  // Down: features of the view that are computed from it, directly or through others; the services
  // and tasks that read it or one of those.
  std::vector<std::string> FeaturesFrom(int32_t view, int feature) const;
  std::vector<std::string> ServicesOf(int32_t view, int feature) const;
  std::vector<std::string> TasksOf(int32_t view, int feature) const;

  // Sources derived from it, views over it, tasks that it triggers or labels; all directly.
  std::vector<std::string> DerivedFrom(int32_t source) const;
  std::vector<std::string> ViewsOver(int32_t source) const;
  std::vector<std::string> TasksOfSource(int32_t source) const;
  std::vector<std::string> ViewsOfEntity(absl::string_view entity) const;
  // Features that a task reads, also within expressions.
  std::vector<std::string> FeaturesOfTask(const TaskSpec& task) const;

 private:
  // By feature of the view: it is this one or computed from it.
  std::vector<bool> Dependents(int32_t view, int feature) const;

  const Project& project_;
};

}  // namespace millrace

#endif  // MILLRACE_APP_CATALOG_LINEAGE_H_
