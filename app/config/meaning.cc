// Project::meaning: the canonical text of what decides the meaning of state.

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "app/config/compile.h"

namespace millrace {
namespace {

std::string Typed(const Value& value) {
  return absl::StrCat(TypeName(value.type()), ":", ToString(value));
}

std::string DescribeSchema(const Schema& schema) {
  std::string out;
  for (const Field& field : schema.fields) {
    absl::StrAppend(&out, " ", field.name, ":", ValueTypeName(field.type));
    if (field.min) absl::StrAppend(&out, "[", *field.min, ",", *field.max, "]");
    if (!field.path.empty()) absl::StrAppend(&out, "@", field.path);
  }
  return out;
}

std::string DescribeSource(const Project& project, const SourceSpec& source) {
  if (!source.bases.empty()) {
    std::string out = "from";
    for (const SourceBase& base : source.bases) {
      absl::StrAppend(&out, " ", project.sources[base.source].name);
    }
    return absl::StrCat(out, source.shape_text, " schema", DescribeSchema(source.schema));
  }
  return absl::StrCat(
      "topic=", source.topic, " format=", source.format, " message=", source.decoder.message,
      " envelope=", static_cast<int>(source.decoder.envelope), " time=",
      source.decoder.time_field ? absl::StrCat(*source.decoder.time_field, "/",
                                               static_cast<int>(source.decoder.time_unit))
                                : "record",
      " out_of_order=", source.time_rule.out_of_order_ms, " future_skew=", source.future_skew_ms,
      " retention=", source.retention_ms, " on_error=", static_cast<int>(source.on_error),
      source.retracts ? " retract" : "", source.keep_future ? " future=keep" : "",
      source.shape_text, " schema", DescribeSchema(source.decoder.schema));
}

std::string DescribeView(const Project& project, const ViewSpec& view) {
  std::string out = "from";
  for (const ViewInput& input : view.inputs) {
    absl::StrAppend(&out, " ", project.sources[input.source].name);
  }
  absl::StrAppend(&out, "; key");
  for (size_t i = 0; i < view.key_names.size(); ++i) {
    absl::StrAppend(&out, " ", view.key_names[i], ":", TypeName(view.key_types[i]));
  }
  absl::StrAppend(&out, "; accuracy=", static_cast<int>(view.accuracy), " as_of=", view.as_of_ms,
                  " retention=", view.retention_ms, " ttl=", view.ttl_ms.value_or(0),
                  " stale_after=", view.stale_after_ms.value_or(0),
                  view.while_warming == WhileWarming::kUse ? " while_warming=use" : "");
  if (view.keeps_known_time) {
    const ViewInput& input = view.inputs[0];
    const Schema& schema = project.sources[input.source].schema;
    absl::StrAppend(&out, " known_at=",
                    input.known_field ? schema.fields[*input.known_field].name : "appended");
  }
  return out;
}

std::string DescribeFeature(const FeatureSpec& feature) {
  if (feature.computed()) return absl::StrCat("(", feature.expression_text, ")");
  return absl::StrCat(
      feature.aggregation_name, "(", feature.input_text, ") other(", feature.other_text, ") by(",
      feature.by_text, ") where(", feature.where_text, ") ", feature.options_text,
      " window=", DescribeWindow(feature.window), " type=", ValueTypeName(feature.result_type),
      " default=", feature.default_value ? Typed(feature.default_value->view()) : "none");
}

std::string DescribeDecision(const Project& project, const TaskSpec& task) {
  return absl::StrCat(
      "trigger=", task.trigger_source ? project.sources[*task.trigger_source].name : "request",
      " where(", task.trigger_where_text,
      ") id=", task.id_slot < 0 ? "assigned" : task.request.fields[task.id_slot].name,
      " align_timeout=", task.align_timeout_ms, " fields", DescribeSchema(task.request));
}

std::string DescribeInputs(const TaskSpec& task) {
  std::string out;
  for (const TaskInput& input : task.inputs) {
    absl::StrAppend(&out, out.empty() ? "" : "; ", input.name, ":", TypeName(input.type));
    if (input.slot < 0) absl::StrAppend(&out, "=(", input.expression_text, ")");
  }
  return out;
}

std::string DescribeLabel(const Project& project, const TaskSpec& task) {
  const LabelSpec& label = task.label;
  std::string out =
      absl::StrCat("aggregation=", static_cast<int>(label.aggregation), " value(", label.value_text,
                   ") within=", label.within_ms,
                   " empty=", label.empty ? Typed(label.empty->view()) : "drop", " from");
  for (const LabelSource& source : label.sources) {
    const SourceSpec& spec = project.sources[source.source];
    absl::StrAppend(&out, " ", spec.name, "/", spec.schema.fields[source.id_field].name);
  }
  return out;
}

std::string DescribeLearner(const TaskLearner& learner) {
  std::string out = learner.type->name;
  for (const auto& [option, value] : learner.options) {
    absl::StrAppend(&out, " ", option, "=", Typed(value.view()));
  }
  return out;
}

}  // namespace

void DescribeMeaning(Project* project) {
  std::map<std::string, std::string>& meaning = project->meaning;
  // State and own topics are named by the project, and refer to sources, views and learners by
  // their place in the configuration.
  meaning["project"] = project->name;
  meaning["state.shards"] = absl::StrCat(project->state.shards);
  std::string sources, views;
  for (const SourceSpec& source : project->sources) {
    meaning[absl::StrCat("sources.", source.name)] = DescribeSource(*project, source);
    absl::StrAppend(&sources, source.name, " ");
  }
  for (const auto& view : project->views) {
    const std::string name = absl::StrCat("views.", view->name);
    meaning[name] = DescribeView(*project, *view);
    std::string features;
    for (const FeatureSpec& feature : view->features) {
      meaning[absl::StrCat(name, ".", feature.name)] = DescribeFeature(feature);
      absl::StrAppend(&features, feature.name, " ");
    }
    meaning[absl::StrCat(name, ".", Project::kOrderOf, "features")] = features;
    absl::StrAppend(&views, view->name, " ");
  }
  meaning[absl::StrCat(Project::kOrderOf, "sources")] = sources;
  meaning[absl::StrCat(Project::kOrderOf, "views")] = views;
  for (const TaskSpec& task : project->tasks) {
    const std::string prefix = absl::StrCat("tasks.", task.name, ".");
    meaning[prefix + "decide"] = DescribeDecision(*project, task);
    meaning[prefix + "inputs"] = DescribeInputs(task);
    meaning[prefix + "label"] = DescribeLabel(*project, task);
    std::string learners;
    for (const TaskLearner& learner : task.learners) {
      meaning[absl::StrCat(prefix, "learners.", learner.name)] = DescribeLearner(learner);
      absl::StrAppend(&learners, learner.name, " ");
    }
    meaning[absl::StrCat(prefix, Project::kOrderOf, "learners")] = learners;
  }
}

}  // namespace millrace
