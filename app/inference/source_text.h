// How an inferred source is told: as `sources:` and `entities:` of a configuration, which
// `millrace validate` accepts beside the rest of one, with comments on what is uncertain; or as a
// JSON object. Nothing of the records is shown but names and ranges, unless samples are asked for.
// Pure functions.

#ifndef MILLRACE_APP_INFERENCE_SOURCE_TEXT_H_
#define MILLRACE_APP_INFERENCE_SOURCE_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "app/inference/record_sample.h"
#include "app/inference/source_inference.h"

namespace millrace {

enum class ShowSamples : uint8_t { kNo, kYes };

// REQUIRES: some field has a type.
std::string InferredYaml(absl::string_view topic, const RecordSample& sample,
                         const InferredSource& source, ShowSamples samples);
std::string InferredJson(absl::string_view topic, const RecordSample& sample,
                         const InferredSource& source, ShowSamples samples);

}  // namespace millrace

#endif  // MILLRACE_APP_INFERENCE_SOURCE_TEXT_H_
