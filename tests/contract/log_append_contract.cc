// How a log is appended to: numbering, partitions, durability, several writers.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/contract/log_contract.h"
#include "tests/contract/log_records.h"

namespace millrace {
namespace {

using ::testing::Contains;
using ::testing::Pair;
using ::testing::SizeIs;

}  // namespace

TEST_P(LogContract, NumbersRecordsDenselyFromZeroInEachPartition) {
  const std::string topic = NewTopic({.partitions = 2});
  const std::vector<AppendRecord> records = {{.topic = topic, .partition = 0, .value = "a"},
                                             {.topic = topic, .partition = 1, .value = "b"},
                                             {.topic = topic, .partition = 0, .value = "c"}};
  std::map<int32_t, int64_t> next;
  for (int round = 0; round < 3; ++round) {
    const auto positions = log().Append(records);
    ASSERT_TRUE(positions.ok()) << positions.status();
    ASSERT_EQ(positions->size(), records.size());
    for (size_t i = 0; i < records.size(); ++i) {
      EXPECT_EQ((*positions)[i].partition, records[i].partition);
      EXPECT_EQ((*positions)[i].offset, next[*records[i].partition]++);
    }
  }
}

TEST_P(LogContract, AppendingNothingIsNothing) {
  const auto positions = log().Append({});
  ASSERT_TRUE(positions.ok()) << positions.status();
  EXPECT_THAT(*positions, SizeIs(0));
}

TEST_P(LogContract, KeepsWhatWasAcknowledgedAcrossReopening) {
  const std::string topic = NewTopic();
  ASSERT_TRUE(AppendNumbers(log(), topic, 0, 0, 50).ok());
  subject_->Reopen();
  ExpectNumbers(ReadPartition(log(), topic, 0, 50, subject_->patience()), 0, 50);
  ASSERT_TRUE(AppendNumbers(log(), topic, 0, 50, 10).ok());
  ExpectNumbers(ReadPartition(log(), topic, 0, 60, subject_->patience()), 0, 60);
}

TEST_P(LogContract, ConcurrentAppendersKeepTheirOrderAndLoseOrDoubleNothing) {
  constexpr int kThreads = 4;
  constexpr int kCalls = 50;
  constexpr int kPerCall = 10;
  constexpr int32_t kPartitions = 3;
  const std::string topic = NewTopic({.partitions = kPartitions});
  std::vector<std::map<std::pair<int32_t, int64_t>, std::string>> positions(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int call = 0; call < kCalls; ++call) {
        std::vector<std::string> values;
        for (int i = 0; i < kPerCall; ++i) {
          values.push_back(absl::StrCat(t, ":", call * kPerCall + i));
        }
        std::vector<AppendRecord> records;
        for (int i = 0; i < kPerCall; ++i) {
          records.push_back(
              {.topic = topic, .partition = (call + i) % kPartitions, .value = values[i]});
        }
        const auto appended = log().Append(records);
        ASSERT_TRUE(appended.ok()) << appended.status();
        for (int i = 0; i < kPerCall; ++i) {
          positions[t][{(*appended)[i].partition, (*appended)[i].offset}] = values[i];
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  std::set<std::string> all;
  for (int32_t partition = 0; partition < kPartitions; ++partition) {
    const auto range = log().Offsets({topic, partition});
    ASSERT_TRUE(range.ok()) << range.status();
    const auto seen = ReadPartition(log(), topic, partition, range->end, subject_->patience());
    ASSERT_TRUE(seen.ok()) << seen.status();
    std::map<int, int> last;  // of each thread
    for (const SeenRecord& record : *seen) {
      const std::string& value = record.value.value();
      const size_t colon = value.find(':');
      const int thread = std::stoi(value.substr(0, colon));
      const int number = std::stoi(value.substr(colon + 1));
      EXPECT_TRUE(all.insert(value).second) << value << " twice";
      EXPECT_THAT(positions[thread], Contains(Pair(Pair(partition, record.offset), value)));
      const auto before = last.try_emplace(thread, -1).first;
      EXPECT_LT(before->second, number);
      before->second = number;
    }
  }
  EXPECT_EQ(all.size(), size_t{kThreads * kCalls * kPerCall});
}

TEST_P(LogContract, PutsKeyedRecordsWhereJavaProducersPutThem) {
  constexpr int32_t kPartitions = 100;
  const std::string topic = NewTopic({.partitions = kPartitions});
  // murmur2 of the key by org.apache.kafka.common.utils.Utils, as its own UtilsTest lists them.
  const std::vector<std::pair<std::string, int32_t>> known = {
      {"21", -973932308},
      {"foobar", -790332482},
      {"a-little-bit-long-string", -985981536},
      {"a-little-bit-longer-string", -1486304829},
      {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
      {"abc", 479470107}};
  std::vector<AppendRecord> records;
  for (const auto& [key, hash] : known) {
    records.push_back({.topic = topic, .key = key, .value = "v"});
  }
  const auto positions = log().Append(records);
  ASSERT_TRUE(positions.ok()) << positions.status();
  for (size_t i = 0; i < known.size(); ++i) {
    EXPECT_EQ((*positions)[i].partition, (known[i].second & 0x7fffffff) % kPartitions)
        << known[i].first;
  }
}

TEST_P(LogContract, SpreadsRecordsWithoutKeysOverAllPartitions) {
  constexpr int32_t kPartitions = 4;
  const std::string topic = NewTopic({.partitions = kPartitions});
  const std::vector<AppendRecord> one = {{.topic = topic, .value = "v"}};
  std::set<int32_t> partitions;
  for (int i = 0; i < 400 && partitions.size() < kPartitions; ++i) {
    const auto positions = log().Append(one);
    ASSERT_TRUE(positions.ok()) << positions.status();
    partitions.insert((*positions)[0].partition);
  }
  EXPECT_EQ(partitions.size(), size_t{kPartitions});
}

}  // namespace millrace
