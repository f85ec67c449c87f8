#include "tests/contract/log_contract.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/clock.h"
#include "gmock/gmock.h"

namespace millrace {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr int64_t kBaseMs = 1'767'225'600'000;  // 2026-01-01, so that no broker finds it too old

// A record with its own bytes, as strings that compare and print.
struct Seen {
  int64_t offset = 0;
  int64_t timestamp_ms = 0;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::string>> headers;
};

std::string Str(absl::string_view view) { return std::string(view.data(), view.size()); }

Seen Own(const Record& record) {
  Seen seen{record.offset, record.timestamp_ms, std::nullopt, std::nullopt, {}};
  if (record.key) seen.key = Str(*record.key);
  if (record.value) seen.value = Str(*record.value);
  for (const Header& h : record.headers) seen.headers.emplace_back(Str(h.name), Str(h.value));
  return seen;
}

// Reads until `count` records came, an error, or the end of patience. A log may deliver late
// (a network), so nothing here takes "none now" for "none".
absl::StatusOr<std::vector<Seen>> ReadOn(LogReader& reader, size_t index, size_t count,
                                         absl::Duration patience, size_t max_bytes = 1 << 20) {
  std::vector<Seen> seen;
  const int64_t deadline = Clock::Real().MonotonicNanos() + absl::ToInt64Nanoseconds(patience);
  while (seen.size() < count) {
    RecordBatch batch;
    const absl::StatusOr<int> read = reader.Read(index, max_bytes, &batch);
    if (!read.ok()) return read.status();
    EXPECT_EQ(static_cast<size_t>(*read), batch.records().size());
    for (const Record& record : batch.records()) seen.push_back(Own(record));
    if (*read > 0) continue;
    const int64_t left = deadline - Clock::Real().MonotonicNanos();
    if (left <= 0) return absl::DeadlineExceededError(absl::StrCat(seen.size(), " of ", count));
    reader.Wait(absl::Nanoseconds(left));
  }
  return seen;
}

absl::StatusOr<std::vector<Seen>> ReadFrom0(Log& log, const std::string& topic, int32_t partition,
                                            size_t count, absl::Duration patience,
                                            int64_t offset = 0) {
  auto reader = log.OpenReader({ReadFrom{{topic, partition}, offset}});
  if (!reader.ok()) return reader.status();
  return ReadOn(**reader, 0, count, patience);
}

// Values "0", "1", … to one partition.
absl::Status AppendNumbers(Log& log, const std::string& topic, int32_t partition, int from,
                           int count) {
  std::vector<std::string> values;
  for (int i = 0; i < count; ++i) values.push_back(absl::StrCat(from + i));
  std::vector<AppendRecord> records;
  for (const std::string& value : values) {
    records.push_back({.topic = topic, .partition = partition, .value = value});
  }
  return log.Append(records).status();
}

void ExpectNumbers(const absl::StatusOr<std::vector<Seen>>& seen, int64_t first_offset, int count) {
  ASSERT_TRUE(seen.ok()) << seen.status();
  ASSERT_EQ(seen->size(), static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    ASSERT_EQ((*seen)[i].offset, first_offset + i);
    ASSERT_EQ((*seen)[i].value, absl::StrCat(first_offset + i));
  }
}

}  // namespace

std::string LogContract::NewTopic(const TopicOptions& options) {
  std::string topic = subject_->UniqueTopic();
  const absl::Status created = log().CreateTopic(topic, options);
  EXPECT_TRUE(created.ok()) << created;
  return topic;
}

TEST_P(LogContract, ReadsAPartitionInTheOrderItWasAppended) {
  const std::string topic = NewTopic();
  for (int from = 0; from < 300; from += 100) {
    ASSERT_TRUE(AppendNumbers(log(), topic, 0, from, 100).ok());
  }
  ExpectNumbers(ReadFrom0(log(), topic, 0, 300, subject_->patience()), 0, 300);
}

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
  ExpectNumbers(ReadFrom0(log(), topic, 0, 50, subject_->patience()), 0, 50);
  ASSERT_TRUE(AppendNumbers(log(), topic, 0, 50, 10).ok());
  ExpectNumbers(ReadFrom0(log(), topic, 0, 60, subject_->patience()), 0, 60);
}

TEST_P(LogContract, ResumesFromAnyOffset) {
  const std::string topic = NewTopic();
  ASSERT_TRUE(AppendNumbers(log(), topic, 0, 0, 40).ok());
  for (const int64_t offset : {0, 1, 17, 39}) {
    ExpectNumbers(ReadFrom0(log(), topic, 0, 40 - offset, subject_->patience(), offset), offset,
                  static_cast<int>(40 - offset));
  }
}

TEST_P(LogContract, ReadsInSmallStepsWithoutLosingAny) {
  const std::string topic = NewTopic();
  ASSERT_TRUE(AppendNumbers(log(), topic, 0, 0, 200).ok());
  auto reader = log().OpenReader({ReadFrom{{topic, 0}, 0}});
  ASSERT_TRUE(reader.ok()) << reader.status();
  // One byte is less than any record: each read still brings one.
  ExpectNumbers(ReadOn(**reader, 0, 200, subject_->patience(), 1), 0, 200);
  EXPECT_EQ((*reader)->NextOffset(0), 200);
}

TEST_P(LogContract, ReadsSeveralInputsEachAtItsOwnPace) {
  const std::string a = NewTopic({.partitions = 2});
  const std::string b = NewTopic();
  ASSERT_TRUE(AppendNumbers(log(), a, 0, 0, 5).ok());
  ASSERT_TRUE(AppendNumbers(log(), a, 1, 0, 6).ok());
  ASSERT_TRUE(AppendNumbers(log(), b, 0, 0, 7).ok());
  auto reader = log().OpenReader({{{a, 0}, 2}, {{a, 1}, 0}, {{b, 0}, 6}});
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ((*reader)->NextOffset(0), 2);
  ExpectNumbers(ReadOn(**reader, 2, 1, subject_->patience()), 6, 1);
  ExpectNumbers(ReadOn(**reader, 0, 3, subject_->patience()), 2, 3);
  ExpectNumbers(ReadOn(**reader, 1, 6, subject_->patience()), 0, 6);
  EXPECT_EQ((*reader)->NextOffset(0), 5);
  EXPECT_EQ((*reader)->NextOffset(1), 6);
  EXPECT_EQ((*reader)->NextOffset(2), 7);
}

TEST_P(LogContract, ReadNeverWaitsForNewData) {
  const std::string topic = NewTopic();
  auto reader = log().OpenReader({ReadFrom{{topic, 0}, 0}});
  ASSERT_TRUE(reader.ok()) << reader.status();
  RecordBatch batch;
  const auto read = (*reader)->Read(0, 1 << 20, &batch);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, 0);
  EXPECT_TRUE(batch.empty());
}

TEST_P(LogContract, AWaitingReaderWakesWhenAnotherThreadAppends) {
  const std::string topic = NewTopic();
  auto reader = log().OpenReader({ReadFrom{{topic, 0}, 0}});
  ASSERT_TRUE(reader.ok()) << reader.status();
  // Ten rounds, so that the append falls before, into and after the wait.
  for (int round = 0; round < 10; ++round) {
    std::thread appender([&] { EXPECT_TRUE(AppendNumbers(log(), topic, 0, round, 1).ok()); });
    ExpectNumbers(ReadOn(**reader, 0, 1, subject_->patience()), round, 1);
    appender.join();
  }
}

TEST_P(LogContract, AWaitEndsAfterItsTimeout) {
  const std::string topic = NewTopic();
  auto reader = log().OpenReader({ReadFrom{{topic, 0}, 0}});
  ASSERT_TRUE(reader.ok()) << reader.status();
  (*reader)->Wait(absl::Milliseconds(1));
}

TEST_P(LogContract, WakeEndsTheWaitInProgressOrTheNextOne) {
  const std::string topic = NewTopic();
  auto reader = log().OpenReader({ReadFrom{{topic, 0}, 0}});
  ASSERT_TRUE(reader.ok()) << reader.status();
  const int64_t start = Clock::Real().MonotonicNanos();
  (*reader)->Wake();
  (*reader)->Wait(10 * subject_->patience());
  std::thread waker([&] { (*reader)->Wake(); });
  (*reader)->Wait(10 * subject_->patience());
  waker.join();
  EXPECT_LT(absl::Nanoseconds(Clock::Real().MonotonicNanos() - start), subject_->patience());
}

TEST_P(LogContract, KnowsItsRangeAndWhenAReaderIsAtTheEnd) {
  const std::string topic = NewTopic();
  auto range = log().Offsets({topic, 0});
  ASSERT_TRUE(range.ok()) << range.status();
  EXPECT_EQ(range->begin, 0);
  EXPECT_EQ(range->end, 0);
  ASSERT_TRUE(AppendNumbers(log(), topic, 0, 0, 10).ok());
  range = log().Offsets({topic, 0});
  ASSERT_TRUE(range.ok()) << range.status();
  EXPECT_EQ(range->begin, 0);
  EXPECT_EQ(range->end, 10);
  auto reader = log().OpenReader({ReadFrom{{topic, 0}, 0}});
  ASSERT_TRUE(reader.ok()) << reader.status();
  ExpectNumbers(ReadOn(**reader, 0, 1, subject_->patience(), 1), 0, 1);
  EXPECT_FALSE((*reader)->AtEnd(0));
  ExpectNumbers(ReadOn(**reader, 0, 9, subject_->patience()), 1, 9);
  // A log may learn only from an empty read that it was at the end.
  RecordBatch batch;
  ASSERT_TRUE((*reader)->Read(0, 1 << 20, &batch).ok());
  EXPECT_TRUE((*reader)->AtEnd(0));
}

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
  const auto seen = ReadFrom0(log(), topic, 0, 3, subject_->patience());
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_THAT((*seen)[0].headers, ElementsAre(Pair("h", "1"), Pair("h", "2"), Pair("empty", ""),
                                              Pair("binary", Str(binary)), Pair("h", "1")));
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
  const auto seen = ReadFrom0(log(), topic, 0, 4, subject_->patience());
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
  const auto seen = ReadFrom0(log(), topic, 0, 1, subject_->patience());
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
  const auto seen = ReadFrom0(log(), topic, 0, 2, subject_->patience());
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
  const auto seen = ReadFrom0(log(), topic, 0, 3, subject_->patience());
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
  ExpectNumbers(ReadFrom0(log(), topic, 0, 3, subject_->patience()), 0, 3);
}

TEST_P(LogContract, KnowsWhichTopicsAreCompacted) {
  const std::string plain = subject_->UniqueTopic(), compacted = subject_->UniqueTopic();
  ASSERT_TRUE(log().CreateTopic(plain, {}).ok());
  ASSERT_TRUE(log().CreateTopic(compacted, {.compacted = true}).ok());
  EXPECT_FALSE(log().IsCompacted(plain).value());
  EXPECT_TRUE(log().IsCompacted(compacted).value());
}

TEST_P(LogContract, AnswersNotFoundForAnUnknownTopic) {
  const std::string topic = subject_->UniqueTopic();
  EXPECT_EQ(AppendNumbers(log(), topic, 0, 0, 1).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(log().Offsets({topic, 0}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(log().OffsetAtTime({topic, 0}, 0).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(log().IsCompacted(topic).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(log().OpenReader({ReadFrom{{topic, 0}, 0}}).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_P(LogContract, RefusesAPartitionTheTopicDoesNotHave) {
  const std::string topic = NewTopic({.partitions = 2});
  for (const int32_t partition : {2, 1000, -1}) {
    EXPECT_EQ(AppendNumbers(log(), topic, partition, 0, 1).code(),
              absl::StatusCode::kInvalidArgument)
        << partition;
    EXPECT_FALSE(log().Offsets({topic, partition}).ok()) << partition;
  }
}

TEST_P(LogContract, AnswersOutOfRangeForAnOffsetNotYetInTheLog) {
  const std::string topic = NewTopic();
  ASSERT_TRUE(AppendNumbers(log(), topic, 0, 0, 5).ok());
  // Told when opening or when first reading.
  const auto seen = ReadFrom0(log(), topic, 0, 1, subject_->patience(), 1000);
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kOutOfRange) << seen.status();
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
    const auto seen = ReadFrom0(log(), topic, partition, range->end, subject_->patience());
    ASSERT_TRUE(seen.ok()) << seen.status();
    std::map<int, int> last;  // of each thread
    for (const Seen& record : *seen) {
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

TEST_P(LogContract, FindsTheFirstOffsetAtOrAfterATime) {
  const std::string topic = NewTopic();
  std::vector<AppendRecord> records;
  for (int i = 0; i < 10; ++i) {
    records.push_back(
        {.topic = topic, .partition = 0, .value = "v", .timestamp_ms = kBaseMs + 100 * i});
  }
  // Two calls, so that the answer lies in either of two batches.
  ASSERT_TRUE(log().Append(std::span(records).first(4)).ok());
  ASSERT_TRUE(log().Append(std::span(records).subspan(4)).ok());
  const std::vector<std::pair<int64_t, int64_t>> cases = {
      {kBaseMs - 1'000'000, 0}, {kBaseMs, 0},       {kBaseMs + 1, 1},   {kBaseMs + 300, 3},
      {kBaseMs + 301, 4},       {kBaseMs + 400, 4}, {kBaseMs + 900, 9}, {kBaseMs + 901, 10}};
  for (const auto& [time_ms, offset] : cases) {
    const auto found = log().OffsetAtTime({topic, 0}, time_ms);
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(*found, offset) << "at base + " << time_ms - kBaseMs;
  }
}

TEST_P(LogContract, CreatingATopicAgainChangesNothing) {
  const std::string topic = NewTopic({.partitions = 2});
  ASSERT_TRUE(AppendNumbers(log(), topic, 1, 0, 3).ok());
  EXPECT_TRUE(log().CreateTopic(topic, {.partitions = 2}).ok());
  EXPECT_EQ(log().CreateTopic(topic, {.partitions = 3}).code(),
            absl::StatusCode::kFailedPrecondition);
  ExpectNumbers(ReadFrom0(log(), topic, 1, 3, subject_->patience()), 0, 3);
}

TEST_P(LogContract, ADeletedTopicIsGoneAndCanBeMadeAnew) {
  const std::string topic = NewTopic({.partitions = 2});
  const std::string other = NewTopic();
  ASSERT_TRUE(AppendNumbers(log(), topic, 0, 0, 10).ok());
  ASSERT_TRUE(AppendNumbers(log(), other, 0, 0, 5).ok());
  const absl::Status deleted = log().DeleteTopic(topic);
  ASSERT_TRUE(deleted.ok()) << deleted;
  EXPECT_EQ(log().DeleteTopic(topic).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(log().Offsets({topic, 0}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(AppendNumbers(log(), topic, 0, 0, 1).code(), absl::StatusCode::kNotFound);
  const auto topics = log().Topics();
  ASSERT_TRUE(topics.ok()) << topics.status();
  for (const TopicInfo& listed : *topics) EXPECT_NE(listed.name, topic);
  ASSERT_TRUE(log().CreateTopic(topic, {.partitions = 3}).ok());
  for (int round = 0; round < 2; ++round) {
    const auto range = log().Offsets({topic, 0});
    ASSERT_TRUE(range.ok()) << range.status();
    EXPECT_EQ(range->end, 0);
    ExpectNumbers(ReadFrom0(log(), other, 0, 5, subject_->patience()), 0, 5);
    subject_->Reopen();
  }
  ASSERT_TRUE(AppendNumbers(log(), topic, 0, 0, 3).ok());
  ExpectNumbers(ReadFrom0(log(), topic, 0, 3, subject_->patience()), 0, 3);
}

TEST_P(LogContract, TellsAReaderThatItsTopicWasDeleted) {
  const std::string topic = NewTopic();
  auto reader = log().OpenReader({ReadFrom{{topic, 0}, 0}});
  ASSERT_TRUE(reader.ok()) << reader.status();
  std::thread deleter([&] { EXPECT_TRUE(log().DeleteTopic(topic).ok()); });
  const auto seen = ReadOn(**reader, 0, 1, subject_->patience());
  deleter.join();
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kNotFound) << seen.status();
}

TEST_P(LogContract, ListsItsTopicsWithTheirPartitions) {
  const std::string one = NewTopic();
  const std::string three = NewTopic({.partitions = 3});
  const std::string never = subject_->UniqueTopic();
  for (int round = 0; round < 2; ++round) {
    const auto topics = log().Topics();
    ASSERT_TRUE(topics.ok()) << topics.status();
    std::map<std::string, int32_t> partitions;
    for (const TopicInfo& topic : *topics) partitions[topic.name] = topic.partitions;
    EXPECT_THAT(partitions, Contains(Pair(one, 1)));
    EXPECT_THAT(partitions, Contains(Pair(three, 3)));
    EXPECT_FALSE(partitions.contains(never));
    subject_->Reopen();
  }
}

}  // namespace millrace
