// ViewSpec: a feature view as the configuration declares it, checked and compiled. Immutable;
// thread-safe. Built by app/project; used by featurestore.

#ifndef MILLRACE_STREAM_VIEW_SPEC_H_
#define MILLRACE_STREAM_VIEW_SPEC_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/value.h"
#include "stream/aggregations/aggregation.h"
#include "stream/documentation.h"
#include "stream/expr/expression.h"
#include "stream/schema.h"
#include "stream/window.h"

namespace millrace {

// One feature: an aggregation of an expression over a window, or an expression over others.
struct FeatureSpec {
  std::string name;
  std::string description;  // may be empty; its owner is that of the view
  // Computed at the read from other features of the view and from what the request brings along:
  // the expression's scope is first `operands` (indices of features), then `request_fields`
  // (indices into ViewSpec::request). There is no aggregation, no input and no window then.
  std::shared_ptr<const Expression> expression;
  std::string expression_text;
  std::vector<int> operands;
  std::vector<int> request_fields;
  bool computed() const { return expression != nullptr; }
  // What a field of that scope is: a feature of the view, or else a field of the request; the other
  // is -1. REQUIRES: computed(), `field` is one of the expression's used_fields().
  struct Operand {
    int feature = -1;
    int request_field = -1;
  };
  Operand OperandOf(int field) const {
    const auto position = static_cast<size_t>(field);
    if (position < operands.size()) return {.feature = operands[position]};
    return {.request_field = request_fields[position - operands.size()]};
  }

  std::string aggregation_name;
  std::shared_ptr<const Aggregation> aggregation;
  // By source of the view (FeatureSpec is one feature; each source has its own schema).
  // Null pointers: `count: "*"`.
  std::vector<std::shared_ptr<const Expression>> input;
  // The second input (`with`, `order_by`) and the category (`by`). Empty: there is none.
  std::vector<std::shared_ptr<const Expression>> other;
  std::vector<std::shared_ptr<const Expression>> by;
  // A record for which it is not true is skipped. Null pointers: no condition.
  std::vector<std::shared_ptr<const Expression>> where;
  // The expressions' text, which decides whether two features share their state.
  std::string input_text;
  std::string other_text;
  std::string by_text;
  std::string where_text;
  std::string options_text;  // "q=0.9": what else decides the answer
  Window window;
  // Types of the inputs (kNull for `count: "*"`, and for those that there are not).
  ValueType input_type;
  ValueType other_type;
  ValueType by_type;
  ValueType result_type;
  std::optional<OwnedValue>
      default_value;  // shown in place of a missing value; never hides the status
};

// Where the events of one source enter a view.
struct ViewInput {
  int32_t source = 0;           // index in the project
  std::vector<int> key_fields;  // by field of the entity key: index into the source's schema
  // Records of the source may be taken back, and are then found by their fingerprint.
  bool retracts = false;
  // Where a view that keeps known times finds that of a record: index into the source's schema.
  // Absent: when the record was appended.
  std::optional<int> known_field;
};

// What learners see of a value whose window the data do not reach back to.
enum class WhileWarming : uint8_t { kNull, kUse };

struct ViewSpec {
  std::string name;
  Documentation documentation;
  std::string entity;
  std::vector<std::string> key_names;
  std::vector<Type> key_types;
  std::vector<ViewInput> inputs;
  // Fields of a request, where features count or use its values: those of a record of the first
  // input.
  Schema request;
  std::vector<FeatureSpec> features;
  Accuracy accuracy = Accuracy::kAuto;
  int64_t as_of_ms = 3'600'000;              // how far back reads stay exact
  int64_t retention_ms = 40LL * 86'400'000;  // largest lateness of its sources
  std::optional<int64_t> ttl_ms;
  // freshness.error_after: age of the entity's newest record beyond which answers are stale.
  std::optional<int64_t> stale_after_ms;
  // Records carry when they became known, for reads of what was known then.
  bool keeps_known_time = false;
  WhileWarming while_warming = WhileWarming::kNull;
  // In place of the tiers that the windows ask for one only: of the largest tile size that is no
  // longer than this (`tiles:` of `millrace test`).
  std::optional<int64_t> tile_ms;
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_VIEW_SPEC_H_
