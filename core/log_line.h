// LogLine: one `key=value` line on stderr for an event worth a person's attention: constant event
// name, varying values, no payloads, entity keys or secrets. Thread-safe: a line is written whole.
//
//   LogLine(LogLevel::kWarn, "state_behind_log").With("topic", topic).With("records", n);
//
// prints, when the object dies:
//   2013-01-01T05:00:00.000Z WARN event=state_behind_log topic=flights.arrivals records=12

#ifndef MILLRACE_CORE_LOG_LINE_H_
#define MILLRACE_CORE_LOG_LINE_H_

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace millrace {

enum class LogLevel { kInfo, kWarn, kError };

// Lines below `level` are dropped, process-wide; kInfo by default.
void SetMinLogLevel(LogLevel level);

class LogLine {
 public:
  LogLine(LogLevel level, absl::string_view event);
  ~LogLine();
  LogLine(const LogLine&) = delete;
  LogLine& operator=(const LogLine&) = delete;

  // Values with spaces, quotes or control characters are quoted and escaped.
  LogLine&& With(absl::string_view key, const absl::AlphaNum& value) &&;

 private:
  std::string line_;  // empty: dropped
};

}  // namespace millrace

#endif  // MILLRACE_CORE_LOG_LINE_H_
