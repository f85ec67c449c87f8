// sources.*: lookup, align_timeout, partitioned_by.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "app/config/compile.h"
#include "app/config/suggest.h"
#include "core/type_words.h"
#include "stream/expr/expression.h"

namespace millrace {
namespace {

// Reads one field of `lookup`.
class LookupReader {
 public:
  LookupReader(const Section& section, const SourceSpec& source,
               const std::set<std::string>& broken, ProjectDraft* draft)
      : section_(section), source_(source), broken_(broken), draft_(*draft) {}

  // False when something was reported, now or before.
  bool Read(const ConfigNode& key, SourceLookup* lookup, ValueType* type) {
    lookup->field = section_.name();
    if (!NameIsFree(key, lookup->field)) return false;
    const ConfigNode* view_name = section_.Find("view");
    const ConfigNode* feature_name = section_.Find("feature");
    if (view_name == nullptr || feature_name == nullptr) return false;
    const int view = FindView(*view_name);
    if (view < 0) return false;
    const ViewSpec& spec = *draft_.project.views[static_cast<size_t>(view)];
    lookup->view_name = spec.name;
    const int feature = FindFeature(spec, *feature_name);
    if (feature < 0) return false;
    lookup->feature = feature;
    *type = spec.features[static_cast<size_t>(feature)].result_type;
    return ReadKey(spec, *view_name, lookup);
  }

 private:
  Diagnostic& Fail(ConfigErrorCode code, const TextPlace& place, std::string message) {
    return draft_.sink->Error(code, place, std::move(message));
  }

  bool NameIsFree(const ConfigNode& key, const std::string& name) {
    if (IsExpressionFunction(name)) {
      Fail(ConfigErrorCode::kInvalidName, key.place,
           absl::StrCat("the field '", name, "' would hide the function of that name"));
      return false;
    }
    if (source_.decoder.schema.Find(name) < 0 && !broken_.contains(name)) return true;
    Fail(ConfigErrorCode::kDuplicate, key.place,
         absl::StrCat("the field '", name, "' exists already"));
    return false;
  }

  int FindView(const ConfigNode& name) {
    const int view = draft_.FindView(name.text);
    if (view >= 0 || draft_.broken_views.contains(name.text)) return view;
    Diagnostic& d = Fail(ConfigErrorCode::kUnknownReference, name.place,
                         absl::StrCat("unknown view '", name.shown, "'"));
    d.known = draft_.view_names;
    d.suggestion = DidYouMean(name.text, d.known);
    return -1;
  }

  int FindFeature(const ViewSpec& view, const ConfigNode& name) {
    for (size_t f = 0; f < view.features.size(); ++f) {
      if (view.features[f].name == name.text) return static_cast<int>(f);
    }
    if (draft_.broken_features.contains(absl::StrCat(view.name, ".", name.text))) return -1;
    Diagnostic& d =
        Fail(ConfigErrorCode::kUnknownReference, name.place,
             absl::StrCat("the view '", view.name, "' has no feature '", name.shown, "'"));
    for (const FeatureSpec& known : view.features) d.known.push_back(known.name);
    d.suggestion = DidYouMean(name.text, d.known);
    return -1;
  }

  bool ReadKey(const ViewSpec& view, const ConfigNode& view_name, SourceLookup* lookup) {
    const Section key = section_.At("key");
    if (section_.Has("key") && (!key.present() || key.incomplete())) return false;
    bool complete = true;
    if (key.present()) {
      for (const ConfigMember& member : key.map()->members) {
        const auto& names = view.key_names;
        if (std::find(names.begin(), names.end(), member.key.text) != names.end()) continue;
        Diagnostic& d = Fail(
            ConfigErrorCode::kKeyFields, member.key.place,
            absl::StrCat("the key of '", view.entity, "' has no field '", member.key.shown, "'"));
        d.known = names;
        d.suggestion = DidYouMean(member.key.text, names);
        complete = false;
      }
    }
    for (size_t k = 0; complete && k < view.key_names.size(); ++k) {
      const ConfigNode* given = key.present() ? key.map()->Find(view.key_names[k]) : nullptr;
      if (key.present() && given == nullptr) {
        Fail(ConfigErrorCode::kKeyFields, section_.KeyPlace("key"),
             absl::StrCat("'key' lacks '", view.key_names[k], "', which is in the key of '",
                          view.entity, "'"));
        return false;
      }
      complete = given != nullptr ? ReadKeyExpression(view, k, *given, lookup)
                                  : ReadKeyField(view, k, view_name, lookup);
    }
    return complete;
  }

  bool ReadKeyExpression(const ViewSpec& view, size_t index, const ConfigNode& text,
                         SourceLookup* lookup) {
    auto value = CompileExpression(text, ScopeOf(source_.decoder.schema), broken_, "", draft_.sink);
    if (value == nullptr || !TypeFits(view, index, value->value_type(), text.place)) return false;
    lookup->key.push_back(std::move(value));
    absl::StrAppend(&lookup->key_text, view.key_names[index], "=(", text.text, ")");
    return true;
  }

  bool ReadKeyField(const ViewSpec& view, size_t index, const ConfigNode& view_name,
                    SourceLookup* lookup) {
    const std::string& name = view.key_names[index];
    if (broken_.contains(name)) return false;
    const int field = source_.decoder.schema.Find(name);
    if (field < 0) {
      Diagnostic& d = Fail(ConfigErrorCode::kKeyFields, view_name.place,
                           absl::StrCat("the source '", source_.name, "' has no field '", name,
                                        "', which is in the key of '", view.entity, "'"));
      d.suggestion = absl::StrCat("say who is looked up: key: {", name, ": …}");
      return false;
    }
    const ValueType& type = source_.decoder.schema.fields[static_cast<size_t>(field)].type;
    if (!TypeFits(view, index, type, view_name.place)) return false;
    auto value = Expression::Compile(name, ScopeOf(source_.decoder.schema), nullptr);
    if (!value.ok()) return false;
    lookup->key.push_back(*std::move(value));
    return true;
  }

  bool TypeFits(const ViewSpec& view, size_t index, const ValueType& type, const TextPlace& place) {
    if (type.type == view.key_types[index]) return true;
    Fail(ConfigErrorCode::kKeyFields, place,
         absl::StrCat("the key field '", view.key_names[index], "' of '", view.entity, "' is ",
                      AValueType(view.key_types[index]), ", not ", AValueType(type)));
    return false;
  }

  const Section& section_;
  const SourceSpec& source_;
  const std::set<std::string>& broken_;
  ProjectDraft& draft_;
};

void ReadAlignTimeout(const Section& source, ProjectDraft* draft, SourceSpec* spec) {
  const ConfigNode* node = source.Find("align_timeout");
  spec->align_timeout_ms = source.DurationMs("align_timeout");
  if (node == nullptr || source.Has("lookup")) return;
  draft->sink->Error(ConfigErrorCode::kConflict, source.KeyPlace("align_timeout"),
                     "'align_timeout' is how long a 'lookup' waits, and there is none");
}

}  // namespace

void ReadLookups(const Section& source, Schema* schema, std::set<std::string>* broken,
                 ProjectDraft* draft, SourceSpec* spec) {
  ReadAlignTimeout(source, draft, spec);
  const Section lookups = source.At("lookup");
  if (!lookups.present()) return;
  if (spec->retracts) {
    draft->sink
        ->Error(ConfigErrorCode::kConflict, source.KeyPlace("lookup"),
                "'lookup' cannot stand in a source whose records may take earlier ones back: "
                "what is looked up then may differ from what was")
        .suggestion = "keep the fields in features, and compute with `expr` when they are read";
  }
  const std::vector<Section> fields = lookups.Named();
  const std::set<std::string> broken_before = *broken;
  for (size_t i = 0; i < fields.size(); ++i) {
    const ConfigNode& key = lookups.map()->members[i].key;
    SourceLookup lookup;
    ValueType type;
    if (key.bad || !fields[i].present() || fields[i].incomplete() ||
        !LookupReader(fields[i], *spec, broken_before, draft).Read(key, &lookup, &type)) {
      broken->insert(fields[i].name());
      continue;
    }
    absl::StrAppend(&spec->shape_text, " ", lookup.field, "=", lookup.view_name, ".",
                    fields[i].Text("feature"), "[", lookup.key_text, "]");
    schema->fields.push_back({lookup.field, type, std::nullopt, std::nullopt});
    spec->lookups.push_back(std::move(lookup));
  }
}

void ReadPartitionedBy(const Section& source, const std::set<std::string>& broken,
                       ProjectDraft* draft, SourceSpec* spec) {
  const ConfigNode* entity = source.Find("partitioned_by");
  if (entity == nullptr) return;
  const auto found = draft->entities.find(entity->text);
  if (found == draft->entities.end()) {
    Diagnostic& d = draft->sink->Error(ConfigErrorCode::kUnknownReference, entity->place,
                                       absl::StrCat("unknown entity '", entity->shown, "'"));
    d.known = draft->entity_names;
    d.suggestion = DidYouMean(entity->text, d.known);
    return;
  }
  PartitionedBy by{entity->text, {}};
  for (const std::string& key : found->second) {
    if (broken.contains(key)) return;
    const int field = spec->schema.Find(key);
    if (field < 0) {
      draft->sink->Error(ConfigErrorCode::kKeyFields, entity->place,
                         absl::StrCat("the source '", spec->name, "' has no field '", key,
                                      "', which is in the key of '", entity->shown, "'"));
      return;
    }
    by.key_fields.push_back(field);
  }
  absl::StrAppend(&spec->shape_text, " partitioned_by=", by.entity);
  spec->partitioned_by = std::move(by);
}

}  // namespace millrace
