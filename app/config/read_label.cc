// tasks.*.label.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "app/config/check.h"
#include "app/config/compile.h"
#include "app/config/suggest.h"
#include "app/config/value_of.h"
#include "core/type_words.h"

namespace millrace {
namespace {

std::optional<LabelAggregation> AggregationOfWord(absl::string_view word) {
  if (word == "last") return LabelAggregation::kLast;
  if (word == "any") return LabelAggregation::kAny;
  if (word == "sum") return LabelAggregation::kSum;
  if (word == "count") return LabelAggregation::kCount;
  return std::nullopt;
}

class LabelReader {
 public:
  LabelReader(const Section& label, ProjectDraft* draft, TaskSpec* task)
      : label_(label), draft_(draft), task_(task), spec_(&task->label) {}

  void Read() {
    const ConfigNode* value = FindValue();
    if (value != nullptr) spec_->value_text = value->text;
    spec_->within_ms = label_.Find("within") == nullptr ? 0 : label_.DurationMs("within");
    if (const ConfigNode* within = label_.Find("within");
        within != nullptr && spec_->within_ms <= 0) {
      Fail(ConfigErrorCode::kOutOfRange, *within, "'within' must be longer than 0");
    }
    for (const ConfigNode* from : label_.Items("from")) {
      const int source = draft_->FindSource(*from);
      if (source < 0) continue;
      CheckLeak(*from, source);
      if (!draft_->broken_source[source]) ReadSource(*from, source, value);
    }
    if (value != nullptr && (type_known_ || value->text == "*")) ReadEmpty();
  }

 private:
  Diagnostic& Fail(ConfigErrorCode code, const ConfigNode& node, std::string message) {
    return draft_->sink->Error(code, node.place, std::move(message));
  }

  const ConfigNode* FindValue() {
    const ConfigMember* found = nullptr;
    bool reported = label_.incomplete();
    for (const ConfigMember& member : label_.map()->members) {
      const SchemaNode* row = label_.schema().Find(member.key.text);
      if (row == nullptr || !row->spec->aggregation) continue;
      if (found != nullptr) {
        draft_->sink->Error(ConfigErrorCode::kConflict, member.key.place,
                            absl::StrCat("a label has one aggregation, and '", found->key.text,
                                         "' is given already"));
        return nullptr;
      }
      found = &member;
      reported = reported || member.value.bad;
    }
    if (found == nullptr && !reported) {
      draft_->sink
          ->Error(ConfigErrorCode::kConflict, label_.place(), "the label has no aggregation")
          .known = label_.schema().SupportedAggregations();
    }
    if (found == nullptr || found->value.bad) return nullptr;
    aggregation_name_ = found->key.text;
    const std::optional<LabelAggregation> aggregation = AggregationOfWord(found->key.text);
    if (!aggregation) return nullptr;
    spec_->aggregation = *aggregation;
    if (found->value.text == "*" && spec_->aggregation != LabelAggregation::kCount) {
      Fail(ConfigErrorCode::kExpressionType, found->value, "only 'count' takes \"*\"");
      return nullptr;
    }
    return &found->value;
  }

  // A window that includes the decision's own moment, over records that may be its label.
  void CheckLeak(const ConfigNode& from, int source) {
    for (const TaskFeatureRead& read : task_->reads) {
      const ViewSpec& view = *draft_->project.views[read.view];
      bool over_label = false;
      for (const ViewInput& input : view.inputs) {
        over_label = over_label || ShareRecords(input.source, source);
      }
      if (!over_label) continue;
      for (int index : read.features) {
        const FeatureSpec& feature = view.features[index];
        const bool closed = feature.window.bounds == Bounds::kOpenClosed ||
                            feature.window.bounds == Bounds::kClosedClosed;
        if (!closed || feature.window.lag_ms > 0) continue;
        Fail(ConfigErrorCode::kLabelLeak, from,
             absl::StrCat("the input '", view.name, ".", feature.name,
                          "' has a window that ends in ']' over the label's source '", from.shown,
                          "'"))
            .suggestion = "end the window in ')', or give it a lag";
      }
    }
  }

  // Records of one source may be those of the other too.
  bool ShareRecords(int32_t a, int32_t b) const {
    const std::vector<int32_t> of_a = draft_->project.TopicSources(a);
    const std::vector<int32_t> of_b = draft_->project.TopicSources(b);
    return std::find_first_of(of_a.begin(), of_a.end(), of_b.begin(), of_b.end()) != of_a.end();
  }

  void ReadSource(const ConfigNode& from, int source, const ConfigNode* value) {
    const Schema& schema = draft_->project.sources[source].schema;
    const std::set<std::string>& broken = draft_->broken_fields[source];
    LabelSource read;
    read.source = source;
    read.id_field = FindId(from, source);
    if (value != nullptr && value->text != "*") {
      read.value = CompileExpression(
          *value, ScopeOf(schema), broken,
          label_.Items("from").size() < 2 ? "" : absl::StrCat("in source '", from.shown, "'"),
          draft_->sink);
      if (read.value != nullptr) CheckType(*value, read.value->type());
    }
    for (const LabelSource& other : spec_->sources) {
      if (other.source == source) {
        Fail(ConfigErrorCode::kDuplicate, from,
             absl::StrCat("the source '", from.shown, "' is listed twice"));
      }
    }
    spec_->sources.push_back(std::move(read));
  }

  int FindId(const ConfigNode& from, int source) {
    const std::vector<const ConfigNode*> items = label_.Items("id");
    if (label_.Has("id") && items.empty()) return 0;  // reported
    if (items.size() > 1) {
      Fail(ConfigErrorCode::kNotSupported, *label_.Find("id"),
           "an id of several fields is not supported yet");
      return 0;
    }
    if (items.empty() && task_->id_slot < 0) {
      draft_->sink->Error(ConfigErrorCode::kDecisionId, label_.place(),
                          "the label needs an 'id': the field that holds the decision's");
      return 0;
    }
    const TextPlace& place = items.empty() ? from.place : items[0]->place;
    const std::string name =
        items.empty() ? task_->request.fields[task_->id_slot].name : items[0]->text;
    const SourceSpec& spec = draft_->project.sources[source];
    const int index = spec.schema.Find(name);
    if (index < 0) {
      if (draft_->broken_fields[source].contains(name)) return 0;
      Diagnostic& d = draft_->sink->Error(
          ConfigErrorCode::kDecisionId, place,
          absl::StrCat("the label's source '", spec.name, "' has no field '", name, "'"));
      for (const Field& field : spec.schema.fields) d.known.push_back(field.name);
      d.suggestion = DidYouMean(name, d.known);
      return 0;
    }
    // An assigned id is the text topic/partition/offset.
    const Type wanted =
        task_->id_slot < 0 ? Type::kString : task_->request.fields[task_->id_slot].type.type;
    const Type found = spec.schema.fields[index].type.type;
    if (found != wanted) {
      draft_->sink->Error(ConfigErrorCode::kDecisionId, place,
                          absl::StrCat("the id is ", TypeName(wanted), " in the decisions but ",
                                       TypeName(found), " in '", spec.name, "'"));
    }
    return index;
  }

  void CheckType(const ConfigNode& value, Type type) {
    const bool number = type == Type::kInt || type == Type::kDouble;
    const bool fits = spec_->aggregation == LabelAggregation::kAny   ? type == Type::kBool
                      : spec_->aggregation == LabelAggregation::kSum ? number
                      : spec_->aggregation == LabelAggregation::kLast
                          ? number || type == Type::kBool
                          : type != Type::kNull;
    if (!fits) {
      Fail(ConfigErrorCode::kExpressionType, value,
           absl::StrCat("'", aggregation_name_, "' of a binary label must be ",
                        spec_->aggregation == LabelAggregation::kSum ? "a number" : "a bool",
                        ", not ", AValueType(type)));
      return;
    }
    if (type_known_ && type != value_type_) {
      Fail(ConfigErrorCode::kExpressionType, value,
           absl::StrCat("the expression is ", TypeName(value_type_), " in one source and ",
                        TypeName(type), " in another"));
      return;
    }
    value_type_ = type;
    type_known_ = true;
  }

  void ReadEmpty() {
    const Type type = spec_->aggregation == LabelAggregation::kCount ? Type::kInt : value_type_;
    const ConfigNode* empty = label_.Find("empty");
    if (label_.Has("empty") && empty == nullptr) return;
    if (empty == nullptr) {
      if (spec_->aggregation == LabelAggregation::kLast) return;
      spec_->empty = OwnedValue(type == Type::kBool  ? Value::Bool(false)
                                : type == Type::kInt ? Value::Int(0)
                                                     : Value::Double(0));
      return;
    }
    // In JSON there is no other way to say it.
    if (empty->text == "drop" && (!empty->quoted || type != Type::kString)) return;
    spec_->empty = ValueOf(*empty, type);
    if (!spec_->empty) {
      Fail(ConfigErrorCode::kWrongType, *empty,
           absl::StrCat("'empty' must be 'drop' or ", AValueType(type), " as the label is, found ",
                        Describe(*empty)));
    }
  }

  const Section& label_;
  ProjectDraft* const draft_;
  TaskSpec* const task_;
  LabelSpec* const spec_;
  std::string aggregation_name_;
  Type value_type_ = Type::kNull;
  bool type_known_ = false;
};

}  // namespace

void ReadLabel(const Section& task, ProjectDraft* draft, TaskSpec* spec) {
  const Section label = task.At("label");
  if (label.present()) LabelReader(label, draft, spec).Read();
}

}  // namespace millrace
