// What the records of a source become: rows taken back, changes, tombstones, duplicates, records of
// the future, and the events of sources derived from it.

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "app/workers/source_ids.h"
#include "app/workers/source_input.h"
#include "core/random.h"
#include "featurestore/memory_state_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stream/memory_log.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kTopic[] = "t";
constexpr int64_t kRetentionMs = 10'000;
constexpr int64_t kSkewMs = 1'000;

// Reads "+time:v" (a row), "-time:v" (a row taken back), "#id"; nothing is a tombstone.
class ScriptDecoder final : public Decoder {
 public:
  std::optional<Rejection> Decode(const Record& record, DecodedRecord* out) override {
    *out = DecodedRecord();
    out->inserts = false;
    id_.clear();
    for (const absl::string_view word :
         absl::StrSplit(record.value.value_or(""), ' ', absl::SkipEmpty())) {
      if (word[0] == '#') {
        id_ = std::string(word.substr(1));
        continue;
      }
      const std::vector<std::string> parts = absl::StrSplit(word.substr(1), ':');
      DecodedRow& row = word[0] == '+' ? out->row : out->before;
      (word[0] == '+' ? out->inserts : out->retracts) = true;
      int64_t v = 0;
      if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &row.event_time_ms) ||
          !absl::SimpleAtoi(parts[1], &v)) {
        return Rejection{RejectCode::kMalformed, "no script"};
      }
      row.fields = {Value::Int(v)};
    }
    if (!id_.empty()) out->id = id_;
    return std::nullopt;
  }

 private:
  std::string id_;
};

class SourceInputEvents : public ::testing::Test {
 protected:
  SourceInputEvents() : log_({.append_time = MemoryLogOptions::AppendTime::kTimestamp}) {
    EXPECT_TRUE(log_.CreateTopic(kTopic, {.partitions = 2}).ok());
    SourceSpec& spec = sources_[0];
    spec.name = "s";
    spec.topic = kTopic;
    spec.schema.fields = {{"v", Type::kInt}};
    spec.retention_ms = kRetentionMs;
    spec.future_skew_ms = kSkewMs;
    spec.retracts = true;
  }

  void Append(const std::string& script, int64_t append_ms = 100'000, int32_t partition = 0) {
    const std::vector<AppendRecord> records = {
        {.topic = kTopic, .partition = partition, .value = script, .timestamp_ms = append_ms}};
    ASSERT_TRUE(log_.Append(records).ok());
  }

  void Open(InputPosition position = {}, std::optional<int64_t> redo_from = std::nullopt,
            int32_t partition = 0) {
    if (ids_ == nullptr) ids_ = std::make_unique<SourceIds>(sources_);
    const int64_t from = redo_from.value_or(position.next_offset);
    SourceInput::Parts parts;
    parts.decoder = std::make_unique<ScriptDecoder>();
    parts.ids = ids_->of(0);
    parts.on_reject = [this](const Record& record, const Rejection& rejection) {
      rejected_.push_back(absl::StrCat(record.offset, " ", RejectCodeName(rejection.code)));
      return absl::OkStatus();
    };
    input_ = std::make_unique<SourceInput>(sources_, 0, partition, std::move(position), from,
                                           std::move(parts));
    reader_ = *log_.OpenReader({{{kTopic, partition}, input_->start_offset()}});
  }

  // Takes everything there is: "source/partition@offset.item +time:fields".
  std::vector<std::string> TakeAll() {
    std::vector<std::string> events;
    while (*input_->Peek(*reader_, 0)) {
      const absl::Status taken = input_->Take([&](const Event& event) {
        std::string text =
            absl::StrCat(sources_[static_cast<size_t>(event.source)].name, "/", event.partition,
                         "@", event.offset, ".", event.item,
                         event.change == Change::kInsert ? " +" : " -", event.event_time_ms);
        for (const Value& field : event.fields) absl::StrAppend(&text, ":", ToString(field));
        events.push_back(std::move(text));
        fingerprints_.push_back(event.fingerprint);
        return absl::OkStatus();
      });
      EXPECT_TRUE(taken.ok()) << taken;
      ExpectBalance();
    }
    return events;
  }

  void ExpectBalance() const {
    const SourceCounts& c = input_->position().counts;
    EXPECT_EQ(c.read, c.applied + c.duplicate + c.late + c.rejected);
    EXPECT_LE(c.conflicting, c.duplicate);
    EXPECT_LE(c.one_sided, c.applied);
  }
  const SourceCounts& counts() const { return input_->position().counts; }
  const std::vector<EventCounts>& events() const { return input_->position().events; }

  MemoryLog log_;
  std::vector<SourceSpec> sources_ = std::vector<SourceSpec>(1);
  std::unique_ptr<SourceIds> ids_;
  std::unique_ptr<SourceInput> input_;
  std::unique_ptr<LogReader> reader_;
  std::vector<std::string> rejected_;
  std::vector<uint64_t> fingerprints_;
};

TEST_F(SourceInputEvents, AChangeTakesBackFirstAndCountsOnce) {
  Append("+100000:1");
  Append("-100000:1 +100000:2");
  Append("-100000:2");
  Append("");
  Open();
  EXPECT_THAT(TakeAll(), ElementsAre("s/0@0.0 +100000:1", "s/0@1.0 -100000:1", "s/0@1.1 +100000:2",
                                     "s/0@2.0 -100000:2"));
  EXPECT_EQ(counts().read, 4u);
  EXPECT_EQ(counts().applied, 4u);
  EXPECT_EQ(events()[0].inserted, 2u);
  EXPECT_EQ(events()[0].retracted, 2u);
  EXPECT_EQ(input_->position().next_offset, 4);
  // A retraction is found by the fingerprint of what it takes back.
  EXPECT_EQ(fingerprints_[0], fingerprints_[1]);
  EXPECT_EQ(fingerprints_[2], fingerprints_[3]);
  EXPECT_NE(fingerprints_[0], fingerprints_[2]);
}

TEST_F(SourceInputEvents, FingerprintsAreOfSourcesThatRetractOnly) {
  sources_[0].retracts = false;
  Append("+100000:1");
  Open();
  TakeAll();
  EXPECT_THAT(fingerprints_, ElementsAre(0u));
}

TEST_F(SourceInputEvents, ARetractionThatTheSourceDoesNotDeclareIsRejected) {
  sources_[0].retracts = false;
  Append("-100000:1");
  Append("-100000:1 +100000:2");
  Append("");
  Open();
  EXPECT_THAT(TakeAll(), IsEmpty());
  EXPECT_THAT(rejected_, ElementsAre("0 schema", "1 schema"));
  EXPECT_EQ(counts().applied, 1u);
}

TEST_F(SourceInputEvents, RetractionsAreJudgedByTheirTimeAndMoveIt) {
  Append("+100000:1");
  Append("-89999:1");            // late by one
  Append("-101001:1");           // of the future by one
  Append("-100900:1");           // moves time on
  Append("+90899:1");            // so this is late by one
  Append("-80000:1 +100900:2");  // only the row is in time
  Append("-100900:2 +80000:1");  // the row is not
  Open();
  EXPECT_THAT(TakeAll(),
              ElementsAre("s/0@0.0 +100000:1", "s/0@3.0 -100900:1", "s/0@5.0 +100900:2"));
  EXPECT_THAT(rejected_, ElementsAre("1 late", "2 future", "4 late", "6 late"));
  EXPECT_EQ(counts().one_sided, 1u);
  EXPECT_EQ(counts().late, 3u);
  EXPECT_EQ(counts().rejected, 1u);
}

TEST_F(SourceInputEvents, WhatIsKeptOfTheFutureMovesTimeNoFurtherThanTheSkew) {
  sources_[0].keep_future = true;
  Append("+900000:1");
  Append("+91000:2");
  Append("+90999:3");
  Open();
  ASSERT_TRUE(*input_->Peek(*reader_, 0));
  EXPECT_EQ(input_->head().event_time_ms, 101'000) << "it is taken as of then";
  EXPECT_THAT(TakeAll(), ElementsAre("s/0@0.0 +900000:1", "s/0@1.0 +91000:2"));
  EXPECT_THAT(rejected_, ElementsAre("2 late"));
  EXPECT_EQ(input_->times().newest_event_ms, 101'000);
}

TEST_F(SourceInputEvents, TheFirstAppliedOfAnIdCounts) {
  sources_[0].dedup_ms = 5'000;
  Append("+100000:1 #a");
  Append("+100000:1 #a");
  Append("+95000:1 #a");   // as far away as counts, and it says something else
  Append("+94999:1 #a");   // further
  Append("-100000:1 #a");  // takes it back
  Append("-100000:1 #a");
  Append("+100000:1");
  Open();
  EXPECT_THAT(TakeAll(), ElementsAre("s/0@0.0 +100000:1", "s/0@3.0 +94999:1", "s/0@4.0 -100000:1"));
  EXPECT_THAT(rejected_, ElementsAre("6 id"));
  EXPECT_EQ(counts().duplicate, 3u);
  EXPECT_EQ(counts().conflicting, 1u);
}

TEST_F(SourceInputEvents, ALateRecordIsNoFirstCopy) {
  sources_[0].dedup_ms = 5'000;
  Append("+100000:0 #b");
  Append("+89999:1 #a");
  Append("+90000:1 #a");
  Open();
  EXPECT_THAT(TakeAll(), ElementsAre("s/0@0.0 +100000:0", "s/0@2.0 +90000:1"));
}

TEST_F(SourceInputEvents, CopiesInOtherPartitionsAreDuplicatesToo) {
  sources_[0].dedup_ms = 5'000;
  Append("+100000:1 #a");
  Append("+100000:1 #a", 100'000, 1);
  Open();
  EXPECT_THAT(TakeAll(), ElementsAre("s/0@0.0 +100000:1"));
  Open({}, std::nullopt, 1);
  EXPECT_THAT(TakeAll(), IsEmpty());
  EXPECT_EQ(counts().duplicate, 1u);
}

TEST_F(SourceInputEvents, ADuplicateMovesNoTime) {
  sources_[0].dedup_ms = 5'000;
  Append("+97000:1 #a");
  Append("+100000:1 #a");
  Append("+87000:1 #b");
  Open();
  TakeAll();
  EXPECT_THAT(rejected_, IsEmpty());
  EXPECT_EQ(input_->times().newest_event_ms, 97'000);
}

std::shared_ptr<const Expression> Compiled(const std::string& text) {
  return Expression::Compile(text, {{"v", Type::kInt}}).value();
}

TEST_F(SourceInputEvents, DerivedSourcesSeeTheEventsOfTheirBases) {
  Derivation odd = {.columns = {0}}, twice = {.columns = {0}};
  odd.where = Compiled("v % 2 == 1");
  twice.let.push_back(Compiled("v * 2"));
  sources_[0].derivation = std::make_shared<const Derivation>(Derivation{.columns = {0}});
  for (const char* name : {"odd", "both", "twice_odd"}) {
    SourceSpec& spec = sources_.emplace_back();
    spec.name = name;
    spec.retracts = true;
  }
  const auto base = [](int32_t source, const Derivation& derivation) {
    return SourceBase{source, std::make_shared<const Derivation>(derivation)};
  };
  sources_[1].bases = {base(0, odd)};
  sources_[2].bases = {base(0, {.columns = {0}}), base(1, {.columns = {0}})};
  sources_[3].bases = {base(1, twice)};
  for (int i = 0; i < 2; ++i) Append("+1:1", 100'000, 1);
  Append("-99999:1 +100000:2", 100'000, 1);
  Open({}, std::nullopt, 1);
  // `both` is partition 2 where it comes from `s`, 3 where from `odd`.
  EXPECT_THAT(
      TakeAll(),
      ElementsAre("s/1@0.0 +1:1", "odd/1@0.0 +1:1", "both/3@0.0 +1:1", "twice_odd/1@0.0 +1:1:2",
                  "both/2@0.0 +1:1", "s/1@1.0 +1:1", "odd/1@1.0 +1:1", "both/3@1.0 +1:1",
                  "twice_odd/1@1.0 +1:1:2", "both/2@1.0 +1:1", "s/1@2.0 -99999:1",
                  "odd/1@2.0 -99999:1", "both/3@2.0 -99999:1", "twice_odd/1@2.0 -99999:1:2",
                  "both/2@2.0 -99999:1", "s/1@2.1 +100000:2", "both/2@2.1 +100000:2"));
  EXPECT_THAT(input_->events().reached(), ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(events()[1].filtered, 1u);
  EXPECT_EQ(events()[2].inserted, 5u);
  EXPECT_EQ(events()[3].retracted, 1u);
  EXPECT_EQ(counts().applied, 3u);
}

TEST_F(SourceInputEvents, ARecordThatIsFilteredIsAppliedAndMovesTime) {
  Derivation none = {.columns = {0}};
  none.where = Compiled("v > 5");
  sources_[0].derivation = std::make_shared<const Derivation>(none);
  Append("+100000:1");
  Append("+89999:9");
  Open();
  EXPECT_THAT(TakeAll(), IsEmpty());
  EXPECT_EQ(counts().applied, 1u);
  EXPECT_EQ(events()[0].filtered, 1u);
  EXPECT_THAT(rejected_, ElementsAre("1 late"));
}

// Random records over two partitions, stopped after every number of records, with ids committed
// there, and redone from every earlier commit: the events and verdicts are those of the first time.
TEST_F(SourceInputEvents, RedoneRecordsAreTheEventsOfTheFirstTime) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Random random(seed);
    ASSERT_TRUE(log_.DeleteTopic(kTopic).ok());
    ASSERT_TRUE(log_.CreateTopic(kTopic, {.partitions = 1}).ok());
    sources_[0].dedup_ms = 3'000;
    int64_t base_ms = 100'000;
    for (int i = 0; i < 120; ++i) {
      base_ms += random.Between(0, 1'500);
      const auto row = [&] {
        return absl::StrCat(base_ms - random.Between(0, 15) * 1'000, ":", random.Below(2));
      };
      std::string script = random.Chance(0.02) ? "bad" : "";
      if (random.Chance(0.3)) absl::StrAppend(&script, " -", row());
      if (random.Chance(0.8)) absl::StrAppend(&script, " +", row());
      if (random.Chance(0.97)) absl::StrAppend(&script, " #", random.Below(8));
      Append(script, base_ms);
    }
    struct Stop {
      InputPosition position;
      size_t events;
      MemoryStateStore state;
    };
    std::vector<std::unique_ptr<Stop>> stops;
    std::deque<std::pair<int64_t, int64_t>> history;
    ids_ = nullptr;
    Open();
    std::vector<std::string> all;
    MemoryStateStore state;
    while (*input_->Peek(*reader_, 0)) {
      ASSERT_TRUE(input_
                      ->Take([&](const Event& event) {
                        all.push_back(
                            absl::StrCat(event.offset, ".", event.item, "/", event.fingerprint));
                        return absl::OkStatus();
                      })
                      .ok());
      ExpectBalance();
      if (!random.Chance(0.2)) continue;
      history.emplace_back(input_->position().next_offset, input_->position().newest_event_ms);
      StateBatch batch;
      // As if the oldest shard were three commits behind.
      const size_t behind = history.size() < 4 ? 0 : history.size() - 4;
      const SourceIds::PartitionTime oldest = {0, behind == 0 ? kNoTime : history[behind].second};
      ids_->AddCommit(std::span(&oldest, 1), &batch);
      ASSERT_TRUE(state.Commit(batch).ok());
      auto& stop = *stops.emplace_back(std::make_unique<Stop>());
      stop.position = input_->position();
      stop.position.history = history;
      stop.events = all.size();
      ASSERT_TRUE(state
                      .Scan("", std::string(1, '\xff'),
                            [&](absl::string_view key, absl::string_view value) {
                              StateBatch copy;
                              copy.Put(std::string(key), std::string(value));
                              return stop.state.Commit(copy).ok();
                            })
                      .ok());
    }
    const SourceCounts expected = counts();
    EXPECT_GT(expected.duplicate, 10u);
    EXPECT_GT(expected.late, 3u);
    ASSERT_GT(stops.size(), 8u);
    for (size_t at = 0; at < stops.size(); ++at) {
      for (size_t from = at < 3 ? 0 : at - 3; from <= at; ++from) {
        ids_ = std::make_unique<SourceIds>(sources_);
        ASSERT_TRUE(ids_->Load(stops[at]->state).ok());
        Open(stops[at]->position, stops[from]->position.next_offset);
        std::vector<std::string> again;
        while (*input_->Peek(*reader_, 0)) {
          ASSERT_TRUE(input_
                          ->Take([&](const Event& event) {
                            again.push_back(absl::StrCat(event.offset, ".", event.item, "/",
                                                         event.fingerprint));
                            return absl::OkStatus();
                          })
                          .ok());
        }
        const std::vector<std::string> rest(all.begin() + static_cast<int>(stops[from]->events),
                                            all.end());
        ASSERT_EQ(again, rest) << "redone from " << from << ", committed at " << at;
        ASSERT_EQ(counts().read, expected.read);
        ASSERT_EQ(counts().duplicate, expected.duplicate);
        ASSERT_EQ(counts().conflicting, expected.conflicting);
        ASSERT_EQ(counts().one_sided, expected.one_sided);
      }
    }
  }
}

}  // namespace
}  // namespace millrace
