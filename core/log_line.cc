#include "core/log_line.h"

#include <algorithm>
#include <atomic>
#include <cstdio>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "core/clock.h"

namespace millrace {
namespace {

// The one process-wide setting: a filter on where all lines go, which is process-wide too.
std::atomic<LogLevel> min_level{LogLevel::kInfo};

absl::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kInfo: return "INFO";
    case LogLevel::kWarn: return "WARN";
    case LogLevel::kError: return "ERROR";
  }
  return "ERROR";
}

bool NeedsQuotes(absl::string_view value) {
  return value.empty() || std::any_of(value.begin(), value.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte <= ' ' || byte == 0x7f || c == '"' || c == '\\' || c == '=';
         });
}

void AppendValue(std::string* line, absl::string_view value) {
  if (!NeedsQuotes(value)) {
    absl::StrAppend(line, value);
    return;
  }
  line->push_back('"');
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line->push_back('\\');
      line->push_back(c);
    } else if (c == '\n') {
      line->append("\\n");
    } else if (c == '\r') {
      line->append("\\r");
    } else if (c == '\t') {
      line->append("\\t");
    } else if (byte < ' ' || byte == 0x7f) {
      absl::StrAppendFormat(line, "\\x%02x", byte);
    } else {
      line->push_back(c);
    }
  }
  line->push_back('"');
}

}  // namespace

void SetMinLogLevel(LogLevel level) { min_level.store(level, std::memory_order_relaxed); }

LogLine::LogLine(LogLevel level, absl::string_view event) {
  if (level < min_level.load(std::memory_order_relaxed)) return;
  line_ = absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", Clock::Real().Now(), absl::UTCTimeZone());
  absl::StrAppend(&line_, " ", LevelName(level), " event=", event);
}

LogLine::~LogLine() {
  if (line_.empty()) return;
  line_.push_back('\n');
  // stderr is unbuffered, so one fwrite is one write(2): lines of several threads do not mix.
  std::fwrite(line_.data(), 1, line_.size(), stderr);
}

LogLine&& LogLine::With(absl::string_view key, const absl::AlphaNum& value) && {
  if (!line_.empty()) {
    absl::StrAppend(&line_, " ", key, "=");
    AppendValue(&line_, value.Piece());
  }
  return std::move(*this);
}

}  // namespace millrace
