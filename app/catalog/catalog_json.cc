#include "app/catalog/catalog_json.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "app/catalog/lineage.h"
#include "app/catalog/view_explanation.h"
#include "serving/json.h"
#include "stream/aggregations/aggregation_table.h"

namespace millrace {
namespace {

class CatalogWriter {
 public:
  explicit CatalogWriter(const Project& project)
      : project_(project), lineage_(project), json_(&out_) {}

  std::string Write() {
    json_.BeginObject().Key("project").String(project_.name);
    json_.Key("sources").BeginArray();
    for (size_t s = 0; s < project_.sources.size(); ++s) Source(static_cast<int32_t>(s));
    json_.EndArray().Key("entities").BeginArray();
    for (const EntitySpec& entity : project_.entities) Entity(entity);
    json_.EndArray().Key("views").BeginArray();
    for (size_t v = 0; v < project_.views.size(); ++v) View(static_cast<int32_t>(v));
    json_.EndArray().Key("services").BeginArray();
    for (const auto& [key, service] : project_.services) {
      Begin("service", service.name, service.documentation);
      json_.Key("version").Int(service.version);
      Names("features", service.features);
      json_.EndObject();
    }
    json_.EndArray().Key("tasks").BeginArray();
    for (const TaskSpec& task : project_.tasks) Task(task);
    json_.EndArray().EndObject();
    return std::move(out_);
  }

 private:
  void Text(absl::string_view key, absl::string_view text) {
    json_.Key(key);
    text.empty() ? json_.Null() : json_.String(text);
  }
  void Names(absl::string_view key, const std::vector<std::string>& names) {
    json_.Key(key).BeginArray();
    for (const std::string& name : names) json_.String(name);
    json_.EndArray();
  }
  void Begin(absl::string_view kind, absl::string_view name, const Documentation& documentation) {
    json_.BeginObject().Key(kind).String(name);
    Text("description", documentation.description);
    Text("owner", documentation.owner);
  }
  void Fields(absl::string_view key, const Schema& schema) {
    json_.Key(key).BeginArray();
    for (const Field& field : schema.fields) {
      json_.BeginObject().Key("name").String(field.name);
      json_.Key("type").String(ValueTypeName(field.type)).EndObject();
    }
    json_.EndArray();
  }

  void Source(int32_t index) {
    const SourceSpec& source = project_.sources[static_cast<size_t>(index)];
    Begin("source", source.name, source.documentation);
    Text("topic", source.topic);
    std::vector<std::string> bases;
    for (const SourceBase& base : source.bases) {
      bases.push_back(project_.sources[static_cast<size_t>(base.source)].name);
    }
    Names("from", bases);
    Text("format", source.bases.empty() ? source.format : "");
    Text("time_field", source.decoder.time_field.value_or(""));
    Fields("fields", source.schema);
    Names("derived", lineage_.DerivedFrom(index));
    Names("views", lineage_.ViewsOver(index));
    Names("tasks", lineage_.TasksOfSource(index));
    json_.EndObject();
  }

  void Entity(const EntitySpec& entity) {
    Begin("entity", entity.name, entity.documentation);
    Names("key", entity.key);
    Names("views", lineage_.ViewsOfEntity(entity.name));
    json_.EndObject();
  }

  void View(int32_t index) {
    const ViewSpec& view = *project_.views[static_cast<size_t>(index)];
    Begin("view", view.name, view.documentation);
    json_.Key("entity").String(view.entity);
    json_.Key("key").BeginArray();
    for (size_t k = 0; k < view.key_names.size(); ++k) {
      json_.BeginObject().Key("name").String(view.key_names[k]);
      json_.Key("type").String(TypeName(view.key_types[k])).EndObject();
    }
    json_.EndArray();
    Names("sources", lineage_.SourcesOfView(index));
    Names("topics", lineage_.TopicsOfView(index));
    json_.Key("accuracy").String(AccuracyName(view.accuracy));
    json_.Key("as_of_ms").Int(view.as_of_ms);
    json_.Key("ttl_ms").OptionalInt(view.ttl_ms);
    json_.Key("while_warming");
    view.while_warming == WhileWarming::kUse ? json_.String("use") : json_.Null();
    json_.Key("features").BeginArray();
    for (size_t f = 0; f < view.features.size(); ++f) Feature(index, static_cast<int>(f));
    json_.EndArray().EndObject();
  }

  void Feature(int32_t view_index, int index) {
    const ViewSpec& view = *project_.views[static_cast<size_t>(view_index)];
    const FeatureSpec& feature = view.features[static_cast<size_t>(index)];
    Begin("feature", lineage_.FeatureName(view_index, index),
          {feature.description, view.documentation.owner});
    json_.Key("type").String(ValueTypeName(feature.result_type));
    json_.Key("meaning").String(MeaningOf(feature));
    Text("aggregation", feature.aggregation_name);
    Text("input", feature.computed() || !feature.input_text.empty() ? feature.input_text : "*");
    Text("where", feature.where_text);
    Text("by", feature.by_text);
    Text("options", feature.options_text);
    Text("window", feature.computed() ? "" : DescribeWindow(feature.window));
    Text("expression", feature.expression_text);
    json_.Key("default");
    feature.default_value ? json_.TypedValue(feature.default_value->view()) : json_.Null();
    Names("computed_from", lineage_.OperandsOf(view_index, index));
    Names("request_fields", lineage_.RequestFieldsOf(view_index, index));
    Names("features", lineage_.FeaturesFrom(view_index, index));
    Names("services", lineage_.ServicesOf(view_index, index));
    Names("tasks", lineage_.TasksOf(view_index, index));
    json_.EndObject();
  }

  void Task(const TaskSpec& task) {
    Begin("task", task.name, task.documentation);
    json_.Key("trigger").String(
        task.trigger_source ? project_.sources[static_cast<size_t>(*task.trigger_source)].name
                            : "request");
    std::vector<std::string> labels;
    for (const LabelSource& label : task.label.sources) {
      labels.push_back(project_.sources[static_cast<size_t>(label.source)].name);
    }
    Names("labels_from", labels);
    Names("features", lineage_.FeaturesOfTask(task));
    json_.EndObject();
  }

  const Project& project_;
  const Lineage lineage_;
  std::string out_;
  JsonWriter json_;
};

}  // namespace

std::string MeaningOf(const FeatureSpec& feature) {
  if (feature.computed()) return feature.expression_text;
  std::string text = absl::StrCat(feature.aggregation_name, "(",
                                  feature.input_text.empty() ? "*" : feature.input_text, ")");
  if (!feature.other_text.empty()) {
    const bool ordered = FindAggregationType(feature.aggregation_name)->second_input == "order_by";
    absl::StrAppend(&text, ordered ? " order by " : " with ", feature.other_text);
  }
  if (!feature.by_text.empty()) absl::StrAppend(&text, " by ", feature.by_text);
  if (!feature.where_text.empty()) absl::StrAppend(&text, " where ", feature.where_text);
  if (!feature.options_text.empty()) absl::StrAppend(&text, ", ", feature.options_text);
  return absl::StrCat(text, " over ", DescribeWindow(feature.window));
}

std::string CatalogJson(const Project& project) { return CatalogWriter(project).Write(); }

}  // namespace millrace
