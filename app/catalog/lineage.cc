#include "app/catalog/lineage.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "stream/request_fields.h"

namespace millrace {

std::string Lineage::FeatureName(int32_t view, int feature) const {
  const ViewSpec& spec = *project_.views[static_cast<size_t>(view)];
  return absl::StrCat(spec.name, ".", spec.features[static_cast<size_t>(feature)].name);
}

std::vector<std::string> Lineage::SourcesOfView(int32_t view) const {
  std::vector<std::string> names;
  for (const ViewInput& input : project_.views[static_cast<size_t>(view)]->inputs) {
    names.push_back(project_.sources[static_cast<size_t>(input.source)].name);
  }
  return names;
}

std::vector<std::string> Lineage::TopicsOfView(int32_t view) const {
  std::vector<std::string> topics;
  for (const ViewInput& input : project_.views[static_cast<size_t>(view)]->inputs) {
    for (const int32_t source : project_.TopicSources(input.source)) {
      const std::string& topic = project_.sources[static_cast<size_t>(source)].topic;
      if (std::find(topics.begin(), topics.end(), topic) == topics.end()) topics.push_back(topic);
    }
  }
  return topics;
}

std::vector<std::string> Lineage::OperandsOf(int32_t view, int feature) const {
  const FeatureSpec& spec =
      project_.views[static_cast<size_t>(view)]->features[static_cast<size_t>(feature)];
  std::vector<std::string> names;
  if (!spec.computed()) return names;
  for (const int field : spec.expression->used_fields()) {
    const int operand = spec.OperandOf(field).feature;
    if (operand >= 0) names.push_back(FeatureName(view, operand));
  }
  return names;
}

std::vector<std::string> Lineage::RequestFieldsOf(int32_t view, int feature) const {
  const ViewSpec& spec = *project_.views[static_cast<size_t>(view)];
  std::vector<std::string> names;
  for (const int field : millrace::RequestFieldsOf(spec, feature)) {
    names.push_back(spec.request.fields[static_cast<size_t>(field)].name);
  }
  return names;
}

std::vector<bool> Lineage::Dependents(int32_t view, int feature) const {
  const std::vector<FeatureSpec>& features = project_.views[static_cast<size_t>(view)]->features;
  std::vector<bool> depends(features.size(), false);
  depends[static_cast<size_t>(feature)] = true;
  // A feature stands after those it is computed from.
  for (size_t f = 0; f < features.size(); ++f) {
    if (!features[f].computed()) continue;
    for (const int field : features[f].expression->used_fields()) {
      const int operand = features[f].OperandOf(field).feature;
      if (operand >= 0 && depends[static_cast<size_t>(operand)]) depends[f] = true;
    }
  }
  return depends;
}

std::vector<std::string> Lineage::FeaturesFrom(int32_t view, int feature) const {
  const std::vector<bool> depends = Dependents(view, feature);
  std::vector<std::string> names;
  for (int f = 0; f < static_cast<int>(depends.size()); ++f) {
    if (f != feature && depends[static_cast<size_t>(f)]) names.push_back(FeatureName(view, f));
  }
  return names;
}

std::vector<std::string> Lineage::ServicesOf(int32_t view, int feature) const {
  std::vector<std::string> used = FeaturesFrom(view, feature);
  used.push_back(FeatureName(view, feature));
  used.push_back(absl::StrCat(project_.views[static_cast<size_t>(view)]->name, ".*"));
  std::vector<std::string> names;
  for (const auto& [name, service] : project_.services) {
    if (std::find_first_of(service.features.begin(), service.features.end(), used.begin(),
                           used.end()) != service.features.end()) {
      names.push_back(name);
    }
  }
  return names;
}

std::vector<std::string> Lineage::TasksOf(int32_t view, int feature) const {
  const std::vector<bool> depends = Dependents(view, feature);
  std::vector<std::string> names;
  for (const TaskSpec& task : project_.tasks) {
    const bool uses = std::any_of(task.reads.begin(), task.reads.end(), [&](const auto& read) {
      return read.view == view &&
             std::any_of(read.features.begin(), read.features.end(),
                         [&](int f) { return depends[static_cast<size_t>(f)]; });
    });
    if (uses) names.push_back(task.name);
  }
  return names;
}

std::vector<std::string> Lineage::DerivedFrom(int32_t source) const {
  std::vector<std::string> names;
  for (const SourceSpec& other : project_.sources) {
    if (std::any_of(other.bases.begin(), other.bases.end(),
                    [source](const SourceBase& base) { return base.source == source; })) {
      names.push_back(other.name);
    }
  }
  return names;
}

std::vector<std::string> Lineage::ViewsOver(int32_t source) const {
  std::vector<std::string> names;
  for (const auto& view : project_.views) {
    if (std::any_of(view->inputs.begin(), view->inputs.end(),
                    [source](const ViewInput& input) { return input.source == source; })) {
      names.push_back(view->name);
    }
  }
  return names;
}

std::vector<std::string> Lineage::TasksOfSource(int32_t source) const {
  std::vector<std::string> names;
  for (const TaskSpec& task : project_.tasks) {
    const std::vector<LabelSource>& labels = task.label.sources;
    if (task.trigger_source == source ||
        std::any_of(labels.begin(), labels.end(),
                    [source](const LabelSource& label) { return label.source == source; })) {
      names.push_back(task.name);
    }
  }
  return names;
}

std::vector<std::string> Lineage::ViewsOfEntity(absl::string_view entity) const {
  std::vector<std::string> names;
  for (const auto& view : project_.views) {
    if (view->entity == entity) names.push_back(view->name);
  }
  return names;
}

std::vector<std::string> Lineage::FeaturesOfTask(const TaskSpec& task) const {
  std::vector<std::string> names;
  for (const TaskFeatureRead& read : task.reads) {
    for (const int feature : read.features) names.push_back(FeatureName(read.view, feature));
  }
  return names;
}

}  // namespace millrace
