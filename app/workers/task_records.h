// The records that a task writes: predictions and the examples made of them
// (schemas/prediction.proto). Pure functions.

#ifndef MILLRACE_APP_WORKERS_TASK_RECORDS_H_
#define MILLRACE_APP_WORKERS_TASK_RECORDS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "app/workers/trainer.h"
#include "core/value.h"
#include "schemas/prediction.pb.h"
#include "serving/scorer.h"
#include "stream/label_join.h"

namespace millrace {

// The bytes of a decision's id: a typed value, so that 7 and "7" are different ids.
std::string EncodeId(const Value& id);

// The prediction that says what `row`, scored by `deployment`, decided.
v1::Prediction MakePrediction(absl::string_view task, absl::string_view id, const DecisionRow& row,
                              const Deployment& deployment);

// A serialized v1::ExampleRecord. The prediction is taken as the bytes it already is: an example
// repeats it, and parsing it only to write it again would cost more than all the rest.
std::string MakeExampleRecord(const Settlement& settlement);

}  // namespace millrace

#endif  // MILLRACE_APP_WORKERS_TASK_RECORDS_H_
