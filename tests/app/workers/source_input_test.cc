#include "app/workers/source_input.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "app/workers/source_decoder.h"
#include "core/random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stream/memory_log.h"
#include "tests/app/workers/engine_process.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kTopic[] = "visits";
constexpr int64_t kRetentionMs = 10'000;
constexpr int64_t kSkewMs = 1'000;

class SourceInputTest : public ::testing::Test {
 protected:
  SourceInputTest() : log_({.append_time = MemoryLogOptions::AppendTime::kTimestamp}) {
    EXPECT_TRUE(log_.CreateTopic(kTopic, {}).ok());
    SourceSpec& spec = sources_[0];
    spec.name = "visits";
    spec.topic = kTopic;
    spec.decoder.schema.fields = {{"pages", Type::kDouble}};
    spec.schema = spec.decoder.schema;
    spec.decoder.time_field = "at";
    spec.retention_ms = kRetentionMs;
    spec.future_skew_ms = kSkewMs;
  }

  void Append(int64_t event_ms, int64_t append_ms, const std::string& pages = "1") {
    AppendValue(absl::StrCat("{\"at\":", event_ms, ",\"pages\":", pages, "}"), append_ms);
  }
  void AppendValue(const std::string& value, int64_t append_ms) {
    const std::vector<AppendRecord> records = {
        {.topic = kTopic, .partition = 0, .value = value, .timestamp_ms = append_ms}};
    ASSERT_TRUE(log_.Append(records).ok());
  }

  void Open(InputPosition position = {}, std::optional<int64_t> redo_from = std::nullopt) {
    const int64_t from = redo_from.value_or(position.next_offset);
    SourceInput::Parts parts;
    parts.decoder = MakeDecoder(sources_[0]);
    parts.on_reject = [this](const Record& record, const Rejection& rejection) {
      rejected_.push_back(absl::StrCat(record.offset, " ", RejectCodeName(rejection.code)));
      return absl::OkStatus();
    };
    input_.emplace(sources_, 0, 0, std::move(position), from, std::move(parts));
    reader_ = *log_.OpenReader({{{kTopic, 0}, input_->start_offset()}});
  }

  void Take() {
    const absl::Status taken = input_->Take([](const Event&) { return absl::OkStatus(); });
    EXPECT_TRUE(taken.ok()) << taken;
  }

  // Takes everything there is; "offset" or, of redone records, "offset again".
  std::vector<std::string> TakeAll() {
    std::vector<std::string> taken;
    while (true) {
      const auto head = input_->Peek(*reader_, 0);
      EXPECT_TRUE(head.ok()) << head.status();
      if (!head.ok() || !*head) return taken;
      taken.push_back(absl::StrCat(input_->head().offset, input_->head_is_redo() ? " again" : ""));
      Take();
      const SourceCounts& c = input_->position().counts;
      EXPECT_EQ(c.read, c.applied + c.duplicate + c.late + c.rejected);
    }
  }

  MemoryLog log_;
  std::vector<SourceSpec> sources_ = std::vector<SourceSpec>(1);
  std::optional<SourceInput> input_;
  std::unique_ptr<LogReader> reader_;
  std::vector<std::string> rejected_;
};

TEST_F(SourceInputTest, EveryRecordIsAppliedLateOrRejectedAndCounted) {
  Append(100'000, 100'000);
  AppendValue("no json", 100'000);
  Append(90'000, 100'000);
  Append(89'999, 100'000);   // late by one
  Append(101'001, 100'000);  // future by one
  Append(101'000, 100'000);
  Append(91'000, 100'000);  // the newest is 101'000 now
  Append(90'999, 100'000);
  Open();
  EXPECT_THAT(TakeAll(), ElementsAre("0", "2", "5", "6"));
  EXPECT_THAT(rejected_, ElementsAre("1 malformed", "3 late", "4 future", "7 late"));
  const SourceCounts& counts = input_->position().counts;
  EXPECT_EQ(counts.read, 8u);
  EXPECT_EQ(counts.applied, 4u);
  EXPECT_EQ(counts.late, 2u);
  EXPECT_EQ(counts.rejected, 2u);
  EXPECT_EQ(input_->position().next_offset, 8);
  EXPECT_TRUE(input_->times().at_end);
  EXPECT_EQ(input_->times().newest_event_ms, 101'000);
}

TEST_F(SourceInputTest, RecordsBehindNewerOnesAreMergedAndCountedOnce) {
  sources_[0].time_rule.out_of_order_ms = 1'000;
  Append(100'000, 100'000);
  Append(99'000, 100'000);  // as far behind as it may
  Append(98'999, 100'000);
  Append(100'000, 100'000);
  Open();
  TakeAll();
  EXPECT_EQ(input_->position().counts.applied, 4u);
  EXPECT_EQ(input_->position().counts.late_merged, 1u);
  Open(input_->position(), 0);
  EXPECT_THAT(TakeAll(), ElementsAre("0 again", "1 again", "2 again", "3 again"));
  EXPECT_EQ(input_->position().counts.late_merged, 1u);
}

// A decoder whose registry does not answer the first times that it is asked for `value`.
class WaitingDecoder final : public Decoder {
 public:
  WaitingDecoder(std::unique_ptr<Decoder> decoder, std::string value, int times)
      : decoder_(std::move(decoder)), value_(std::move(value)), times_(times) {}
  std::optional<Rejection> Decode(const Record& record, DecodedRecord* out) override {
    if (*record.value != absl::string_view(value_) || times_-- <= 0) {
      return decoder_->Decode(record, out);
    }
    return Rejection{RejectCode::kUnknownSchema, "no answer", /*transient=*/true};
  }

 private:
  std::unique_ptr<Decoder> decoder_;
  const std::string value_;
  int times_;
};

TEST_F(SourceInputTest, ARecordThatCannotBeJudgedYetIsWaitedFor) {
  Append(100'000, 100'000);
  Append(100'001, 100'001, "2");
  Append(100'002, 100'002);
  SourceInput::Parts parts;
  parts.decoder =
      std::make_unique<WaitingDecoder>(MakeDecoder(sources_[0]), "{\"at\":100001,\"pages\":2}", 2);
  parts.on_reject = [](const Record&, const Rejection&) { return absl::InternalError("rejected"); };
  input_.emplace(sources_, 0, 0, InputPosition(), 0, std::move(parts));
  reader_ = *log_.OpenReader({{{kTopic, 0}, 0}});
  EXPECT_THAT(TakeAll(), ElementsAre("0"));
  EXPECT_FALSE(input_->times().at_end) << "time must not pass over it";
  EXPECT_EQ(input_->progress_offset(), 1);
  EXPECT_THAT(TakeAll(), IsEmpty());
  EXPECT_THAT(TakeAll(), ElementsAre("1", "2"));
  EXPECT_TRUE(input_->times().at_end);
}

TEST_F(SourceInputTest, AFutureRecordDoesNotMoveTime) {
  Append(900'000, 100'000);
  Append(100'000, 100'000);
  Open();
  EXPECT_THAT(TakeAll(), ElementsAre("1"));
}

TEST_F(SourceInputTest, RedoneRecordsAreNeitherCountedNorRejectedAgain) {
  Append(100'000, 100'000);
  AppendValue("no json", 100'000);
  Append(100'500, 100'500);
  Open();
  TakeAll();
  InputPosition position = input_->position();
  Append(100'600, 100'600);
  AppendValue("no json either", 100'600);
  rejected_.clear();
  Open(position, 0);
  EXPECT_TRUE(input_->redoing());
  EXPECT_THAT(TakeAll(), ElementsAre("0 again", "2 again", "3"));
  EXPECT_FALSE(input_->redoing());
  EXPECT_THAT(rejected_, ElementsAre("4 malformed"));
  EXPECT_EQ(input_->position().counts.read, 5u);
  EXPECT_EQ(input_->position().counts.applied, 3u);
}

// Wherever it was committed and wherever it is redone from, verdicts are those of the first time.
TEST_F(SourceInputTest, LateIsJudgedTheSameWhenRedone) {
  constexpr uint64_t kSeed = 5;
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  Random random(kSeed);
  int64_t base_ms = 1'000'000;
  for (int i = 0; i < 300; ++i) {
    base_ms += random.Between(0, 3'000);
    Append(base_ms - random.Between(0, 2 * kRetentionMs), base_ms);
  }
  Open();
  std::vector<int64_t> applied;
  std::vector<InputPosition> commits;  // each with all history before it, as the engine keeps it
  std::deque<std::pair<int64_t, int64_t>> history;
  while (*input_->Peek(*reader_, 0)) {
    if (random.Chance(0.1)) {
      history.emplace_back(input_->position().next_offset, input_->position().newest_event_ms);
      commits.push_back(input_->position());
      commits.back().history = history;
    }
    applied.push_back(input_->head().offset);
    Take();
  }
  ASSERT_GT(input_->position().counts.late, 20u);
  ASSERT_GT(commits.size(), 10u);
  const SourceCounts expected = input_->position().counts;
  for (size_t from = 0; from < commits.size(); ++from) {
    for (size_t at = from; at < commits.size(); ++at) {
      const auto stored = InputPosition::Decode(commits[at].Encode());
      ASSERT_TRUE(stored.ok()) << stored.status();
      Open(*stored, commits[from].next_offset);
      std::vector<int64_t> again;
      while (*input_->Peek(*reader_, 0)) {
        again.push_back(input_->head().offset);
        Take();
      }
      std::vector<int64_t> rest;
      for (const int64_t offset : applied) {
        if (offset >= commits[from].next_offset) rest.push_back(offset);
      }
      ASSERT_EQ(again, rest) << "redone from " << from << ", committed at " << at;
      ASSERT_EQ(input_->position().counts.late, expected.late);
      ASSERT_EQ(input_->position().counts.read, expected.read);
    }
  }
}

TEST_F(SourceInputTest, OnErrorStopRefusesTheRecordAndGoesNoFurther) {
  sources_[0].on_error = OnError::kStop;
  Append(100'000, 100'000);
  AppendValue("no json", 100'000);
  Open();
  ASSERT_TRUE(*input_->Peek(*reader_, 0));
  Take();
  const auto stopped = input_->Peek(*reader_, 0);
  EXPECT_EQ(stopped.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(stopped.status().message()),
              HasSubstr("source visits: partition 0 offset 1: malformed"));
  EXPECT_EQ(input_->position().next_offset, 1);
  EXPECT_THAT(rejected_, IsEmpty());
}

TEST_F(SourceInputTest, PositionsThatAreCutAreRefused) {
  InputPosition position;
  position.next_offset = 300;
  position.newest_event_ms = -5;
  position.counts.read = 12'345;
  position.events = {{1, 2, 3}, {4, 5, 300}};
  position.history = {{1, 2}, {200, 1'000'000}};
  const std::string bytes = position.Encode();
  const auto whole = InputPosition::Decode(bytes);
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_EQ(whole->Encode(), bytes);
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    EXPECT_EQ(InputPosition::Decode(bytes.substr(0, cut)).status().code(),
              absl::StatusCode::kDataLoss);
  }
}

// A reader that cannot reach its log for a while.
class UnreachableReader final : public LogReader {
 public:
  UnreachableReader(LogReader& reader, int times, absl::Status fault)
      : reader_(reader), times_(times), fault_(std::move(fault)) {}
  absl::StatusOr<int> Read(size_t index, size_t max_bytes, RecordBatch* batch) override {
    if (times_-- > 0) return fault_;
    return reader_.Read(index, max_bytes, batch);
  }
  int64_t NextOffset(size_t index) const override { return reader_.NextOffset(index); }
  int64_t EndOffset(size_t index) const override { return reader_.EndOffset(index); }
  bool AtEnd(size_t) const override { return true; }  // as far as it knows
  void Wait(absl::Duration) override {}
  void Wake() override {}

 private:
  LogReader& reader_;
  int times_;
  const absl::Status fault_;
};

TEST_F(SourceInputTest, AnUnreachableLogHoldsTimeAndIsTriedAgain) {
  Append(100'000, 100'000);
  Open();
  UnreachableReader reader(*reader_, 2, absl::UnavailableError("no broker"));
  for (int i = 0; i < 2; ++i) {
    const auto head = input_->Peek(reader, 0);
    ASSERT_TRUE(head.ok()) << head.status();
    EXPECT_FALSE(*head);
    EXPECT_FALSE(input_->times().at_end);
  }
  EXPECT_TRUE(*input_->Peek(reader, 0));
}

TEST_F(SourceInputTest, OtherFaultsOfTheLogAreTold) {
  Open();
  UnreachableReader reader(*reader_, 1, absl::DataLossError("damaged"));
  EXPECT_EQ(input_->Peek(reader, 0).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace millrace
