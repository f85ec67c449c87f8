#include "stream/dead_letter.h"

#include <deque>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

using testing::ElementsAre;
using testing::Pair;

std::vector<std::pair<std::string, std::string>> HeadersOf(const AppendRecord& record) {
  std::vector<std::pair<std::string, std::string>> headers;
  for (const Header& header : record.headers) headers.emplace_back(header.name, header.value);
  return headers;
}

TEST(DeadLetter, KeepsTheRecordAndSaysWhyAndWhence) {
  const Header kHeaders[] = {{"traceparent", "00-1"}, {"content-type", ""}};
  Record record;
  record.partition = 3;
  record.offset = 9'000'000'000;
  record.timestamp_ms = 1'357'034'400'000;
  record.key = "UA";
  record.value = "{\"i\": 1.0}";
  record.headers = kHeaders;
  const DeadLetter letter("flights.departures", record,
                          {RejectCode::kSchema, "field 'i' must be int"});
  EXPECT_EQ(letter.record().topic, "flights.departures.dlq");
  EXPECT_EQ(letter.record().key, record.key);
  EXPECT_EQ(letter.record().value, record.value);
  EXPECT_EQ(letter.record().timestamp_ms, record.timestamp_ms);
  EXPECT_EQ(letter.record().partition, std::nullopt);
  EXPECT_THAT(HeadersOf(letter.record()),
              ElementsAre(Pair("traceparent", "00-1"), Pair("content-type", ""),
                          Pair("millrace-error-code", "schema"),
                          Pair("millrace-error-message", "field 'i' must be int"),
                          Pair("millrace-source-topic", "flights.departures"),
                          Pair("millrace-source-partition", "3"),
                          Pair("millrace-source-offset", "9000000000")));
}

TEST(DeadLetter, AbsentKeyAndValueStayAbsent) {
  const DeadLetter letter("t", Record(), {RejectCode::kMalformed, "no value"});
  EXPECT_EQ(letter.record().key, std::nullopt);
  EXPECT_EQ(letter.record().value, std::nullopt);
}

TEST(DeadLetter, ShortTextsStayWhereTheyAreInADeque) {
  std::deque<DeadLetter> letters;
  for (int64_t i = 0; i < 100; ++i) {
    Record record;
    record.offset = i;
    letters.emplace_back("t", record, Rejection{RejectCode::kLate, "late"});
  }
  for (size_t i = 0; i < letters.size(); ++i) {
    EXPECT_EQ(letters[i].record().topic, "t.dlq");
    EXPECT_EQ(HeadersOf(letters[i].record()).back().second, std::to_string(i));
  }
}

TEST(DeadLetter, LongMessagesAreCutBetweenCharacters) {
  std::string message(kMaxErrorMessageBytes - 1, 'a');
  message += "é and more";
  const DeadLetter letter("t", Record(), {RejectCode::kTime, message});
  EXPECT_EQ(HeadersOf(letter.record())[1].second, std::string(kMaxErrorMessageBytes - 1, 'a'));
}

TEST(RejectCode, EveryCodeHasItsOwnName) {
  std::set<std::string> names;
  for (int code = 0; code <= static_cast<int>(RejectCode::kExpression); ++code) {
    names.emplace(RejectCodeName(static_cast<RejectCode>(code)));
  }
  EXPECT_EQ(names, (std::set<std::string>{"malformed", "schema", "range", "time", "id", "future",
                                          "late", "too_large", "unknown_schema", "expression"}));
}

}  // namespace
}  // namespace millrace
