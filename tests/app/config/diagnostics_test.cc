#include "app/config/diagnostics.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Diagnostics, AreSortedByPlaceAndCounted) {
  DiagnosticSink sink;
  const int text = sink.AddText("a.yaml", "one\ntwo three\n");
  sink.Error(ConfigErrorCode::kUnknownKey, {text, 2, 4, 5}, "second");
  sink.Warning(ConfigErrorCode::kOverride, {text, 1, 0, 3}, "first");
  EXPECT_EQ(Render(sink.Sorted(), Color::kNever),
            "a.yaml:1:1: warning[MILLRACE-2009]: first\n"
            "    1 | one\n"
            "      | ^^^\n"
            "   = help: millrace help errors MILLRACE-2009\n"
            "a.yaml:2:5: error[MILLRACE-2101]: second\n"
            "    2 | two three\n"
            "      |     ^^^^^\n"
            "   = help: millrace help errors MILLRACE-2101\n"
            "1 error, 1 warning in 1 file\n");
}

TEST(Diagnostics, CountColumnsInCharacters) {
  DiagnosticSink sink;
  const int text = sink.AddText("a.yaml", "\xC3\xBC\xC3\xBC: x\n");
  sink.Error(ConfigErrorCode::kUnknownKey, {text, 1, 6, 1}, "here");
  EXPECT_EQ(sink.Sorted()[0].column, 5);
}

TEST(Diagnostics, NeverSendControlCharactersToTheTerminal) {
  DiagnosticSink sink;
  const int text = sink.AddText("a.yaml", "a: \033[2J\n");
  sink.Error(ConfigErrorCode::kUnknownKey, {text, 1, 3, 1}, "bad '\033[2J'");
  EXPECT_THAT(Render(sink.Sorted(), Color::kNever), Not(HasSubstr("\033")));
  EXPECT_THAT(Render(sink.Sorted(), Color::kAlways), HasSubstr("\033[1;31m"));
}

TEST(Diagnostics, ShowControlCharactersAndStrayBytesEscapedWithTheCaretBelow) {
  DiagnosticSink sink;
  const int text = sink.AddText("a.yaml", "\x01\xC2\x9B\xE2\x80\xAE\xFF: x\n");
  sink.Error(ConfigErrorCode::kUnknownKey, {text, 1, 9, 1}, "bad \x1b");
  EXPECT_THAT(Render(sink.Sorted(), Color::kNever),
              HasSubstr("bad \\x1b\n"
                        "    1 | \\x01\\xc2\\x9b\\xe2\\x80\\xae\\xff: x\n"
                        "      |                               ^\n"));
  EXPECT_EQ(Printable("gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x9B\xAB"), "grüß € 🛫");
  EXPECT_EQ(Printable("\xC0\x80\xED\xA0\x80"), "\\xc0\\x80\\xed\\xa0\\x80");
}

TEST(Diagnostics, ShowAWindowOfALongLine) {
  DiagnosticSink sink;
  const int text = sink.AddText("a.yaml", std::string(100'000, 'x'));
  sink.Error(ConfigErrorCode::kUnknownKey, {text, 1, 50'000, 90'000}, "here");
  EXPECT_LT(Render(sink.Sorted(), Color::kNever).size(), 700u);
}

TEST(Diagnostics, AreSaidOnceForAPlace) {
  DiagnosticSink sink;
  const int text = sink.AddText("a.yaml", "one\n");
  sink.Error(ConfigErrorCode::kUnknownKey, {text, 1, 0, 3}, "same");
  sink.Error(ConfigErrorCode::kUnknownKey, {text, 1, 0, 3}, "same");
  EXPECT_EQ(sink.Sorted().size(), 1u);
}

TEST(ErrorCodes, AreAscendingNamedAndExplained) {
  int last = 0;
  for (const ErrorCodeInfo& info : ErrorCodes()) {
    EXPECT_GT(static_cast<int>(info.code), last);
    last = static_cast<int>(info.code);
    EXPECT_FALSE(info.title.empty());
    EXPECT_FALSE(info.explanation.empty());
    EXPECT_EQ(FindErrorCode(ErrorCodeName(info.code)), &info);
  }
  EXPECT_NE(FindErrorCode("millrace-2107"), nullptr);
  EXPECT_NE(FindErrorCode("2107"), nullptr);
  EXPECT_EQ(FindErrorCode("MILLRACE-1"), nullptr);
  EXPECT_EQ(FindErrorCode("x"), nullptr);
}

}  // namespace
}  // namespace millrace
