// What of a record a log keeps: headers, absence, bytes, timestamps, sizes.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/clock.h"
#include "gmock/gmock.h"
#include "tests/contract/log_contract.h"
#include "tests/contract/log_records.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr int64_t kBaseMs = 1'767'225'600'000;  // 2026-01-01, so that no broker finds it too old

}  // namespace

TEST_P(LogContract, RoundTripsHeadersInOrderWithRepeatedNamesEmptyAndBinaryValues) {
  const std::string topic = NewTopic();
  const absl::string_view binary("\x00\xff\x7f\n", 4);
  const std::vector<Header> headers = {
      {"h", "1"}, {"h", "2"}, {"empty", ""}, {"binary", binary}, {"h", "1"}};
  const std::vector<AppendRecord> records = {
      {.topic = topic, .partition = 0, .value = "with", .headers = headers},
      {.topic = topic, .partition = 0, .value = "without"},
      {.topic = topic, .partition = 0, .key = "k", .headers = std::span(headers).first(1)}};
  ASSERT_TRUE(log().Append(records).ok());
  const auto seen = ReadPartition(log(), topic, 0, 3, subject_->patience());
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_THAT(
      (*seen)[0].headers,
      ElementsAre(Pair("h", "1"), Pair("h", "2"), Pair("empty", ""),
                  Pair("binary", std::string(binary.data(), binary.size())), Pair("h", "1")));
  EXPECT_THAT((*seen)[1].headers, SizeIs(0));
  EXPECT_THAT((*seen)[2].headers, ElementsAre(Pair("h", "1")));
}

TEST_P(LogContract, TellsAbsentFromEmptyKeysAndValues) {
  const std::string topic = NewTopic();
  const std::vector<AppendRecord> records = {
      {.topic = topic, .partition = 0, .key = std::nullopt, .value = ""},
      {.topic = topic, .partition = 0, .key = "", .value = std::nullopt},
      {.topic = topic, .partition = 0, .key = "", .value = ""},
      {.topic = topic, .partition = 0, .key = std::nullopt, .value = std::nullopt}};
  ASSERT_TRUE(log().Append(records).ok());
  const auto seen = ReadPartition(log(), topic, 0, 4, subject_->patience());
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_EQ((*seen)[0].key, std::nullopt);
  EXPECT_EQ((*seen)[0].value, "");
  EXPECT_EQ((*seen)[1].key, "");
  EXPECT_EQ((*seen)[1].value, std::nullopt);
  EXPECT_EQ((*seen)[2].key, "");
  EXPECT_EQ((*seen)[2].value, "");
  EXPECT_EQ((*seen)[3].key, std::nullopt);
  EXPECT_EQ((*seen)[3].value, std::nullopt);
}

TEST_P(LogContract, RoundTripsBinaryKeysAndValues) {
  const std::string topic = NewTopic();
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes.push_back(static_cast<char>(i));
  const std::vector<AppendRecord> records = {
      {.topic = topic, .partition = 0, .key = all_bytes, .value = all_bytes}};
  ASSERT_TRUE(log().Append(records).ok());
  const auto seen = ReadPartition(log(), topic, 0, 1, subject_->patience());
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_EQ((*seen)[0].key, all_bytes);
  EXPECT_EQ((*seen)[0].value, all_bytes);
}

TEST_P(LogContract, KeepsTheProducersTimestampAndElseGivesItsOwn) {
  const std::string topic = NewTopic();
  const int64_t before_ms = ToEpochMillis(Clock::Real().Now());
  const std::vector<AppendRecord> records = {
      {.topic = topic, .partition = 0, .value = "a", .timestamp_ms = kBaseMs},
      {.topic = topic, .partition = 0, .value = "b"}};
  ASSERT_TRUE(log().Append(records).ok());
  const auto seen = ReadPartition(log(), topic, 0, 2, subject_->patience());
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_EQ((*seen)[0].timestamp_ms, kBaseMs);
  // A service on another machine may have another clock.
  EXPECT_GE((*seen)[1].timestamp_ms, before_ms - 60'000);
  EXPECT_LE((*seen)[1].timestamp_ms, ToEpochMillis(Clock::Real().Now()) + 60'000);
}

TEST_P(LogContract, AcceptsLargeRecords) {
  const std::string topic = NewTopic();
  std::string large(subject_->accepted_record_bytes(), 'x');
  ASSERT_GE(large.size(), size_t{1} << 20);
  for (size_t i = 0; i < large.size(); i += 1000) large[i] = static_cast<char>(i / 1000);
  const std::vector<AppendRecord> records = {{.topic = topic, .partition = 0, .value = "small"},
                                             {.topic = topic, .partition = 0, .value = large},
                                             {.topic = topic, .partition = 0, .value = "after"}};
  ASSERT_TRUE(log().Append(records).ok());
  const auto seen = ReadPartition(log(), topic, 0, 3, subject_->patience());
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_EQ((*seen)[0].value, "small");
  EXPECT_TRUE((*seen)[1].value == large);
  EXPECT_EQ((*seen)[2].value, "after");
}

TEST_P(LogContract, RefusesTooLargeARecordAndGoesOn) {
  const std::string topic = NewTopic();
  const std::string too_large(subject_->refused_record_bytes(), 'x');
  const std::vector<AppendRecord> refused = {{.topic = topic, .partition = 0, .value = too_large}};
  EXPECT_EQ(log().Append(refused).status().code(), absl::StatusCode::kInvalidArgument);
  ASSERT_TRUE(AppendNumbers(log(), topic, 0, 0, 3).ok());
  ExpectNumbers(ReadPartition(log(), topic, 0, 3, subject_->patience()), 0, 3);
}

}  // namespace millrace
