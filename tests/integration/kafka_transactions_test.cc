// KafkaLog reads what others write in transactions, on a real broker.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/clock.h"
#include "gmock/gmock.h"
#include "stream/kafka/kafka_log.h"
#include "tests/integration/broker_log.h"
#include "tests/integration/transactions.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;

// The broker writes a transaction's marker some time after it told the producer of the end.
void AwaitEnd(Log& log, const std::string& topic, int64_t end) {
  const int64_t deadline = Clock::Real().MonotonicNanos() + kPatienceNs;
  absl::StatusOr<OffsetRange> range = log.Offsets({topic, 0});
  while (range.ok() && range->end < end && Clock::Real().MonotonicNanos() < deadline) {
    range = log.Offsets({topic, 0});
  }
  ASSERT_TRUE(range.ok()) << range.status();
  EXPECT_EQ(range->end, end);
}

TEST(KafkaLog, GivesCommittedRecordsOnlyAndPassesOverTransactionMarkers) {
  auto log = OpenLog();
  const std::string topic = NewTopic(*log);
  Transactions transactions;
  transactions.Begin();
  transactions.Produce(topic, "a");
  transactions.Produce(topic, "b");
  transactions.Commit();  // offsets 0, 1, marker 2
  transactions.Begin();
  transactions.Produce(topic, "never");
  transactions.Abort();                             // offset 3, marker 4
  ASSERT_TRUE(AppendValue(*log, topic, "c").ok());  // offset 5
  transactions.Begin();
  transactions.Produce(topic, "d");
  transactions.Commit();  // offset 6, marker 7
  AwaitEnd(*log, topic, 8);
  for (const int64_t from : {0, 1, 3, 6, 8}) {
    auto reader = log->OpenReader({{{topic, 0}, from}});
    ASSERT_TRUE(reader.ok()) << reader.status();
    absl::Status status;
    const std::vector<std::string> values = ReadToEnd(**reader, 8, &status);
    ASSERT_TRUE(status.ok()) << status;
    std::vector<std::string> expected = {"a", "b", "", "", "", "c", "d", ""};
    expected.erase(expected.begin(), expected.begin() + from);
    std::erase(expected, "");
    EXPECT_EQ(values, expected) << "from " << from;
    EXPECT_EQ((*reader)->NextOffset(0), 8);
    EXPECT_TRUE((*reader)->AtEnd(0));
  }
}

TEST(KafkaLog, AnOpenTransactionHoldsReadersBack) {
  auto log = OpenLog();
  const std::string topic = NewTopic(*log);
  ASSERT_TRUE(AppendValue(*log, topic, "before").ok());
  Transactions transactions;
  transactions.Begin();
  transactions.Produce(topic, "open");
  transactions.Flush();
  ASSERT_TRUE(AppendValue(*log, topic, "behind").ok());
  auto reader = log->OpenReader({{{topic, 0}, 0}});
  ASSERT_TRUE(reader.ok()) << reader.status();
  absl::Status status;
  EXPECT_THAT(ReadToEnd(**reader, 1, &status), ElementsAre("before"));
  EXPECT_TRUE(status.ok()) << status;
  transactions.Commit();
  EXPECT_THAT(ReadToEnd(**reader, 4, &status), ElementsAre("open", "behind"));
  EXPECT_TRUE(status.ok()) << status;
}

}  // namespace
}  // namespace millrace
