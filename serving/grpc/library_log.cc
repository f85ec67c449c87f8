#include "serving/grpc/library_log.h"

#include <mutex>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "core/clock.h"
#include "core/log_limit.h"
#include "core/log_line.h"
#include "google/protobuf/stubs/logging.h"
#include "grpc/support/log.h"

namespace millrace {
namespace {

constexpr int kLinesPerSecond = 5;

// Process-wide, as the libraries' handlers are; never destroyed, as they may log to the last.
void Write(LogLevel level, absl::string_view library, absl::string_view text) {
  static LogLimit* const limit = new LogLimit(kLinesPerSecond, Clock::Real());
  const std::optional<int64_t> left_out = limit->Admit();
  if (!left_out) return;
  LogLine(level, "library")
      .With("name", library)
      .With("text", text)
      .With("lines_left_out", *left_out);
}

void OnGrpc(gpr_log_func_args* args) {
  const LogLevel level = args->severity == GPR_LOG_SEVERITY_ERROR  ? LogLevel::kError
                         : args->severity == GPR_LOG_SEVERITY_INFO ? LogLevel::kWarn
                                                                   : LogLevel::kInfo;
  Write(level, "grpc", args->message);
}

void OnProtobuf(google::protobuf::LogLevel level, const char*, int, const std::string& text) {
  Write(level >= google::protobuf::LOGLEVEL_ERROR ? LogLevel::kError : LogLevel::kWarn, "protobuf",
        text);
}

}  // namespace

void CaptureLibraryLog() {
  static std::once_flag once;
  std::call_once(once, [] {
    gpr_set_log_function(&OnGrpc);
    google::protobuf::SetLogHandler(&OnProtobuf);
  });
}

}  // namespace millrace
