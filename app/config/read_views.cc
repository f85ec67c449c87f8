// views.

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "app/config/check.h"
#include "app/config/compile.h"
#include "app/config/suggest.h"
#include "app/config/value_of.h"

namespace millrace {
namespace {

Bounds BoundsOfWord(absl::string_view word) {
  if (word == "(]") return Bounds::kOpenClosed;
  if (word == "[]") return Bounds::kClosedClosed;
  if (word == "()") return Bounds::kOpenOpen;
  return Bounds::kClosedOpen;
}

class ViewReader {
 public:
  ViewReader(const Section& section, ProjectDraft* draft) : section_(section), draft_(draft) {}

  // Adds the view to the project, or its name to the broken ones.
  void Read() {
    view_.name = section_.name();
    const bool complete = ReadInputs();
    ReadOptions();
    if (!sources_known_) {
      draft_->broken_views.insert(view_.name);
      return;
    }
    const Section features = section_.At("features");
    for (const Section& feature : features.Named()) {
      FeatureSpec spec;
      spec.name = feature.name();
      if (ReadFeature(feature, &spec)) {
        view_.features.push_back(std::move(spec));
      } else {
        draft_->broken_features.insert(absl::StrCat(view_.name, ".", feature.name()));
      }
    }
    if (!complete || !features.present() || features.incomplete()) {
      draft_->broken_views.insert(view_.name);
      return;
    }
    draft_->project.views.push_back(std::make_shared<const ViewSpec>(std::move(view_)));
  }

 private:
  DiagnosticSink* sink() { return draft_->sink; }
  const SourceSpec& SourceOf(const ViewInput& input) const {
    return draft_->project.sources[input.source];
  }

  bool ReadInputs() {
    bool complete = true;
    view_.retention_ms = 0;
    for (const ConfigNode* from : section_.Items("from")) {
      const int source = draft_->FindSource(*from);
      if (source < 0) {
        complete = sources_known_ = false;
        continue;
      }
      for (const ViewInput& input : view_.inputs) {
        if (input.source != source) continue;
        sink()->Error(ConfigErrorCode::kDuplicate, from->place,
                      absl::StrCat("the source '", from->shown, "' is listed twice"));
        complete = false;
      }
      if (draft_->broken_source[source]) complete = sources_known_ = false;
      view_.inputs.push_back({source, {}, draft_->project.sources[source].retracts});
      view_.retention_ms =
          std::max(view_.retention_ms, draft_->project.sources[source].retention_ms);
    }
    if (view_.inputs.empty()) sources_known_ = false;
    return ReadEntity() && complete;
  }

  bool ReadEntity() {
    const ConfigNode* entity = section_.Find("entity");
    if (entity == nullptr) return false;
    const auto it = draft_->entities.find(entity->text);
    if (it == draft_->entities.end()) {
      Diagnostic& d = sink()->Error(ConfigErrorCode::kUnknownReference, entity->place,
                                    absl::StrCat("unknown entity '", entity->shown, "'"));
      d.known = draft_->entity_names;
      d.suggestion = DidYouMean(entity->text, d.known);
      return false;
    }
    view_.entity = entity->text;
    view_.key_names = it->second;
    bool complete = !it->second.empty();
    for (const std::string& key : view_.key_names)
      complete = ReadKeyField(key, *entity) && complete;
    return complete;
  }

  // The key field in every source of the view, with one type.
  bool ReadKeyField(const std::string& key, const ConfigNode& entity) {
    Type type = Type::kNull;
    absl::string_view first;
    for (ViewInput& input : view_.inputs) {
      if (draft_->broken_source[input.source] || draft_->broken_fields[input.source].contains(key))
        return false;
      const SourceSpec& source = SourceOf(input);
      const int index = source.schema.Find(key);
      if (index < 0) {
        Diagnostic& d =
            sink()->Error(ConfigErrorCode::kKeyFields, entity.place,
                          absl::StrCat("the source '", source.name, "' has no field '", key,
                                       "', which is in the key of '", entity.shown, "'"));
        for (const Field& field : source.schema.fields) d.known.push_back(field.name);
        d.suggestion = DidYouMean(key, d.known);
        return false;
      }
      const Type found = source.schema.fields[index].type.type;
      if (type != Type::kNull && found != type) {
        sink()->Error(ConfigErrorCode::kKeyFields, entity.place,
                      absl::StrCat("the key field '", key, "' is ", TypeName(type), " in '", first,
                                   "' but ", TypeName(found), " in '", source.name, "'"));
        return false;
      }
      if (found == Type::kDouble) {
        sink()->Error(ConfigErrorCode::kKeyFields, entity.place,
                      absl::StrCat("the key field '", key, "' is a double, which cannot be a key"));
        return false;
      }
      type = found;
      first = source.name;
      input.key_fields.push_back(index);
    }
    view_.key_types.push_back(type);
    return true;
  }

  int64_t Positive(absl::string_view key, const Section& section) {
    const int64_t ms = section.DurationMs(key);
    if (ms <= 0) {
      sink()->Error(ConfigErrorCode::kOutOfRange, section.Find(key)->place,
                    absl::StrCat("'", key, "' must be longer than 0"));
    }
    return ms;
  }

  void ReadOptions() {
    const std::string accuracy = section_.Text("accuracy");
    view_.accuracy = accuracy == "exact"   ? Accuracy::kExact
                     : accuracy == "tiled" ? Accuracy::kTiled
                                           : Accuracy::kAuto;
    view_.as_of_ms = section_.DurationMs("as_of");
    if (section_.Find("ttl") != nullptr) view_.ttl_ms = Positive("ttl", section_);
    const Section freshness = section_.At("freshness");
    if (freshness.Find("error_after") != nullptr)
      view_.stale_after_ms = Positive("error_after", freshness);
  }

  bool ReadFeature(const Section& feature, FeatureSpec* spec) {
    const Section* section = &feature;
    if (!feature.present()) return false;
    const bool window = ReadWindow(feature, &spec->window);
    const ConfigNode* input = FindAggregation(feature, spec);
    const bool where = ReadWhere(*section, spec);
    if (input == nullptr || !ReadInput(*input, spec) || !window || !where) return false;
    return ReadDefault(feature, spec) && !feature.incomplete();
  }

  bool ReadWindow(const Section& feature, Window* window) {
    window->lag_ms = feature.DurationMs("lag");
    window->bounds = BoundsOfWord(feature.Text("bounds"));
    const ConfigNode* node = feature.Find("window");
    if (node == nullptr || node->is_map()) return false;
    if (node->text == "lifetime") {
      window->kind = WindowKind::kLifetime;
      return true;
    }
    window->size_ms = Positive("window", feature);
    return window->size_ms > 0;
  }

  // The one member that names an aggregation.
  const ConfigNode* FindAggregation(const Section& feature, FeatureSpec* spec) {
    const ConfigMember* found = nullptr;
    bool reported = feature.incomplete();
    for (const ConfigMember& member : feature.map()->members) {
      const SchemaNode* row = feature.schema().Find(member.key.text);
      if (row == nullptr || !row->spec->aggregation) continue;
      if (found != nullptr) {
        sink()->Error(ConfigErrorCode::kConflict, member.key.place,
                      absl::StrCat("a feature has one aggregation, and '", found->key.text,
                                   "' is given already"));
        return nullptr;
      }
      found = &member;
      reported = reported || member.value.bad;
    }
    if (found == nullptr && !reported) {
      sink()
          ->Error(ConfigErrorCode::kConflict, feature.place(),
                  absl::StrCat("'", feature.name(), "' has no aggregation"))
          .known = feature.schema().SupportedAggregations();
    }
    if (found == nullptr || found->value.bad) return nullptr;
    const std::optional<AggregationKind> kind = millrace::FindAggregation(found->key.text);
    if (!kind) return nullptr;
    spec->aggregation = *kind;
    return &found->value;
  }

  // "source 'b'" where there are several to tell apart.
  std::string Context(const ViewInput& input) const {
    return view_.inputs.size() < 2 ? "" : absl::StrCat("in source '", SourceOf(input).name, "'");
  }

  bool ReadInput(const ConfigNode& node, FeatureSpec* spec) {
    spec->input_text = node.text;
    if (node.text == "*") {
      if (spec->aggregation != AggregationKind::kCount) {
        sink()->Error(ConfigErrorCode::kExpressionType, node.place, "only 'count' takes \"*\"");
        return false;
      }
      spec->input.resize(view_.inputs.size());
      spec->result_type = ResultType(spec->aggregation, Type::kNull).value_or(Type::kInt);
      return true;
    }
    for (const ViewInput& input : view_.inputs) {
      const auto expression =
          CompileExpression(node, ScopeOf(SourceOf(input).schema),
                            draft_->broken_fields[input.source], Context(input), sink());
      if (expression == nullptr) return false;
      if (!spec->input.empty() && expression->type() != spec->input_type) {
        sink()->Error(
            ConfigErrorCode::kExpressionType, node.place,
            absl::StrCat("the expression is ", TypeName(spec->input_type), " in one source and ",
                         TypeName(expression->type()), " in '", SourceOf(input).name, "'"));
        return false;
      }
      spec->input_type = expression->type();
      spec->input.push_back(expression);
    }
    const std::optional<Type> result = spec->input_type == Type::kNull
                                           ? std::nullopt
                                           : ResultType(spec->aggregation, spec->input_type);
    if (!result) {
      sink()
          ->Error(ConfigErrorCode::kExpressionType, node.place,
                  absl::StrCat("'", AggregationName(spec->aggregation), "' does not take a ",
                               TypeName(spec->input_type)))
          .suggestion = spec->input_type == Type::kBool ? "write … ? 1.0 : 0.0" : "";
      return false;
    }
    spec->result_type = *result;
    return true;
  }

  bool ReadWhere(const Section& feature, FeatureSpec* spec) {
    spec->where.resize(view_.inputs.size());
    const ConfigNode* node = feature.Find("where");
    if (node == nullptr) return true;
    spec->where_text = node->text;
    for (size_t i = 0; i < view_.inputs.size(); ++i) {
      const ViewInput& input = view_.inputs[i];
      spec->where[i] =
          CompileExpression(*node, ScopeOf(SourceOf(input).schema),
                            draft_->broken_fields[input.source], Context(input), sink());
      if (spec->where[i] == nullptr) return false;
      if (spec->where[i]->type() == Type::kBool) continue;
      sink()->Error(
          ConfigErrorCode::kExpressionType, node->place,
          absl::StrCat("'where' must be a bool, not a ", TypeName(spec->where[i]->type())));
      return false;
    }
    return true;
  }

  bool ReadDefault(const Section& feature, FeatureSpec* spec) {
    const ConfigNode* node = feature.Find("default");
    if (node == nullptr || node->kind == ConfigNode::Kind::kNull)
      return !feature.Has("default") || node != nullptr;
    spec->default_value = ValueOf(*node, spec->result_type);
    if (spec->default_value) return true;
    sink()->Error(ConfigErrorCode::kWrongType, node->place,
                  absl::StrCat("'default' must be a ", TypeName(spec->result_type),
                               " as the feature is, found ", Describe(*node)));
    return false;
  }

  const Section& section_;
  ProjectDraft* const draft_;
  ViewSpec view_;
  bool sources_known_ = true;
};

}  // namespace

void ReadViews(const Section& root, ProjectDraft* draft) {
  for (const Section& view : root.At("views").Named()) {
    if (view.present()) {
      ViewReader(view, draft).Read();
    } else {
      draft->broken_views.insert(view.name());
    }
  }
}

}  // namespace millrace
