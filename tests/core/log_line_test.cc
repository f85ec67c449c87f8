#include "core/log_line.h"

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

using ::testing::EndsWith;
using ::testing::MatchesRegex;

class LogLineTest : public testing::Test {
 protected:
  void TearDown() override { SetMinLogLevel(LogLevel::kInfo); }

  template <typename F>
  static std::string Written(F write) {
    testing::internal::CaptureStderr();
    write();
    return testing::internal::GetCapturedStderr();
  }
};

TEST_F(LogLineTest, HasTimeLevelEventAndValues) {
  const std::string line = Written([] {
    LogLine(LogLevel::kWarn, "state_behind_log").With("topic", "flights.arrivals").With("n", 12);
  });
  EXPECT_THAT(line, MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
                                 "\\.[0-9]{3}Z WARN event=state_behind_log "
                                 "topic=flights\\.arrivals n=12\n"));
}

TEST_F(LogLineTest, QuotesAndEscapesSoThatALineStaysOneLine) {
  const struct {
    std::string value;
    std::string written;
  } kCases[] = {
      {"plain/1.5:ok", "plain/1.5:ok"},
      {"", R"("")"},
      {"two words", R"("two words")"},
      {"a=b", R"("a=b")"},
      {R"(say "hi")", R"("say \"hi\"")"},
      {R"(C:\x)", R"("C:\\x")"},
      {"line\nforged event=x", R"("line\nforged event=x")"},
      {"\r\t", R"("\r\t")"},
      {std::string("\0\x1b\x7f", 3), R"("\x00\x1b\x7f")"},
      {"Zürich", "Zürich"},
  };
  for (const auto& c : kCases) {
    const std::string line = Written([&c] { LogLine(LogLevel::kError, "e").With("v", c.value); });
    EXPECT_THAT(line, EndsWith(" ERROR event=e v=" + c.written + "\n"));
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  }
}

TEST_F(LogLineTest, DropsLinesBelowTheLevel) {
  SetMinLogLevel(LogLevel::kWarn);
  EXPECT_EQ(Written([] { LogLine(LogLevel::kInfo, "quiet").With("k", 1); }), "");
  EXPECT_NE(Written([] { LogLine(LogLevel::kWarn, "loud"); }), "");
}

TEST_F(LogLineTest, LinesOfSeveralThreadsDoNotMix) {
  const std::string text = Written([] {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([] {
        for (int i = 0; i < 200; ++i) LogLine(LogLevel::kInfo, "tick").With("value", "whole line");
      });
    }
    for (auto& thread : threads) thread.join();
  });
  const std::vector<std::string> lines = absl::StrSplit(text, '\n', absl::SkipEmpty());
  EXPECT_EQ(lines.size(), 800u);
  for (const std::string& line : lines) {
    EXPECT_THAT(line, MatchesRegex(".{24} INFO event=tick value=\"whole line\""));
  }
}

}  // namespace
}  // namespace millrace
