#include "featurestore/live_seeker.h"

#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/random.h"
#include "featurestore/view_layout.h"
#include "gtest/gtest.h"
#include "tests/featurestore/test_view.h"

namespace millrace {
namespace {

// A log that can be asked naively: how many records live at which time.
struct TestLog {
  TestLog() {
    auto view = TestView({TestFeature("sum", kX, Sliding(1'000))});
    view->inputs[0].retracts = true;
    layout = *ViewLayout::Make(view);
    log.emplace(layout->entry());
  }
  void Add(int64_t at, int64_t offset, Change change = Change::kInsert) {
    const Value fields[4] = {Value::String("a"), Value::Int(1), Value::Double(1), Value::Null()};
    Event event;
    event.event_time_ms = at;
    event.offset = offset;
    event.fields = fields;
    event.change = change;
    event.fingerprint = 7;
    log->Insert(layout->MakeEntry(0, event, &scratch), 1'000'000);
    live[at] += change == Change::kInsert ? 1 : -1;
  }
  std::optional<int64_t> FirstFrom(int64_t time) const {
    for (auto at = live.lower_bound(time); at != live.end(); ++at) {
      if (at->second > 0) return at->first;
    }
    return std::nullopt;
  }

  std::unique_ptr<const ViewLayout> layout;
  ViewLayout::Scratch scratch;
  std::optional<MicroLog> log;
  std::map<int64_t, int64_t> live;
};

TEST(LiveSeeker, FindsNothingInAnEmptyLog) {
  const TestLog test;
  EXPECT_EQ(LiveSeeker(*test.log).FirstFrom(INT64_MIN), std::nullopt);
}

TEST(LiveSeeker, FindsTheFirstLiveRecordWhereverItLookedBefore) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Random random(seed);
    TestLog test;
    const int64_t span = random.Between(10, 5'000);
    const int64_t records = random.Between(1, 2'000);
    for (int64_t i = 0; i < records; ++i) {
      const bool retracts = random.Chance(0.3);
      test.Add(random.Between(0, span), i, retracts ? Change::kRetract : Change::kInsert);
    }
    LiveSeeker seeker(*test.log);
    int64_t time = 0;
    for (int search = 0; search < 500; ++search) {
      time = random.Chance(0.3) ? random.Between(-5, span + 5) : time + random.Between(-20, 20);
      ASSERT_EQ(seeker.FirstFrom(time), test.FirstFrom(time)) << time;
    }
  }
}

TEST(LiveSeeker, AWalkInSmallStepsLooksAtEachEntryAFewTimes) {
  TestLog test;
  constexpr int64_t kRecords = 10'000;
  for (int64_t i = 0; i < kRecords; ++i) test.Add(2 * i, i);
  LiveSeeker seeker(*test.log);
  for (int64_t i = kRecords - 1; i >= 0; --i) ASSERT_EQ(seeker.FirstFrom(2 * i - 1), 2 * i);
  for (int64_t i = 0; i < kRecords; ++i) ASSERT_EQ(seeker.FirstFrom(2 * i), 2 * i);
  EXPECT_LT(seeker.steps(), 6 * kRecords);
}

TEST(LiveSeeker, ALeapOverManyEntriesCostsLittle) {
  TestLog test;
  constexpr int64_t kRecords = 10'000;
  for (int64_t i = 0; i < kRecords; ++i) test.Add(i, i);
  LiveSeeker seeker(*test.log);
  EXPECT_EQ(seeker.FirstFrom(kRecords - 1), kRecords - 1);
  EXPECT_EQ(seeker.FirstFrom(3), 3);
  EXPECT_LT(seeker.steps(), kRecords / 50);
}

}  // namespace
}  // namespace millrace
