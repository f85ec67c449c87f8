// A disk that fills up, in two ways: the room falls below the reserve (the log stops by itself),
// and writes fail although the room looked sufficient (the database stops).

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "core/clock.h"
#include "gtest/gtest.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"
#include "stream/embedded/embedded_log.h"
#include "tests/core/test_directory.h"

namespace millrace {
namespace {

struct DiskState {
  std::atomic<uint64_t> room{uint64_t{1} << 40};
  std::atomic<bool> full{false};
  std::atomic<bool> no_manifest{false};  // no database can be opened
};

class FillingFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FillingFile(std::unique_ptr<rocksdb::FSWritableFile> file, DiskState& state)
      : FSWritableFileOwnerWrapper(std::move(file)), state_(state) {}
  using FSWritableFileOwnerWrapper::Append;
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    if (state_.full) return rocksdb::IOStatus::NoSpace("no space left on this simulated disk");
    return FSWritableFileOwnerWrapper::Append(data, options, debug);
  }

 private:
  DiskState& state_;
};

class FillingDisk final : public rocksdb::FileSystemWrapper {
 public:
  explicit FillingDisk(DiskState& state)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), state_(state) {}
  const char* Name() const override { return "FillingDisk"; }
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override {
    if (state_.full || (state_.no_manifest && absl::StrContains(name, "/MANIFEST"))) {
      return rocksdb::IOStatus::NoSpace("no space left on this simulated disk");
    }
    std::unique_ptr<rocksdb::FSWritableFile> real;
    const rocksdb::IOStatus status =
        FileSystemWrapper::NewWritableFile(name, options, &real, debug);
    if (status.ok()) *file = std::make_unique<FillingFile>(std::move(real), state_);
    return status;
  }
  rocksdb::IOStatus GetFreeSpace(const std::string&, const rocksdb::IOOptions&, uint64_t* room,
                                 rocksdb::IODebugContext*) override {
    *room = state_.room;
    return rocksdb::IOStatus::OK();
  }

 private:
  DiskState& state_;
};

class EmbeddedLogFullDiskTest : public ::testing::Test {
 protected:
  EmbeddedLogFullDiskTest() {
    options_.path = (directory_.path() / "log").string();
    options_.env = env_.get();
    options_.write_buffer_bytes = 64 << 10;
    Open();
  }

  void Open() {
    log_.reset();
    auto log = EmbeddedLog::Open(options_);
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
    ASSERT_TRUE(log_->CreateTopic("t", {}).ok());
  }

  // Appends `count` records at once; those acknowledged are numbered from 0 on.
  absl::Status Append(int count) {
    std::vector<std::string> values;
    for (int i = 0; i < count; ++i) values.push_back(absl::StrCat(acknowledged_ + i));
    std::vector<AppendRecord> records;
    for (const std::string& value : values) {
      records.push_back({.topic = "t", .partition = 0, .value = value});
    }
    const absl::Status status = log_->Append(records).status();
    if (status.ok()) acknowledged_ += count;
    return status;
  }

  absl::Status AppendUntilItWorks() {
    const int64_t start = Clock::Real().MonotonicNanos();
    absl::Status again = Append(3);
    while (!again.ok() &&
           absl::Nanoseconds(Clock::Real().MonotonicNanos() - start) < absl::Seconds(60)) {
      again = Append(3);
    }
    return again;
  }

  void ExpectAcknowledged() {
    auto reader = log_->OpenReader({{{"t", 0}, 0}});
    ASSERT_TRUE(reader.ok()) << reader.status();
    int next = 0;
    while (!(*reader)->AtEnd(0)) {
      RecordBatch batch;
      const auto read = (*reader)->Read(0, 1 << 20, &batch);
      ASSERT_TRUE(read.ok()) << read.status();
      for (const Record& record : batch.records()) {
        ASSERT_EQ(record.offset, next);
        ASSERT_EQ(*record.value, absl::StrCat(next++));
      }
    }
    EXPECT_EQ(next, acknowledged_);
  }

  const TestDirectory directory_;
  DiskState state_;
  std::unique_ptr<rocksdb::Env> env_ =
      rocksdb::NewCompositeEnv(std::make_shared<FillingDisk>(state_));
  EmbeddedLogOptions options_;
  std::unique_ptr<EmbeddedLog> log_;
  int acknowledged_ = 0;
};

TEST_F(EmbeddedLogFullDiskTest, RefusesAppendsBelowTheReserveAndGoesOnWhenThereIsRoom) {
  ASSERT_TRUE(Append(3).ok());
  state_.room = options_.reserve_bytes - 1;
  // The room is looked at once a megabyte.
  absl::Status refused;
  for (int i = 0; refused.ok() && i < 10'000; ++i) refused = Append(100);
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted) << refused;
  EXPECT_EQ(Append(1).code(), absl::StatusCode::kResourceExhausted);
  ExpectAcknowledged();
  state_.room = uint64_t{1} << 40;
  EXPECT_TRUE(Append(1).ok());
  ExpectAcknowledged();
  Open();
  ExpectAcknowledged();
}

TEST_F(EmbeddedLogFullDiskTest, LosesNothingWhenWritesFailAndGoesOnWhenTheyWorkAgain) {
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(Append(7).ok());
    state_.full = true;
    for (int i = 0; i < 20; ++i) {
      // Calls of different sizes, so that what failed would not be overwritten by chance.
      EXPECT_EQ(Append(1 + i % 5).code(), absl::StatusCode::kResourceExhausted);
    }
    ExpectAcknowledged();
    state_.full = false;
    const absl::Status again = AppendUntilItWorks();
    ASSERT_TRUE(again.ok()) << again;
    ExpectAcknowledged();
  }
  Open();
  ExpectAcknowledged();
}

TEST_F(EmbeddedLogFullDiskTest, DeletesLaterWhatItCouldNotDeleteWhileFull) {
  ASSERT_TRUE(log_->CreateTopic("short", {.retain_bytes = 1}).ok());
  const std::vector<AppendRecord> one = {{.topic = "short", .partition = 0, .value = "x"}};
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(log_->Append(one).ok());
  state_.full = true;
  EXPECT_EQ(log_->EnforceRetention().code(), absl::StatusCode::kResourceExhausted);
  state_.full = false;
  ASSERT_TRUE(AppendUntilItWorks().ok());
  EXPECT_TRUE(log_->EnforceRetention().ok());
  Open();
  EXPECT_EQ(log_->Offsets({"short", 0})->begin, 9);
}

TEST_F(EmbeddedLogFullDiskTest, ComesBackWhenTheDatabaseCouldNotBeOpenedAtOnce) {
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(Append(7).ok());
  state_.full = true;
  ASSERT_EQ(Append(1).code(), absl::StatusCode::kResourceExhausted);
  state_.no_manifest = true;
  state_.full = false;
  // The probe passes, the database is closed and cannot be opened.
  const int64_t start = Clock::Real().MonotonicNanos();
  while (log_->OffsetAtTime({"t", 0}, 0).ok() &&
         absl::Nanoseconds(Clock::Real().MonotonicNanos() - start) < absl::Seconds(60)) {
    EXPECT_EQ(Append(1).code(), absl::StatusCode::kResourceExhausted);
  }
  EXPECT_EQ(log_->OffsetAtTime({"t", 0}, 0).status().code(), absl::StatusCode::kResourceExhausted);
  ExpectAcknowledged();  // out of memory
  state_.no_manifest = false;
  const absl::Status again = AppendUntilItWorks();
  ASSERT_TRUE(again.ok()) << again;
  ExpectAcknowledged();
  Open();
  ExpectAcknowledged();
}

}  // namespace
}  // namespace millrace
