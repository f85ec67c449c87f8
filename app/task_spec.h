// TaskSpec: a task of a project, checked and compiled. Immutable once built; thread-safe.

#ifndef MILLRACE_APP_TASK_SPEC_H_
#define MILLRACE_APP_TASK_SPEC_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/value.h"
#include "learners/registry.h"
#include "stream/documentation.h"
#include "stream/expr/expression.h"
#include "stream/label_join.h"
#include "stream/schema.h"

namespace millrace {

// Features of one view that a task reads, for one entity.
struct TaskFeatureRead {
  int32_t view = 0;
  std::vector<int> key_slots;  // by key field of the view: slot of the decision that holds it
  std::vector<int> features;   // indices into the view
  std::vector<int> slots;      // parallel to features: where their values go
  // Where features count or use the decision's own values: by field of ViewSpec::request the slot
  // of the decision, or -1. Empty: none does.
  std::vector<int> request_slots;
};

// An input of the task: a slot as it is, or an expression over the slots.
struct TaskInput {
  std::string name;
  Type type = Type::kNull;
  int slot = -1;  // -1: the expression
  std::shared_ptr<const Expression> expression;
  std::string expression_text;
};

struct LabelSource {
  int32_t source = 0;
  std::shared_ptr<const Expression> value;  // of the label's record; null for `count: "*"`
  int id_field = 0;                         // in the source's schema
};

struct LabelSpec {
  LabelAggregation aggregation = LabelAggregation::kLast;
  std::vector<LabelSource> sources;
  std::string value_text;  // of the expression, or "*"
  int64_t within_ms = 0;
  // What a decision without a label record gets; nullopt: it is dropped.
  std::optional<OwnedValue> empty;
};

struct TaskLearner {
  std::string name;
  const LearnerType* type = nullptr;
  LearnerOptions options;
};

enum class TaskKind : uint8_t { kBinary };

// A decision is a row of slots: first the fields of the trigger (the record's schema or the
// request's fields), then `at` (its time, a timestamp), then the features read.
struct TaskSpec {
  std::string name;
  Documentation documentation;
  TaskKind kind = TaskKind::kBinary;
  std::optional<int32_t> trigger_source;            // absent: the trigger is `request`
  std::shared_ptr<const Expression> trigger_where;  // over the trigger's fields; may be null
  std::string trigger_where_text;
  Schema request;    // fields of a decision (the record's schema, or `request:`)
  int id_slot = -1;  // -1: `assigned` (topic/partition/offset)
  int64_t align_timeout_ms = 5'000;
  std::vector<ScopeField> slots;
  int at_slot = 0;
  std::vector<TaskFeatureRead> reads;
  std::vector<TaskInput> inputs;
  LabelSpec label;
  std::vector<TaskLearner> learners;  // in file order; baselines that always run come last
  int champion = 0;                   // index into learners
  int64_t publish_every_ms = 1'000;
  uint64_t publish_min_examples = 1;
  int64_t publish_max_delay_ms = 60'000;

  std::vector<InputField> InputFields() const {
    std::vector<InputField> fields;
    for (const TaskInput& input : inputs) fields.push_back({input.name, input.type});
    return fields;
  }
};

}  // namespace millrace

#endif  // MILLRACE_APP_TASK_SPEC_H_
