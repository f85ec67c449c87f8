#include "stream/embedded/embedded_log.h"

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/simulated_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/db.h"
#include "stream/embedded/batch_store.h"
#include "tests/core/test_directory.h"

namespace millrace {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class EmbeddedLogTest : public ::testing::Test {
 protected:
  EmbeddedLogTest() {
    options_.path = (directory_.path() / "made/log").string();
    options_.clock = &clock_;
  }

  void Open() {
    log_.reset();
    auto log = EmbeddedLog::Open(options_);
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
  }

  absl::Status Append(absl::string_view value, std::optional<int64_t> timestamp_ms = {}) {
    const std::vector<AppendRecord> one = {
        {.topic = "t", .partition = 0, .value = value, .timestamp_ms = timestamp_ms}};
    return log_->Append(one).status();
  }

  const TestDirectory directory_;
  SimulatedClock clock_{absl::FromUnixMillis(1'000'000)};
  EmbeddedLogOptions options_;
  std::unique_ptr<EmbeddedLog> log_;
};

TEST_F(EmbeddedLogTest, SaysThatAnotherHasThePathOpen) {
  Open();
  const auto second = EmbeddedLog::Open(options_);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(second.status().message()),
              AllOf(HasSubstr(options_.path), HasSubstr("in use by another process")));
}

TEST_F(EmbeddedLogTest, SaysThatAnotherProcessHasThePathOpen) {
  // The child forks before this process has opened a log: RocksDB's threads do not fork along.
  int to_child[2], to_parent[2];
  ASSERT_EQ(pipe(to_child), 0);
  ASSERT_EQ(pipe(to_parent), 0);
  char byte = 'x';
  const pid_t child = fork();
  if (child == 0) {
    close(to_child[1]);
    auto log = EmbeddedLog::Open(options_);
    if (!log.ok() || write(to_parent[1], &byte, 1) != 1) _exit(1);
    _exit(read(to_child[0], &byte, 1) == 0 ? 0 : 2);  // until the parent closes its end
  }
  close(to_child[0]);
  ASSERT_EQ(read(to_parent[0], &byte, 1), 1);
  EXPECT_EQ(EmbeddedLog::Open(options_).status().code(), absl::StatusCode::kAborted);
  close(to_child[1]);
  int how = -1;
  ASSERT_EQ(waitpid(child, &how, 0), child);
  EXPECT_EQ(how, 0);
  Open();
}

TEST_F(EmbeddedLogTest, SaysThatThePathCannotBeUsed) {
  const std::string file = (directory_.path() / "file").string();
  std::ofstream(file) << "not a directory";
  options_.path = file + "/log";
  EXPECT_EQ(EmbeddedLog::Open(options_).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(EmbeddedLogTest, RefusesTheFormatOfANewerVersion) {
  Open();
  log_.reset();
  rocksdb::DB* db = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open({}, options_.path, &db).ok());
  ASSERT_TRUE(db->Put({}, "mversion", "\x02").ok());
  delete db;
  EXPECT_EQ(EmbeddedLog::Open(options_).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(EmbeddedLogTest, KeepsItsEpochUntilItIsBumped) {
  Open();
  const uint64_t first = log_->epoch();
  EXPECT_GT(first, 0u);
  clock_.Advance(absl::Seconds(1));
  Open();
  EXPECT_EQ(log_->epoch(), first);
  ASSERT_TRUE(log_->BumpEpoch().ok());
  const uint64_t second = log_->epoch();
  EXPECT_GT(second, first);
  ASSERT_TRUE(log_->BumpEpoch().ok());  // within the same millisecond
  EXPECT_GT(log_->epoch(), second);
  const uint64_t third = log_->epoch();
  Open();
  EXPECT_EQ(log_->epoch(), third);
}

TEST_F(EmbeddedLogTest, ALogMadeLaterHasAnotherEpoch) {
  Open();
  const uint64_t first = log_->epoch();
  log_.reset();
  std::filesystem::remove_all(options_.path);
  clock_.Advance(absl::Milliseconds(1));
  Open();
  EXPECT_NE(log_->epoch(), first);
}

TEST_F(EmbeddedLogTest, TellsTheProducersTimeFromItsOwn) {
  Open();
  ASSERT_TRUE(log_->CreateTopic("t", {}).ok());
  ASSERT_TRUE(Append("given", 5).ok());
  clock_.Advance(absl::Milliseconds(10));
  ASSERT_TRUE(Append("own").ok());
  auto reader = log_->OpenReader({{{"t", 0}, 0}});
  ASSERT_TRUE(reader.ok());
  RecordBatch batch;
  ASSERT_TRUE((*reader)->Read(0, 1000, &batch).ok());
  ASSERT_EQ(batch.records().size(), 2u);
  EXPECT_EQ(batch.records()[0].timestamp_ms, 5);
  EXPECT_EQ(batch.records()[0].timestamp_type, TimestampType::kCreate);
  EXPECT_EQ(batch.records()[0].append_ms, 1'000'000);
  EXPECT_EQ(batch.records()[1].timestamp_ms, 1'000'010);
  EXPECT_EQ(batch.records()[1].timestamp_type, TimestampType::kLogAppend);
  EXPECT_EQ(batch.records()[1].append_ms, 1'000'010);
}

TEST_F(EmbeddedLogTest, AppendTimesNeverFallThoughTheClockDoes) {
  Open();
  ASSERT_TRUE(log_->CreateTopic("t", {}).ok());
  ASSERT_TRUE(Append("a").ok());
  SimulatedClock earlier(absl::FromUnixMillis(500));
  options_.clock = &earlier;
  Open();
  ASSERT_TRUE(Append("b").ok());
  auto reader = log_->OpenReader({{{"t", 0}, 1}});
  ASSERT_TRUE(reader.ok());
  RecordBatch batch;
  ASSERT_TRUE((*reader)->Read(0, 1000, &batch).ok());
  EXPECT_EQ(batch.records().at(0).append_ms, 1'000'000);
}

TEST_F(EmbeddedLogTest, NamesTheRecordAndTheLimitWhenOneIsTooLargeAndAppendsNone) {
  options_.max_record_bytes = 100;
  Open();
  ASSERT_TRUE(log_->CreateTopic("t", {}).ok());
  const std::string large(101, 'x');
  const std::vector<AppendRecord> records = {{.topic = "t", .value = "small"},
                                             {.topic = "t", .value = large}};
  const absl::Status refused = log_->Append(records).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(refused.message()), AllOf(HasSubstr("record 1"), HasSubstr("100")));
  EXPECT_EQ(log_->Offsets({"t", 0})->end, 0);
}

TEST_F(EmbeddedLogTest, RefusesNamesAndPartitionsNoTopicCanHave) {
  Open();
  for (const std::string& name : {std::string(), std::string("a/b"), std::string("a b"),
                                  std::string(250, 'a'), std::string("\0", 1)}) {
    EXPECT_EQ(log_->CreateTopic(name, {}).code(), absl::StatusCode::kInvalidArgument) << name;
  }
  for (const int32_t partitions : {0, -1, 10'001}) {
    EXPECT_EQ(log_->CreateTopic("t", {.partitions = partitions}).code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST_F(EmbeddedLogTest, AppendsOfManyMegabytesComeBackWhole) {
  options_.tail_bytes = 1 << 20;
  Open();
  ASSERT_TRUE(log_->CreateTopic("t", {.partitions = 2}).ok());
  std::vector<std::string> values;
  for (int i = 0; i < 30'000; ++i) {
    values.push_back(absl::StrCat(i, std::string(1000, static_cast<char>(i))));
  }
  std::vector<AppendRecord> records;
  for (size_t i = 0; i < values.size(); ++i) {
    records.push_back({.topic = "t", .partition = static_cast<int32_t>(i % 2), .value = values[i]});
  }
  const auto positions = log_->Append(records);
  ASSERT_TRUE(positions.ok()) << positions.status();
  auto reader = log_->OpenReader({{{"t", 0}, 0}, {{"t", 1}, 0}});
  ASSERT_TRUE(reader.ok());
  std::vector<RecordBatch> batches(2);
  for (size_t p = 0; p < 2; ++p) {
    while (!(*reader)->AtEnd(p)) ASSERT_TRUE((*reader)->Read(p, 1 << 20, &batches[p]).ok());
  }
  for (size_t i = 0; i < values.size(); ++i) {
    const auto [partition, offset] = (*positions)[i];
    const Record& read =
        batches[static_cast<size_t>(partition)].records().at(static_cast<size_t>(offset));
    ASSERT_TRUE(read.value == absl::string_view(values[i])) << i;
  }
}

TEST_F(EmbeddedLogTest, NamesWhereABatchIsDamagedOrMissing) {
  Open();
  ASSERT_TRUE(log_->CreateTopic("t", {}).ok());
  for (const char* value : {"a", "b", "c", "d", "e"}) ASSERT_TRUE(Append(value).ok());
  log_.reset();
  rocksdb::DB* db = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open({}, options_.path, &db).ok());
  std::string bytes;
  ASSERT_TRUE(db->Get({}, BatchKey(1, 0, 1), &bytes).ok());
  bytes.back() = 'x';
  ASSERT_TRUE(db->Put({}, BatchKey(1, 0, 1), bytes).ok());
  ASSERT_TRUE(db->Delete({}, BatchKey(1, 0, 3)).ok());
  delete db;
  Open();
  for (const int64_t offset : {1, 3}) {
    auto reader = log_->OpenReader({{{"t", 0}, offset}});
    ASSERT_TRUE(reader.ok());
    RecordBatch batch;
    const absl::Status status = (*reader)->Read(0, 1000, &batch).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr(absl::StrCat("topic \"t\" partition 0 offset ", offset)));
  }
  // What lies before and behind is not harmed, and good records come before the error.
  auto reader = log_->OpenReader({{{"t", 0}, 0}, {{"t", 0}, 4}});
  ASSERT_TRUE(reader.ok());
  RecordBatch batch;
  EXPECT_EQ(*(*reader)->Read(0, 1000, &batch), 1);
  EXPECT_EQ((*reader)->Read(0, 1000, &batch).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(*(*reader)->Read(1, 1000, &batch), 1);
}

TEST_F(EmbeddedLogTest, NeverMixesADeletedTopicWithALaterOne) {
  Open();
  ASSERT_TRUE(log_->CreateTopic("t", {}).ok());
  for (const char* value : {"a", "b"}) ASSERT_TRUE(Append(value).ok());
  ASSERT_TRUE(log_->DeleteTopic("t").ok());
  Open();  // with no topic left that would tell the largest id
  ASSERT_TRUE(log_->CreateTopic("t", {}).ok());
  EXPECT_EQ(log_->Offsets({"t", 0})->end, 0);
  ASSERT_TRUE(Append("c").ok());
  Open();
  EXPECT_EQ(log_->Offsets({"t", 0})->end, 1);
}

TEST_F(EmbeddedLogTest, RefusesToOpenWhenTheNewestBatchIsDamaged) {
  Open();
  ASSERT_TRUE(log_->CreateTopic("t", {}).ok());
  ASSERT_TRUE(Append("a").ok());
  log_.reset();
  rocksdb::DB* db = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open({}, options_.path, &db).ok());
  ASSERT_TRUE(db->Put({}, BatchKey(1, 0, 0), "damaged").ok());
  delete db;
  const auto log = EmbeddedLog::Open(options_);
  EXPECT_EQ(log.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(log.status().message()), HasSubstr("topic \"t\" partition 0 offset 0"));
}

}  // namespace
}  // namespace millrace
