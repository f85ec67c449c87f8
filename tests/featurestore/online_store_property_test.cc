// The store against a naive recomputation: random views, times with ties, any arrival order,
// commits, failed commits and reopenings in between, reads at any time within `as_of`. A failure
// prints the seed of its round.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/random.h"
#include "featurestore/memory_state_store.h"
#include "featurestore/online_store.h"
#include "gtest/gtest.h"
#include "tests/featurestore/naive_store.h"

namespace millrace {
namespace {

struct PlannedFeature {
  int field = -1;
  std::optional<int64_t> where_above;
};

struct Scenario {
  std::shared_ptr<ViewSpec> view;
  std::vector<PlannedFeature> planned;  // parallel to the features
  std::vector<TestRecord> records;
  std::vector<std::string> keys;
  int64_t newest_ms = INT64_MIN;
};

constexpr int64_t kWindowsMs[] = {
    1, 7, 999, 1'280, 5'000, 60'000, 600'000, 3'600'000, 43'200'000, 2'592'000'000, 7'776'000'000};

Scenario MakeScenario(Random& random, size_t records) {
  Scenario s;
  std::vector<FeatureSpec> features;
  const int sources = random.Chance(0.3) ? 2 : 1;
  const int feature_count = static_cast<int>(random.Between(1, 10));
  for (int i = 0; i < feature_count; ++i) {
    constexpr const char* kAggregations[] = {"count", "sum", "mean", "min", "max", "last"};
    const std::string kind = kAggregations[random.Below(6)];
    PlannedFeature plan;
    plan.field = static_cast<int>(random.Between(1, 3));
    if (kind == "count" && random.Chance(0.5)) plan.field = -1;
    if ((kind == "sum" || kind == "mean") && plan.field == kS) {
      plan.field = kX;
    }
    if (random.Chance(0.3)) plan.where_above = random.Between(-50, 90);
    const auto bounds = static_cast<Bounds>(random.Below(4));
    const int64_t lag = random.Chance(0.3) ? random.Between(0, 100'000) : 0;
    const Window window =
        random.Chance(0.15) ? Lifetime(lag, bounds)
                            : Sliding(kWindowsMs[random.Below(std::size(kWindowsMs))], lag, bounds);
    features.push_back(
        TestFeature(kind, plan.field, window, plan.where_above, static_cast<size_t>(sources)));
    s.planned.push_back(plan);
  }
  s.view = TestView(std::move(features), sources);
  s.view->accuracy = random.Chance(0.3) ? Accuracy::kExact : Accuracy::kAuto;
  s.view->as_of_ms = random.Chance(0.5) ? 3'600'000 : random.Between(0, 2'000'000);

  const int64_t spans[] = {1'000, 60'000, 3'600'000, 86'400'000, 8'640'000'000};
  const int64_t span = spans[random.Below(std::size(spans))];
  const int64_t start = random.Chance(0.3) ? -span / 2 : 1'356'998'400'000;
  const int64_t grid = random.Chance(0.4) ? std::max<int64_t>(span / 50, 1) : 1;  // ties
  // Mostly far less than all there is.
  const auto age = [&] { return 1 + span / (int64_t{1} << random.Between(0, 12)); };
  if (random.Chance(0.3)) s.view->ttl_ms = age();
  if (random.Chance(0.3)) s.view->stale_after_ms = age();
  const int keys = static_cast<int>(random.Between(1, 4));
  for (int k = 0; k < keys; ++k) s.keys.push_back(absl::StrCat("key", k));
  for (size_t i = 0; i < records; ++i) {
    TestRecord r;
    r.time_ms = start + random.Between(0, span) / grid * grid;
    r.source = static_cast<int32_t>(random.Below(static_cast<uint64_t>(sources)));
    r.partition = static_cast<int32_t>(random.Below(3));
    r.offset = static_cast<int64_t>(i);
    if (!random.Chance(0.02)) r.key = s.keys[random.Below(s.keys.size())];
    if (!random.Chance(0.1)) r.n = random.Between(-100, 100);
    if (!random.Chance(0.1)) {
      r.x = random.Chance(0.02)   ? std::nan("")
            : random.Chance(0.02) ? -0.0
            : random.Chance(0.1)
                ? std::ldexp(random.Unit() - 0.5, static_cast<int>(random.Between(-60, 60)))
                : (random.Unit() - 0.5) * 1000;
    }
    if (!random.Chance(0.1)) {
      r.s = std::string(random.Below(4), static_cast<char>('a' + random.Below(26)));
    }
    s.newest_ms = std::max(s.newest_ms, r.time_ms);
    s.records.push_back(std::move(r));
  }
  return s;
}

std::unique_ptr<OnlineStore> OpenOrDie(StateStore& state, const Scenario& s, size_t cache_bytes) {
  auto store = OnlineStore::Open(state, {s.view}, {.shards = 4, .cache_bytes = cache_bytes});
  EXPECT_TRUE(store.ok()) << store.status();
  return *std::move(store);
}

// Sessions of both kinds, with and without a greatest length.
void AddSessions(Random& random, Scenario* s) {
  const int64_t gaps[] = {10, 1'000, 60'000, 1'800'000, 86'400'000};
  for (const Which which : {Which::kCurrent, Which::kComplete}) {
    Window session;
    session.kind = WindowKind::kSession;
    session.which = which;
    session.gap_ms = gaps[random.Below(std::size(gaps))];
    if (random.Chance(0.4)) session.max_length_ms = session.gap_ms * random.Between(1, 40);
    if (random.Chance(0.3)) session.lag_ms = random.Between(0, 100'000);
    s->view->features.push_back(
        TestFeature("count", -1, session, std::nullopt, s->view->inputs.size()));
  }
}

void CommitShard(OnlineStore& store, StateStore& state, int32_t shard, bool ok) {
  StateBatch batch;
  ASSERT_TRUE(store.AddCommit(shard, &batch).ok());
  if (ok) {
    ASSERT_TRUE(state.Commit(batch).ok());
  }
  store.Committed(shard, ok);
}

// Commits all, which trims what was written; sometimes fails to before, sometimes opens it again.
void Disturb(const Scenario& s, Random& random, size_t cache, StateStore& state,
             std::unique_ptr<OnlineStore>* store) {
  for (int32_t shard = 0; shard < 4; ++shard) {
    if (random.Chance(0.2)) CommitShard(**store, state, shard, false);
    CommitShard(**store, state, shard, true);
  }
  if (!random.Chance(0.3)) return;
  store->reset();
  *store = OpenOrDie(state, s, cache);
}

// Applies the records in the given order with random commits, failed commits and reopenings.
std::unique_ptr<OnlineStore> ApplyAll(const Scenario& s, const std::vector<size_t>& order,
                                      double disturb, Random& random, StateStore& state) {
  const size_t cache = random.Chance(0.5) ? 1 : 64 << 20;
  auto store = OpenOrDie(state, s, cache);
  for (const size_t i : order) {
    const TestRecord& r = s.records[i];
    const std::vector<Value> fields = r.Fields();
    EXPECT_TRUE(store->Apply({r.time_ms, r.time_ms, r.source, r.partition, r.offset, fields}).ok());
    if (random.Chance(disturb)) Disturb(s, random, cache, state, &store);
  }
  return store;
}

// What `ttl` and `freshness` make of an answer.
NaiveAnswer Aged(const Scenario& s, std::optional<int64_t> newest_ms, int64_t at_ms,
                 NaiveAnswer answer) {
  const auto older_than = [&](const std::optional<int64_t>& limit_ms) {
    return limit_ms && newest_ms && at_ms - *newest_ms > *limit_ms;
  };
  if (older_than(s.view->stale_after_ms)) answer.status = FeatureStatus::kStale;
  if (!older_than(s.view->ttl_ms)) return answer;
  answer.status = FeatureStatus::kExpired;
  answer.newest_ms = newest_ms;
  answer.value = {};
  return answer;
}

void ExpectSame(const Scenario& s, size_t f, const NaiveAnswer& expected,
                const FeatureValue& actual, int64_t at_ms) {
  const FeatureSpec& feature = s.view->features[f];
  SCOPED_TRACE(absl::StrCat(feature.name, " where ", feature.where_text, " at ", at_ms, " newest ",
                            s.newest_ms));
  EXPECT_EQ(FeatureStatusName(actual.status), FeatureStatusName(expected.status));
  EXPECT_EQ(actual.count, expected.count);
  EXPECT_EQ(actual.max_event_time_ms, expected.newest_ms);
  EXPECT_EQ(actual.completeness, 1.0);
  const Value want = expected.value.view(), got = actual.value.view();
  ASSERT_EQ(TypeName(got.type()), TypeName(want.type()));
  if (want.type() == Type::kDouble) {
    // The oracle rounds in long double at each addition; ours is exact.
    const double tolerance = 1e-12 * std::max(std::fabs(want.double_value()), 1e8);
    EXPECT_NEAR(got.double_value(), want.double_value(), tolerance);
  } else {
    EXPECT_EQ(ToString(got), ToString(want));
  }
}

int64_t RandomReadTime(const Scenario& s, Random& random) {
  const int64_t oldest = s.newest_ms - s.view->as_of_ms;
  const TestRecord& record = s.records[random.Below(s.records.size())];
  const Window& window = s.view->features[random.Below(s.view->features.size())].window;
  const int64_t edge = random.Between(-1, 1);
  int64_t at = 0;
  switch (random.Below(5)) {
    case 0: at = s.newest_ms + edge; break;
    case 1: at = random.Between(oldest, s.newest_ms + 2 * window.size_ms); break;
    case 2: at = record.time_ms + edge; break;
    case 3: at = record.time_ms + window.lag_ms + window.size_ms + edge; break;
    default: at = oldest + random.Between(0, 2);
  }
  return std::max(at, oldest);
}

class OnlineStoreProperty : public ::testing::TestWithParam<int> {};

TEST_P(OnlineStoreProperty, AnswersAsARecomputationDoes) {
  for (int round = 0; round < 60; ++round) {
    const uint64_t seed = SplitMix64(static_cast<uint64_t>(GetParam() * 1000 + round));
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Random random(seed);
    const size_t sizes[] = {5, 40, 300, 1500};
    const Scenario s = MakeScenario(random, sizes[random.Below(std::size(sizes))]);
    NaiveStore naive;
    std::vector<size_t> order;
    for (size_t i = 0; i < s.records.size(); ++i) {
      naive.Add(s.records[i]);
      order.push_back(i);
    }
    if (random.Chance(0.3)) {
      std::sort(order.begin(), order.end(),
                [&](size_t a, size_t b) { return s.records[a].Order() < s.records[b].Order(); });
    }
    MemoryStateStore state;
    auto store = ApplyAll(s, order, random.Chance(0.5) ? 0.05 : 0.0, random, state);
    EXPECT_EQ(store->StreamTime(), s.newest_ms);
    std::vector<int> features(s.view->features.size());
    for (size_t f = 0; f < features.size(); ++f) features[f] = static_cast<int>(f);
    std::vector<FeatureValue> values(features.size());
    for (int read = 0; read < 60; ++read) {
      const int64_t at = RandomReadTime(s, random);
      const std::string& key = s.keys[random.Below(s.keys.size())];
      const Value key_value = Value::String(key);
      ASSERT_TRUE(store->Read(0, {&key_value, 1}, at, features, {}, values).ok());
      for (size_t f = 0; f < features.size(); ++f) {
        NaiveAnswer answer =
            naive.Read(key, s.view->features[f], s.planned[f].field, s.planned[f].where_above, at);
        ExpectSame(s, f, Aged(s, naive.NewestBefore(key, at), at, std::move(answer)), values[f],
                   at);
      }
      if (read % 15 == 14) Disturb(s, random, 1, state, &store);
      if (::testing::Test::HasFailure()) return;
    }
  }
}

TEST_P(OnlineStoreProperty, DigestAndRepliesDoNotDependOnArrivalOrCommits) {
  for (int round = 0; round < 15; ++round) {
    const uint64_t seed = SplitMix64(static_cast<uint64_t>(GetParam() * 1000 + round + 500'000));
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Random random(seed);
    Scenario s = MakeScenario(random, random.Chance(0.3) ? 6000 : 300);
    if (random.Chance(0.3)) s.view->accuracy = Accuracy::kTiled;
    AddSessions(random, &s);
    std::vector<size_t> order(s.records.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::vector<int> features(s.view->features.size());
    for (size_t f = 0; f < features.size(); ++f) features[f] = static_cast<int>(f);
    // Also older than the horizons, where only what is kept is answered.
    std::vector<int64_t> times;
    for (int i = 0; i < 30; ++i) {
      times.push_back(random.Chance(0.5) ? RandomReadTime(s, random)
                                         : s.records[random.Below(order.size())].time_ms);
    }
    std::optional<uint64_t> digest;
    std::vector<std::string> replies;
    for (int run = 0; run < 4; ++run) {
      if (run > 0) random.Shuffle(std::span<size_t>(order));
      MemoryStateStore state;
      auto store = ApplyAll(s, order, run % 2 == 0 ? 0.0 : 0.01, random, state);
      std::vector<std::string> told;
      std::vector<FeatureValue> values(features.size());
      for (const int64_t at : times) {
        const Value key = Value::String(s.keys[0]);
        const absl::Status status = store->Read(0, {&key, 1}, at, features, {}, values);
        std::string text = status.ToString();
        for (size_t f = 0; status.ok() && f < values.size(); ++f) {
          const FeatureValue& v = values[f];
          absl::StrAppend(&text, " ", ToString(v.value.view()), "|", static_cast<int>(v.status),
                          "|", v.count, "|", v.effective.begin_ms, "|", v.effective.end_ms, "|",
                          v.age_ms.value_or(-1), "|", v.completeness);
        }
        told.push_back(text);
        if (run % 2 == 1 && random.Chance(0.1)) Disturb(s, random, 1, state, &store);
      }
      const auto now = store->Digest();  // trims all rows
      ASSERT_TRUE(now.ok()) << now.status();
      EXPECT_EQ(digest.value_or(*now), *now) << "run " << run;
      digest = *now;
      if (run > 0) {
        for (size_t i = 0; i < told.size(); ++i) {
          ASSERT_EQ(told[i], replies[i]) << "run " << run << " at " << times[i];
        }
      }
      replies = std::move(told);
    }
    if (::testing::Test::HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, OnlineStoreProperty, ::testing::Range(1, 5));

}  // namespace
}  // namespace millrace
