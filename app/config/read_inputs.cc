// tasks.*.inputs, and the slots of a decision that they need.

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "app/config/check.h"
#include "app/config/compile.h"
#include "app/config/suggest.h"
#include "core/type_words.h"
#include "stream/request_fields.h"

namespace millrace {
namespace {

class InputsReader {
 public:
  InputsReader(ProjectDraft* draft, TaskSpec* spec) : draft_(draft), spec_(spec) {
    if (spec->trigger_source) broken_ = draft->broken_fields[*spec->trigger_source];
    FindReadableViews();
  }

  bool Read(const Section& task) {
    const ConfigNode* inputs = task.Find("inputs");
    if (inputs == nullptr) return false;
    if (!inputs->is_list()) {
      Fail(ConfigErrorCode::kWrongType, *inputs, "'inputs' must be a list").suggestion =
          absl::StrCat("write [", inputs->shown, "]");
      return false;
    }
    for (const ConfigNode& item : inputs->items) {
      if (item.bad) {
        complete_ = false;
      } else if (item.is_map()) {
        AddExpression(item);
      } else {
        AddPlain(item);
      }
    }
    if (complete_) Finish();
    return complete_;
  }

 private:
  // An input whose slot is known only when all are read.
  struct Pending {
    std::string name;
    int full_slot = -1;  // index into full_; -1: the expression
    const ConfigNode* expression = nullptr;
  };

  Diagnostic& Fail(ConfigErrorCode code, const ConfigNode& node, std::string message) {
    complete_ = false;
    return draft_->sink->Error(code, node.place, std::move(message));
  }

  // The full scope: fields, `at`, then all features of the views whose key the decisions have.
  void FindReadableViews() {
    full_ = ScopeOf(spec_->request);
    spec_->at_slot = static_cast<int>(full_.size());
    full_.push_back({"at", Type::kTimestamp});
    for (const auto& view : draft_->project.views) {
      view_begin_.push_back(static_cast<int>(full_.size()));
      std::vector<int> slots;
      std::string why;
      for (size_t k = 0; k < view->key_names.size() && why.empty(); ++k) {
        const std::string& key = view->key_names[k];
        const int slot = spec_->request.Find(key);
        if (slot < 0) {
          why = absl::StrCat("the view '", view->name, "' is keyed by '", key,
                             "', which the decisions do not have");
          if (broken_.contains(key)) broken_.insert(view->name);
        } else if (spec_->request.fields[slot].type != view->key_types[k]) {
          why = absl::StrCat("the view '", view->name, "' is keyed by '", key, "', ",
                             TypeName(view->key_types[k]), " there but ",
                             ValueTypeName(spec_->request.fields[slot].type), " in the decisions");
        }
        slots.push_back(slot);
      }
      if (why.empty()) {
        for (const FeatureSpec& feature : view->features) {
          full_.push_back({absl::StrCat(view->name, ".", feature.name), feature.result_type});
        }
      } else {
        unreadable_[view->name] = why;
      }
      key_slots_.push_back(std::move(slots));
    }
    broken_.insert(draft_->broken_views.begin(), draft_->broken_views.end());
    broken_.insert(draft_->broken_features.begin(), draft_->broken_features.end());
  }

  int FindFull(absl::string_view name) const {
    for (size_t i = 0; i < full_.size(); ++i) {
      if (full_[i].name == name) return static_cast<int>(i);
    }
    return -1;
  }

  // True when the view named before the dot cannot be read, which was or is now reported.
  bool ReportUnreadable(const ConfigNode& node, absl::string_view text) {
    for (const auto& [view, why] : unreadable_) {
      if (!MentionsAny(text, {view})) continue;
      complete_ = false;
      // Once for a view; from then on its name is a broken one.
      if (broken_.insert(view).second) Fail(ConfigErrorCode::kKeyFields, node, why);
      return true;
    }
    return false;
  }

  // The slot of the decisions that is the field of the view's requests, or -1.
  int RequestSlot(const ViewSpec& view, int field) const {
    const Field& wanted = view.request.fields[static_cast<size_t>(field)];
    const int slot = spec_->request.Find(wanted.name);
    const bool fits = slot >= 0 && spec_->request.fields[slot].type == wanted.type;
    return fits ? slot : -1;
  }

  // Features that use a request's own values find them in the decisions. False after reporting one
  // that does not. `slot` is of full_.
  bool HasItsRequest(const ConfigNode& node, int slot) {
    if (slot <= spec_->at_slot) return true;
    const auto next = std::upper_bound(view_begin_.begin(), view_begin_.end(), slot);
    const auto v = static_cast<size_t>(next - view_begin_.begin()) - 1;
    const ViewSpec& view = *draft_->project.views[v];
    for (const int field : RequestFieldsOf(view, slot - view_begin_[v])) {
      if (RequestSlot(view, field) >= 0) continue;
      const Field& wanted = view.request.fields[static_cast<size_t>(field)];
      if (broken_.contains(wanted.name)) {
        complete_ = false;
        return false;
      }
      const int other = spec_->request.Find(wanted.name);
      Fail(ConfigErrorCode::kUnknownReference, node,
           absl::StrCat(
               "the feature '", full_[slot].name, "' takes '", wanted.name, "', ",
               AValueType(wanted.type), ", from the request, and the decisions have ",
               other < 0 ? "no such field"
                         : absl::StrCat("it as ", AValueType(spec_->request.fields[other].type))));
      return false;
    }
    return true;
  }

  // Learners take single values. False after reporting another.
  // `text` is the expression for it; empty: one of a whole view.
  bool IsSingle(const ConfigNode& node, const std::string& name, const ValueType& type,
                const std::string& text) {
    if (!IsCollection(type.type)) return true;
    Fail(ConfigErrorCode::kExpressionType, node,
         absl::StrCat("the input '", name, "' is ", AValueType(type),
                      ", and a learner takes single values"))
        .suggestion = text.empty()
                          ? "name the features of the view one by one"
                          : absl::StrCat("take a value of it, as in {name: …, expr: \"", text,
                                         type == Type::kMap ? "['key']" : "[0]", "\"}");
    return false;
  }

  void Add(const ConfigNode& node, Pending pending) {
    for (const Pending& other : pending_) {
      if (other.name != pending.name) continue;
      Fail(ConfigErrorCode::kDuplicate, node,
           absl::StrCat("the input '", pending.name, "' is there already"));
      return;
    }
    pending_.push_back(std::move(pending));
  }

  void AddPlain(const ConfigNode& node) {
    absl::string_view view = node.text;
    if (absl::ConsumeSuffix(&view, ".*")) return AddView(node, view);
    if (const int slot = FindFull(node.text); slot >= 0) {
      if (IsSingle(node, node.text, full_[slot].type, node.shown) && HasItsRequest(node, slot)) {
        Add(node, {node.text, slot, nullptr});
      }
      return;
    }
    if (MentionsAny(node.text, broken_)) {
      complete_ = false;
      return;
    }
    if (ReportUnreadable(node, node.text)) return;
    std::vector<std::string> names;
    for (const ScopeField& field : full_) names.push_back(field.name);
    for (const auto& known : draft_->project.views) {
      names.push_back(absl::StrCat(known->name, ".*"));
    }
    Diagnostic& d = Fail(ConfigErrorCode::kUnknownReference, node,
                         absl::StrCat("unknown input '", node.shown, "'"));
    d.suggestion = DidYouMean(node.text, names);
    d.known = std::move(names);
  }

  void AddView(const ConfigNode& node, absl::string_view name) {
    if (MentionsAny(name, broken_)) {
      complete_ = false;
      return;
    }
    if (ReportUnreadable(node, name)) return;
    const int index = draft_->FindView(name);
    if (index < 0) {
      Diagnostic& d =
          Fail(ConfigErrorCode::kUnknownReference, node, absl::StrCat("unknown view '", name, "'"));
      for (const auto& view : draft_->project.views) d.known.push_back(view->name);
      d.suggestion = DidYouMean(name, d.known);
      return;
    }
    const ViewSpec& view = *draft_->project.views[index];
    for (size_t f = 0; f < view.features.size(); ++f) {
      // A feature listed by itself besides its view is one input.
      const int slot = view_begin_[index] + static_cast<int>(f);
      const bool listed =
          std::any_of(pending_.begin(), pending_.end(),
                      [slot](const Pending& other) { return other.full_slot == slot; });
      if (listed || !IsSingle(node, full_[slot].name, full_[slot].type, "")) continue;
      if (!HasItsRequest(node, slot)) break;  // others may lack the same
      Add(node, {full_[slot].name, slot, nullptr});
    }
    for (const std::string& feature : draft_->broken_features) {
      if (absl::StartsWith(feature, absl::StrCat(name, "."))) complete_ = false;
    }
  }

  void AddExpression(const ConfigNode& item) {
    const ConfigNode* name = item.Find("name");
    const ConfigNode* expr = item.Find("expr");
    if (name == nullptr || expr == nullptr || name->bad || expr->bad) {
      complete_ = false;
      return;
    }
    if (!IsValidName(name->text)) {
      Fail(ConfigErrorCode::kInvalidName, *name,
           absl::StrCat("'", name->shown, "' is not a valid name"))
          .suggestion = NameAdvice(name->text);
      return;
    }
    const bool unreadable = ReportUnreadable(*expr, expr->text);
    if (unreadable) return;
    const auto expression = CompileExpression(*expr, full_, broken_, "", draft_->sink);
    if (expression == nullptr) {
      complete_ = false;
      return;
    }
    if (expression->type() == Type::kNull) {
      Fail(ConfigErrorCode::kExpressionType, *expr, "the expression is always null");
      return;
    }
    if (!IsSingle(*expr, name->text, expression->value_type(), expr->shown)) return;
    for (const int slot : expression->used_fields()) {
      if (!HasItsRequest(*expr, slot)) return;
      expression_slots_.insert(slot);
    }
    Add(*name, {name->text, -1, expr});
  }

  // Keeps the features that are used, and compiles the expressions for the slots that remain.
  void Finish() {
    std::set<int> used = expression_slots_;
    for (const Pending& input : pending_) used.insert(input.full_slot);
    std::vector<int> slot_of(full_.size(), -1);
    spec_->slots.assign(full_.begin(), full_.begin() + spec_->at_slot + 1);
    for (int i = 0; i <= spec_->at_slot; ++i) slot_of[i] = i;
    for (size_t v = 0; v < draft_->project.views.size(); ++v) {
      const ViewSpec& view = *draft_->project.views[v];
      if (unreadable_.contains(view.name)) continue;
      TaskFeatureRead read{static_cast<int32_t>(v), key_slots_[v], {}, {}, {}};
      bool uses_request = false;
      for (size_t f = 0; f < view.features.size(); ++f) {
        const int full = view_begin_[v] + static_cast<int>(f);
        if (!used.contains(full)) continue;
        slot_of[full] = static_cast<int>(spec_->slots.size());
        read.features.push_back(static_cast<int>(f));
        read.slots.push_back(slot_of[full]);
        spec_->slots.push_back(full_[full]);
        uses_request = uses_request || UsesRequest(view, static_cast<int>(f));
      }
      for (size_t i = 0; uses_request && i < view.request.fields.size(); ++i) {
        read.request_slots.push_back(RequestSlot(view, static_cast<int>(i)));
      }
      if (!read.features.empty()) spec_->reads.push_back(std::move(read));
    }
    for (const Pending& pending : pending_) {
      TaskInput input;
      input.name = pending.name;
      if (pending.full_slot >= 0) {
        input.slot = slot_of[pending.full_slot];
        input.type = spec_->slots[input.slot].type.type;
      } else {
        input.expression =
            CompileExpression(*pending.expression, spec_->slots, {}, "", draft_->sink);
        input.expression_text = pending.expression->text;
        if (input.expression == nullptr) complete_ = false;
        if (input.expression != nullptr) input.type = input.expression->type();
      }
      spec_->inputs.push_back(std::move(input));
    }
  }

  ProjectDraft* const draft_;
  TaskSpec* const spec_;
  Scope full_;
  std::vector<int> view_begin_;                    // by view: its first feature in full_
  std::vector<std::vector<int>> key_slots_;        // by view
  std::map<std::string, std::string> unreadable_;  // view → why
  std::set<std::string> broken_;                   // names of which something was reported
  std::vector<Pending> pending_;
  std::set<int> expression_slots_;  // of full_
  bool complete_ = true;
};

}  // namespace

bool ReadInputs(const Section& task, ProjectDraft* draft, TaskSpec* spec) {
  return InputsReader(draft, spec).Read(task);
}

}  // namespace millrace
