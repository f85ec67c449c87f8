// A view.

#include <algorithm>
#include <memory>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "app/config/check.h"
#include "app/config/compile.h"
#include "app/config/feature_reader.h"
#include "app/config/suggest.h"
#include "core/type_words.h"

namespace millrace {
namespace {

class ViewReader {
 public:
  ViewReader(const Section& section, ProjectDraft* draft) : section_(section), draft_(draft) {}

  // Adds the view to the project, or its name to the broken ones.
  void Read() {
    view_.name = section_.name();
    view_.documentation = ReadDocumentation(section_);
    const bool inputs_known = ReadInputs();
    const bool complete = ReadKnownAt() && inputs_known;
    ReadOptions();
    if (!sources_known_) {
      draft_->broken_views.insert(view_.name);
      return;
    }
    const Section features = section_.At("features");
    ReadFeatures(features);
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

  // Features over records first, then those that are computed from others, each after those it
  // reads.
  void ReadFeatures(const Section& features) {
    FeatureReader reader(view_, draft_);
    std::vector<Section> computed;
    std::set<std::string> broken;
    const auto take = [&](const Section& feature, bool good, FeatureSpec spec) {
      if (good) {
        spec.description = feature.Text("description");
        view_.features.push_back(std::move(spec));
      } else {
        broken.insert(feature.name());
        draft_->broken_features.insert(absl::StrCat(view_.name, ".", feature.name()));
      }
    };
    for (const Section& feature : features.Named()) {
      if (feature.Has("expr")) {
        computed.push_back(feature);
        continue;
      }
      FeatureSpec spec;
      spec.name = feature.name();
      const bool good = reader.Read(feature, &spec);
      take(feature, good, std::move(spec));
    }
    while (!computed.empty()) {
      std::set<std::string> waiting;
      for (const Section& feature : computed) waiting.insert(feature.name());
      const auto ready =
          std::find_if(computed.begin(), computed.end(), [&](const Section& feature) {
            const ConfigNode* text = feature.Find("expr");
            return text == nullptr || !MentionsAny(text->text, waiting);
          });
      if (ready == computed.end()) return ReportCycle(computed);
      FeatureSpec spec;
      spec.name = ready->name();
      std::vector<int> known(view_.features.size());
      std::iota(known.begin(), known.end(), 0);
      const bool good = reader.ReadComputed(*ready, known, broken, &spec);
      take(*ready, good, std::move(spec));
      computed.erase(ready);
    }
  }

  void ReportCycle(const std::vector<Section>& features) {
    for (const Section& feature : features) {
      draft_->broken_features.insert(absl::StrCat(view_.name, ".", feature.name()));
    }
    sink()->Error(ConfigErrorCode::kConflict, features.front().Find("expr")->place,
                  absl::StrCat("'", features.front().name(),
                               "' is computed from itself, directly or through others"));
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
      if (view_.inputs.empty()) {
        view_.request = draft_->project.sources[static_cast<size_t>(source)].schema;
      }
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
    for (const std::string& key : view_.key_names) {
      complete = ReadKeyField(key, *entity) && complete;
    }
    return complete;
  }

  // The key field in every source of the view, with one type.
  bool ReadKeyField(const std::string& key, const ConfigNode& entity) {
    Type type = Type::kNull;
    absl::string_view first;
    for (ViewInput& input : view_.inputs) {
      if (draft_->broken_source[input.source] ||
          draft_->broken_fields[input.source].contains(key)) {
        return false;
      }
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
        sink()->Error(
            ConfigErrorCode::kKeyFields, entity.place,
            absl::StrCat("the key field '", key, "' is ", AValueType(type), " in source '", first,
                         "' and ", AValueType(found), " in source '", source.name, "'"));
        return false;
      }
      if (found == Type::kDouble || IsCollection(found)) {
        sink()
            ->Error(ConfigErrorCode::kKeyFields, entity.place,
                    absl::StrCat("the key field '", key, "' of '", entity.shown, "' is ",
                                 AValueType(source.schema.fields[index].type),
                                 ", which cannot be a key"))
            .suggestion = "a key is of strings, ints, bools, bytes or timestamps";
        return false;
      }
      type = found;
      first = source.name;
      input.key_fields.push_back(index);
    }
    view_.key_types.push_back(type);
    return true;
  }

  bool ReadKnownAt() {
    const ConfigNode* known_at = section_.Find("known_at");
    if (known_at == nullptr) return !section_.Has("known_at");
    view_.keeps_known_time = true;
    if (known_at->text == "appended") return true;
    for (ViewInput& input : view_.inputs) {
      const auto source = static_cast<size_t>(input.source);
      if (draft_->broken_source[source] || draft_->broken_fields[source].contains(known_at->text)) {
        return false;
      }
      const Schema& schema = SourceOf(input).schema;
      const int field = schema.Find(known_at->text);
      if (field < 0) {
        Diagnostic& d = sink()->Error(ConfigErrorCode::kUnknownReference, known_at->place,
                                      absl::StrCat("the source '", SourceOf(input).name,
                                                   "' has no field '", known_at->shown, "'"));
        d.known.emplace_back("appended");
        for (const Field& known : schema.fields) d.known.push_back(known.name);
        d.suggestion = DidYouMean(known_at->text, d.known);
        return false;
      }
      const ValueType& type = schema.fields[static_cast<size_t>(field)].type;
      if (type != Type::kTimestamp && type != Type::kInt) {
        sink()->Error(ConfigErrorCode::kExpressionType, known_at->place,
                      absl::StrCat("'known_at' needs a timestamp or an int, and '", known_at->shown,
                                   "' of '", SourceOf(input).name, "' is a ", ValueTypeName(type)));
        return false;
      }
      input.known_field = field;
    }
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
    if (section_.Text("while_warming") == "use") view_.while_warming = WhileWarming::kUse;
    if (section_.Find("ttl") != nullptr) view_.ttl_ms = Positive("ttl", section_);
    const Section freshness = section_.At("freshness");
    if (freshness.Find("error_after") != nullptr) {
      view_.stale_after_ms = Positive("error_after", freshness);
    }
  }

  const Section& section_;
  ProjectDraft* const draft_;
  ViewSpec view_;
  bool sources_known_ = true;
};

}  // namespace

void ReadView(const Section& view, ProjectDraft* draft) {
  if (view.present()) {
    ViewReader(view, draft).Read();
  } else {
    draft->broken_views.insert(view.name());
  }
}

}  // namespace millrace
