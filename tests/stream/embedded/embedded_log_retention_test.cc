#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/simulated_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stream/embedded/embedded_log.h"
#include "tests/core/test_directory.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;

class EmbeddedLogRetentionTest : public ::testing::Test {
 protected:
  EmbeddedLogRetentionTest() {
    options_.path = (directory_.path() / "log").string();
    options_.clock = &clock_;
    options_.write_buffer_bytes = 256 << 10;  // so that there are files to delete
    Open();
  }

  void Open() {
    log_.reset();
    auto log = EmbeddedLog::Open(options_);
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
  }

  // Appends one batch of one record, whose value begins with `number`.
  void Append(int64_t number, size_t bytes = 10, std::optional<int64_t> timestamp_ms = {}) {
    std::string value = absl::StrCat(number);
    // Bytes that do not compress.
    for (uint32_t x = static_cast<uint32_t>(number) + 1; value.size() < bytes;) {
      x = x * 1664525u + 1013904223u;
      value.push_back(static_cast<char>(x >> 24));
    }
    const std::vector<AppendRecord> one = {
        {.topic = "t", .partition = 0, .value = value, .timestamp_ms = timestamp_ms}};
    ASSERT_TRUE(log_->Append(one).ok());
  }

  OffsetRange Range() { return log_->Offsets({"t", 0}).value(); }

  uintmax_t BytesOnDisk() {
    uintmax_t bytes = 0;
    for (const auto& file : std::filesystem::directory_iterator(options_.path)) {
      if (file.path().extension() == ".sst") bytes += file.file_size();
    }
    return bytes;
  }

  const TestDirectory directory_;
  SimulatedClock clock_{absl::FromUnixMillis(1'000'000)};
  EmbeddedLogOptions options_;
  std::unique_ptr<EmbeddedLog> log_;
};

TEST_F(EmbeddedLogRetentionTest, DeletesWhatWasAppendedLongerAgoThanRetainFor) {
  ASSERT_TRUE(log_->CreateTopic("t", {.retain_for = absl::Seconds(10)}).ok());
  for (int i = 0; i < 20; ++i) {
    Append(i);
    clock_.Advance(absl::Seconds(1));
  }
  // Now is 20 s after the first; those appended at 10 s and later stay.
  ASSERT_TRUE(log_->EnforceRetention().ok());
  EXPECT_EQ(Range().begin, 10);
  EXPECT_EQ(Range().end, 20);
}

TEST_F(EmbeddedLogRetentionTest, GoesByAppendTimeWhateverTheProducersSay) {
  ASSERT_TRUE(log_->CreateTopic("t", {.retain_for = absl::Seconds(10)}).ok());
  Append(0, 10, int64_t{1});
  ASSERT_TRUE(log_->EnforceRetention().ok());
  EXPECT_EQ(Range().begin, 0);
}

TEST_F(EmbeddedLogRetentionTest, DeletesTheOldestOfAPartitionThatIsTooLargeButNeverTheNewest) {
  ASSERT_TRUE(log_->CreateTopic("t", {.retain_bytes = 10'000}).ok());
  for (int i = 0; i < 100; ++i) Append(i, 1000);
  ASSERT_TRUE(log_->EnforceRetention().ok());
  EXPECT_EQ(Range().begin, 100 - 9);  // a batch has some bytes more than its value
  Append(100, 50'000);
  ASSERT_TRUE(log_->EnforceRetention().ok());
  EXPECT_EQ(Range().begin, 100);
  EXPECT_EQ(Range().end, 101);
}

TEST_F(EmbeddedLogRetentionTest, KeepsAllWithoutRetentionAndInCompactedTopics) {
  ASSERT_TRUE(log_->CreateTopic("t", {.compacted = true}).ok());
  for (int i = 0; i < 10; ++i) Append(i, 100'000);
  clock_.Advance(absl::Hours(24 * 365 * 100));
  ASSERT_TRUE(log_->EnforceRetention().ok());
  EXPECT_EQ(Range().begin, 0);
}

TEST_F(EmbeddedLogRetentionTest, RemembersItsBeginningAndItsEndWhenAllIsDeleted) {
  ASSERT_TRUE(log_->CreateTopic("t", {.retain_for = absl::Seconds(10)}).ok());
  for (int i = 0; i < 7; ++i) Append(i);
  clock_.Advance(absl::Hours(1));
  ASSERT_TRUE(log_->EnforceRetention().ok());
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(Range().begin, 7);
    EXPECT_EQ(Range().end, 7);
    Open();
  }
  Append(7);
  Open();
  EXPECT_EQ(Range().begin, 7);
  EXPECT_EQ(Range().end, 8);
}

TEST_F(EmbeddedLogRetentionTest, TellsAReaderThatRetentionPassedItBy) {
  ASSERT_TRUE(log_->CreateTopic("t", {.retain_for = absl::Seconds(10)}).ok());
  for (int i = 0; i < 5; ++i) Append(i);
  auto reader = log_->OpenReader({{{"t", 0}, 0}});
  ASSERT_TRUE(reader.ok());
  RecordBatch batch;
  ASSERT_EQ(*(*reader)->Read(0, 1, &batch), 1);
  clock_.Advance(absl::Minutes(1));
  Append(5);
  ASSERT_TRUE(log_->EnforceRetention().ok());
  const absl::Status passed = (*reader)->Read(0, 1000, &batch).status();
  EXPECT_EQ(passed.code(), absl::StatusCode::kOutOfRange);
  EXPECT_THAT(std::string(passed.message()), HasSubstr("5 to 6"));
  EXPECT_EQ(log_->OpenReader({{{"t", 0}, 4}}).status().code(), absl::StatusCode::kOutOfRange);
  // What the batch holds is the reader's as long as it wants.
  EXPECT_EQ(batch.records().at(0).value->substr(0, 1), "0");
}

TEST_F(EmbeddedLogRetentionTest, FindsTimesAmongWhatIsLeft) {
  ASSERT_TRUE(log_->CreateTopic("t", {.retain_for = absl::Seconds(10)}).ok());
  Append(0, 10, int64_t{9'000});  // the largest, and soon gone
  clock_.Advance(absl::Minutes(1));
  for (int i = 1; i < 6; ++i) Append(i, 10, 1'000 * i);
  ASSERT_TRUE(log_->EnforceRetention().ok());
  ASSERT_EQ(Range().begin, 1);
  EXPECT_EQ(log_->OffsetAtTime({"t", 0}, 1'000).value(), 1);
  EXPECT_EQ(log_->OffsetAtTime({"t", 0}, 2'001).value(), 3);
  EXPECT_EQ(log_->OffsetAtTime({"t", 0}, 5'000).value(), 5);
  EXPECT_EQ(log_->OffsetAtTime({"t", 0}, 5'001).value(), 6);
}

TEST_F(EmbeddedLogRetentionTest, GivesBackTheSpaceOnDiskAsTheLogGoesOn) {
  ASSERT_TRUE(log_->CreateTopic("t", {.retain_bytes = 1 << 20}).ok());
  ASSERT_TRUE(log_->CreateTopic("kept", {}).ok());
  const std::vector<AppendRecord> kept = {{.topic = "kept", .partition = 0, .value = "kept"}};
  ASSERT_TRUE(log_->Append(kept).ok());
  constexpr int64_t kRecords = 8'000;  // 32 MB
  for (int64_t i = 0; i < kRecords; ++i) {
    Append(i, 4'000);
    if (i % 100 == 0) {
      ASSERT_TRUE(log_->EnforceRetention().ok());
    }
  }
  EXPECT_LT(BytesOnDisk(), uintmax_t{8} << 20);
  Open();
  EXPECT_EQ(log_->Offsets({"kept", 0})->end, 1);
  auto reader = log_->OpenReader({{{"t", 0}, Range().begin}});
  ASSERT_TRUE(reader.ok());
  int64_t next = Range().begin;
  while (!(*reader)->AtEnd(0)) {
    RecordBatch batch;
    ASSERT_TRUE((*reader)->Read(0, 1 << 20, &batch).ok());
    for (const Record& record : batch.records()) ASSERT_EQ(record.offset, next++);
  }
  EXPECT_EQ(next, kRecords);
}

}  // namespace
}  // namespace millrace
