// The raw inputs of a decision as they stand in predictions and examples
// (schemas/prediction.proto).

#ifndef MILLRACE_APP_WORKERS_INPUTS_CODEC_H_
#define MILLRACE_APP_WORKERS_INPUTS_CODEC_H_

#include <span>
#include <vector>

#include "core/value.h"
#include "featurestore/online_store.h"
#include "schemas/prediction.pb.h"

namespace millrace {

// REQUIRES: equally many values and statuses.
void EncodeInputs(std::span<const Value> values, std::span<const FeatureStatus> statuses,
                  v1::Inputs* out);

// Fills *values with views into `in`. False when the message is not what EncodeInputs writes.
bool DecodeInputs(const v1::Inputs& in, std::vector<Value>* values);

}  // namespace millrace

#endif  // MILLRACE_APP_WORKERS_INPUTS_CODEC_H_
