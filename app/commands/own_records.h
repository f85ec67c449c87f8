// OwnRecordJson: the values of Millrace's own topics (schemas/prediction.proto) as JSON for people.
// Typed bytes are shown as values, models by their size; a value that does not parse as its base64.
// Pure functions.

#ifndef MILLRACE_APP_COMMANDS_OWN_RECORDS_H_
#define MILLRACE_APP_COMMANDS_OWN_RECORDS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "app/commands/log_access.h"
#include "serving/json.h"

namespace millrace {

// Writes the value that core/value_coding put into `bytes`, such as an id: as JSON, text that is
// not UTF-8 and bytes that do not parse as base64.
void WriteTypedBytes(absl::string_view bytes, JsonWriter& json);

// Writes one JSON object. `inputs` are the names of the task's inputs, as far as they are known;
// they are used when their number is that of the values.
// REQUIRES: content is kPredictions, kExamples or kModels.
void WriteOwnRecord(TopicContent content, absl::string_view value,
                    const std::vector<std::string>& inputs, JsonWriter& json);

}  // namespace millrace

#endif  // MILLRACE_APP_COMMANDS_OWN_RECORDS_H_
