// A random run against a model: appends, reads of all kinds, time look-ups and reopening must agree
// with vectors of records, whatever the sizes of batches, tails and buffers.

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/simulated_clock.h"
#include "gtest/gtest.h"
#include "stream/embedded/embedded_log.h"

namespace millrace {
namespace {

constexpr int kPartitions = 3;

struct ModelRecord {
  std::string value;
  int64_t timestamp_ms;
};

class ModelRun {
 public:
  explicit ModelRun(uint32_t seed) : random_(seed), clock_(absl::FromUnixMillis(1'000'000)) {
    options_.path = absl::StrCat(::testing::TempDir(), "/embedded_model.", getpid());
    options_.clock = &clock_;
    options_.tail_bytes = Below(2) ? 0 : 200 << 10;
    options_.write_buffer_bytes = Below(2) ? 64 << 10 : 64 << 20;
    std::filesystem::remove_all(options_.path);
    Reopen();
  }
  ~ModelRun() {
    reader_.reset();
    log_.reset();
    std::filesystem::remove_all(options_.path);
  }

  void Step() {
    const int kind = Below(100);
    if (kind < 45) {
      Append();
    } else if (kind < 90) {
      Read();
    } else if (kind < 98) {
      FindTime();
    } else {
      Reopen();
    }
  }

 private:
  int Below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }

  void Reopen() {
    reader_.reset();
    log_.reset();
    auto log = EmbeddedLog::Open(options_);
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
    ASSERT_TRUE(log_->CreateTopic("t", {.partitions = kPartitions}).ok());
    std::vector<ReadFrom> from;
    for (int p = 0; p < kPartitions; ++p) {
      const auto range = log_->Offsets({"t", p});
      ASSERT_TRUE(range.ok());
      ASSERT_EQ(range->end, static_cast<int64_t>(model_[p].size()));
      from.push_back({{"t", p}, Below(static_cast<int>(range->end) + 1)});
    }
    auto reader = log_->OpenReader(from);
    ASSERT_TRUE(reader.ok()) << reader.status();
    reader_ = *std::move(reader);
  }

  void Append() {
    clock_.Advance(absl::Milliseconds(Below(3)));
    const int count = Below(10) == 0 ? 1 + Below(1000) : 1 + Below(10);
    std::vector<std::string> values;
    std::vector<AppendRecord> records;
    std::vector<int64_t> timestamps;
    for (int i = 0; i < count; ++i) {
      const int size = Below(50) == 0 ? Below(100'000) : Below(200);
      values.emplace_back(static_cast<size_t>(size), static_cast<char>(Below(256)));
    }
    for (const std::string& value : values) {
      AppendRecord& record = records.emplace_back();
      record.topic = "t";
      record.partition = Below(kPartitions);
      record.value = value;
      // Around the clock's time, in no order.
      if (Below(2)) record.timestamp_ms = ToEpochMillis(clock_.Now()) - 500 + Below(1000);
      timestamps.push_back(record.timestamp_ms.value_or(ToEpochMillis(clock_.Now())));
    }
    const auto positions = log_->Append(records);
    ASSERT_TRUE(positions.ok()) << positions.status();
    for (size_t i = 0; i < records.size(); ++i) {
      auto& partition = model_[*records[i].partition];
      ASSERT_EQ((*positions)[i].offset, static_cast<int64_t>(partition.size()));
      partition.push_back({values[i], timestamps[i]});
    }
  }

  void Read() {
    const auto p = static_cast<size_t>(Below(kPartitions));
    const int64_t from = reader_->NextOffset(p);
    const auto max_bytes = static_cast<size_t>(Below(3) == 0 ? 1 << 20 : 1 + Below(5000));
    RecordBatch batch;
    const auto read = reader_->Read(p, max_bytes, &batch);
    ASSERT_TRUE(read.ok()) << read.status();
    ASSERT_EQ(static_cast<size_t>(*read), batch.records().size());
    ASSERT_EQ(reader_->NextOffset(p), from + *read);
    const auto end = static_cast<int64_t>(model_[p].size());
    ASSERT_EQ(*read > 0, from < end);
    ASSERT_EQ(reader_->AtEnd(p), reader_->NextOffset(p) == end);
    for (size_t i = 0; i < batch.records().size(); ++i) {
      const Record& record = batch.records()[i];
      const ModelRecord& expected = model_[p][static_cast<size_t>(from) + i];
      ASSERT_EQ(record.offset, from + static_cast<int64_t>(i));
      ASSERT_TRUE(*record.value == absl::string_view(expected.value)) << record.offset;
      ASSERT_EQ(record.timestamp_ms, expected.timestamp_ms);
    }
  }

  void FindTime() {
    const int p = Below(kPartitions);
    const int64_t time_ms = ToEpochMillis(clock_.Now()) - 1000 + Below(2000);
    int64_t expected = 0;
    for (const ModelRecord& record : model_[p]) {
      if (record.timestamp_ms >= time_ms) break;
      ++expected;
    }
    const auto found = log_->OffsetAtTime({"t", p}, time_ms);
    ASSERT_TRUE(found.ok()) << found.status();
    ASSERT_EQ(*found, expected);
  }

  std::mt19937 random_;
  SimulatedClock clock_;
  EmbeddedLogOptions options_;
  std::unique_ptr<EmbeddedLog> log_;
  std::unique_ptr<LogReader> reader_;
  std::vector<ModelRecord> model_[kPartitions];
};

TEST(EmbeddedLogModel, AgreesWithVectorsOfRecords) {
  const uint32_t first_seed = 20130101;
  for (uint32_t seed = first_seed; seed < first_seed + 8; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    ModelRun run(seed);
    for (int step = 0; step < 600 && !::testing::Test::HasFatalFailure(); ++step) run.Step();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace millrace
