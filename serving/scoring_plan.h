// ScoringPlan: how the inputs of a task's learners are assembled for one decision. Plain values,
// filled by the composition root from the configuration. Immutable; thread-safe.
//
// A decision is a row of slots: first the fields of its trigger (the record's schema or the
// request's fields), then its time, then the features read. Inputs are slots, or expressions over
// the slots.

#ifndef MILLRACE_SERVING_SCORING_PLAN_H_
#define MILLRACE_SERVING_SCORING_PLAN_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/value.h"
#include "stream/expr/expression.h"

namespace millrace {

// Features of one view, read for one entity in one call of OnlineStore::Read.
struct ScoringRead {
  int32_t view = 0;            // index into OnlineStore::views()
  std::vector<int> key_slots;  // by key field of the view: the slot that holds it
  std::vector<int> features;   // indices into the view
  std::vector<int> slots;      // parallel to features: where their values go
  // By field of ViewSpec::request: the decision's slot that is it, or -1. Empty: the features read
  // do not ask for the decision's own values.
  std::vector<int> request_slots;
};

struct ScoringInput {
  std::string name;
  Type type = Type::kNull;
  int slot = -1;  // -1: the expression over the slots
  std::shared_ptr<const Expression> expression;
};

struct ScoringPlan {
  std::string task;
  std::vector<ScopeField> slots;  // fields, then `at`, then features
  int field_count = 0;            // slots [0, field_count) are the trigger's fields
  int at_slot = 0;                // the decision's time, a timestamp
  int id_slot = -1;               // the field that is the decision's id; -1: none
  bool records_requests = false;  // the task's trigger is `request`: an id makes it a decision
  std::vector<ScoringRead> reads;
  std::vector<ScoringInput> inputs;
};

}  // namespace millrace

#endif  // MILLRACE_SERVING_SCORING_PLAN_H_
