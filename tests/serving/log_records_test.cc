#include "serving/log_records.h"

#include <thread>

#include "core/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "serving/errors.h"
#include "stream/memory_log.h"
#include "tests/serving/fake_log.h"

namespace millrace {
namespace {

class LogRecordsTest : public testing::Test {
 protected:
  LogRecordsTest()
      : records_(log_, Clock::Real(), {.own_prefix = "millrace.p.", .max_records = 3}) {
    EXPECT_TRUE(log_.CreateTopic("arrivals", {}).ok());
    EXPECT_TRUE(log_.CreateTopic("millrace.p.models.t", {}).ok());
  }
  static NewRecord Record(std::string value) {
    NewRecord record;
    record.value = std::move(value);
    return record;
  }
  ReadRecordsRequest From(int64_t offset) {
    ReadRecordsRequest request;
    request.topic = "arrivals";
    request.offset = offset;
    return request;
  }
  FakeLog log_;
  LogRecords records_;
};

TEST_F(LogRecordsTest, ReadsWhatWasAppended) {
  const auto positions = records_.Append("arrivals", {Record("a"), Record("b"), Record("c")});
  ASSERT_TRUE(positions.ok());
  EXPECT_EQ(positions->back().offset, 2);
  ReadRecordsRequest request = From(1);
  request.limit = 1;
  const auto response = records_.Read(request);
  ASSERT_TRUE(response.ok());
  ASSERT_EQ(response->records.records().size(), 1u);
  EXPECT_EQ(*response->records.records()[0].value, "b");
  EXPECT_EQ(response->next_offset, 2);
  EXPECT_EQ(response->range.end, 3);
}

TEST_F(LogRecordsTest, StartsAtTheOldestWithoutAnOffset) {
  ASSERT_TRUE(records_.Append("arrivals", {Record("a")}).ok());
  ReadRecordsRequest request;
  request.topic = "arrivals";
  EXPECT_EQ(records_.Read(request)->records.records().size(), 1u);
}

TEST_F(LogRecordsTest, EndsAWaitWithTheFirstRecord) {
  ReadRecordsRequest request = From(0);
  request.wait = absl::Seconds(20);
  std::thread producer([&] { EXPECT_TRUE(records_.Append("arrivals", {Record("late")}).ok()); });
  const auto response = records_.Read(request);
  producer.join();
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->records.records().size(), 1u);
  EXPECT_EQ(response->range.end, 1);
}

TEST_F(LogRecordsTest, AnswersEmptyAtTheEnd) {
  ReadRecordsRequest request = From(0);
  request.wait = absl::Milliseconds(5);
  const auto response = records_.Read(request);
  ASSERT_TRUE(response.ok());
  EXPECT_TRUE(response->records.empty());
  EXPECT_EQ(response->next_offset, 0);
}

TEST_F(LogRecordsTest, SuggestsTopics) {
  const ApiError error = ErrorOf(records_.Append("arival", {Record("x")}).status());
  EXPECT_EQ(error.code, ErrorCode::kUnknownTopic);
  EXPECT_EQ(error.did_you_mean, "arrivals");
  ReadRecordsRequest request = From(0);
  request.topic = "nothing.like.it";
  EXPECT_EQ(ErrorOf(records_.Read(request).status()).did_you_mean, "");
  request = From(0);
  request.partition = 4;
  const ApiError partition = ErrorOf(records_.Read(request).status());
  EXPECT_EQ(partition.code, ErrorCode::kUnknownTopic);
  EXPECT_EQ(partition.did_you_mean, "");
}

// Logs call a partition that is not there a wrong argument; to callers it is not found.
TEST(LogRecordsOfALog, KnowsPartitionsThatAreNotThere) {
  MemoryLog log;
  ASSERT_TRUE(log.CreateTopic("orders", {.partitions = 2}).ok());
  LogRecords records(log, Clock::Real(), {});
  ReadRecordsRequest request;
  request.topic = "orders";
  request.partition = 7;
  const ApiError read = ErrorOf(records.Read(request).status());
  EXPECT_EQ(read.code, ErrorCode::kUnknownTopic);
  EXPECT_EQ(read.detail, "topic 'orders' has 2 partitions, no partition 7");
  NewRecord record;
  record.value = "x";
  record.partition = 2;
  EXPECT_EQ(ErrorOf(records.Append("orders", {record}).status()).code, ErrorCode::kUnknownTopic);
  record.partition = 1;
  record.value = std::string(17 << 20, 'x');
  EXPECT_EQ(ErrorOf(records.Append("orders", {record}).status()).kind().status,
            absl::StatusCode::kInvalidArgument);
}

TEST_F(LogRecordsTest, LetsNobodyWriteMillracesOwnTopics) {
  EXPECT_EQ(records_.Append("millrace.p.models.t", {Record("x")}).status().code(),
            absl::StatusCode::kPermissionDenied);
  ReadRecordsRequest request = From(0);
  request.topic = "millrace.p.models.t";
  EXPECT_TRUE(records_.Read(request).ok());
}

TEST_F(LogRecordsTest, BoundsRequests) {
  EXPECT_EQ(ErrorOf(records_.Append("arrivals", std::vector<NewRecord>(4)).status()).code,
            ErrorCode::kBadField);
  EXPECT_EQ(records_.Read(From(99)).status().code(), absl::StatusCode::kOutOfRange);
}

}  // namespace
}  // namespace millrace
