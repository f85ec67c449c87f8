// Views that do not keep everything (an `as_of` of an hour or less, mostly `accuracy: auto` and
// `tiled`), some with `ttl` and `freshness`, with far more records of an entity than are kept: in
// any order of arrival, with retractions and tombstones, of one source or two, windows that share
// what is folded of them, commits, failed commits and reopenings, rows that are not in memory, time
// moving on, reads of now and of the past within `as_of` and beyond, also of what was known then. A
// failure prints the seed of its case; SEED and CASES choose others.

#include <algorithm>
#include <memory>
#include <numeric>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/core/number_from_environment.h"
#include "tests/featurestore/kept_limit_case.h"
#include "tests/featurestore/kept_limit_gaps.h"
#include "tests/featurestore/kept_limit_history.h"
#include "tests/featurestore/kept_limit_law.h"
#include "tests/featurestore/kept_limit_store.h"

namespace millrace {
namespace {

std::string ToText(const FeatureValue& value) {
  return absl::StrCat(ToString(value.value.view()), "|", static_cast<int>(value.status), "|",
                      value.count, "|", value.effective.begin_ms, "|", value.effective.end_ms, "|",
                      value.age_ms.value_or(-1), "|", value.completeness);
}

std::vector<int> AllFeatures(const KeptLimitCase& c) {
  std::vector<int> features(c.view.features.size());
  std::iota(features.begin(), features.end(), 0);
  return features;
}

// Some features in some order: what they share of their folds is another each time.
std::vector<int> SomeFeatures(const KeptLimitCase& c, Random* random) {
  constexpr size_t kMost = 8;  // the oracle is slow
  std::vector<int> features = AllFeatures(c);
  random->Shuffle(std::span<int>(features));
  features.resize(std::min(features.size(), kMost));
  return features;
}

// docs/windows.md: those that ended before the entries are not told.
bool OnlySessionsOfTiles(const KeptLimitCase& c, const std::vector<int>& features) {
  return c.accuracy == Accuracy::kTiled &&
         std::all_of(features.begin(), features.end(), [&c](int f) {
           return c.view.features[static_cast<size_t>(f)].window.kind ==
                  oracle::WindowKind::kSession;
         });
}

// Reads one entity at some times around now; the law for each answer, which is the same when it is
// read alone.
void CheckEntity(const KeptLimitCase& c, const KeptLimitStore& store, const std::string& key,
                 KeptLimitHistory history, int64_t now_ms, Random* random) {
  std::vector<FeatureValue> values, alone;
  for (int left = key == "hot" ? 12 : 3; left > 0; --left) {
    const oracle::Read read = RandomKeptLimitRead(c, key, now_ms, random);
    const std::vector<int> features = SomeFeatures(c, random);
    const absl::Status status = store.Read(read, features, &values);
    if (!status.ok()) {
      EXPECT_TRUE(absl::IsOutOfRange(status)) << status;
      EXPECT_TRUE(read.at_ms < now_ms - c.as_of_ms || OnlySessionsOfTiles(c, features)) << status;
    }
    if (KnownReadMeetsTombstone(history, read)) continue;
    const KeptLimitLife& life = history.LifeAt(read);
    const KeptLimitLaw law(c, life, read, now_ms);
    for (size_t f = 0; f < values.size(); ++f) {
      const oracle::Feature& feature = c.view.features[static_cast<size_t>(features[f])];
      if (LateTombstoneMeetsBase(c, feature, life, now_ms)) continue;
      EXPECT_EQ(law.Violation(feature, values[f]), "") << key;
      store.Read(read, {features[f]}, &alone).IgnoreError();
      EXPECT_EQ(ToText(alone[0]), ToText(values[f])) << key << " alone: " << feature.name;
    }
    if (::testing::Test::HasFailure()) return;
  }
}

// What a store to which the records came in an order replies: by feature, at each of the reads.
struct Replies {
  std::vector<std::vector<std::string>> of;
  bool late_tombstones = false;
};

Replies RepliesOf(const KeptLimitCase& c, const std::vector<oracle::Record>& arrivals,
                  double disturb, const std::vector<oracle::Read>& reads, Random* random) {
  Replies replies;
  replies.of.resize(c.view.features.size());
  const auto store = KeptLimitStore::Open(c);
  if (!store.ok()) {
    ADD_FAILURE() << store.status();
    return replies;
  }
  for (const oracle::Record& record : arrivals) {
    const auto applied = (*store)->Apply(record);
    EXPECT_TRUE(applied.ok()) << applied.status();
    replies.late_tombstones |= applied.ok() && *applied == KeptLimitStore::Applied::kLate;
    if (random->Chance(disturb)) {
      EXPECT_TRUE((*store)->Disturb(random).ok());
    }
  }
  std::vector<FeatureValue> values;
  for (const oracle::Read& read : reads) {
    const absl::Status status = (*store)->Read(read, AllFeatures(c), &values);
    for (size_t f = 0; f < values.size(); ++f) {
      replies.of[f].push_back(absl::StrCat("at ", read.at_ms, " ", static_cast<int>(status.code()),
                                           " ", ToText(values[f])));
    }
  }
  return replies;
}

// docs/windows.md: the others fold again from records, which are not all kept.
bool IsAnyOrderExact(const KeptLimitCase& c, const oracle::Feature& feature) {
  static const std::set<std::string> kRounded = {"quantile", "var_pop", "decay_sum",
                                                 "top_frequency"};
  if (kRounded.contains(feature.aggregation)) return false;
  if (c.retracts && (c.view.ttl_ms || c.stale_after_ms)) return false;
  return !c.retracts || (oracle::Subtracts(feature.aggregation) &&
                         feature.window.kind != oracle::WindowKind::kSession);
}

// What ended with a tombstone is kept as far as records that came before it leave room.
int64_t LastLifeFrom(const KeptLimitCase& c) {
  int64_t from = INT64_MIN;
  for (const oracle::Record& record : c.arrivals) {
    if (record.change == oracle::Change::kDelete) {
      from = std::max(from, record.order.event_time_ms);
    }
  }
  return from;
}

class KeptLimitProperty : public ::testing::TestWithParam<int> {
 protected:
  static uint64_t SeedOf(int64_t i) {
    return static_cast<uint64_t>(NumberFromEnvironment("SEED", GetParam() * 1'000) + i);
  }
};

TEST_P(KeptLimitProperty, AnswersAreTrueOfTheSpanTheyCover) {
  for (int64_t i = 0; i < NumberFromEnvironment("CASES", 8); ++i) {
    const KeptLimitCase c = MakeKeptLimitCase(SeedOf(i));
    SCOPED_TRACE(Describe(c));
    Random random(c.seed + 1);
    const auto store = KeptLimitStore::Open(c);
    ASSERT_TRUE(store.ok()) << store.status();
    const double disturb = random.Chance(0.5) ? 0.002 : 0;
    size_t arrived = 0;
    std::set<size_t> late;
    int64_t advanced_ms = INT64_MIN;
    for (const size_t moment : c.moments) {
      for (; arrived < moment; ++arrived) {
        const auto applied = (*store)->Apply(c.arrivals[arrived]);
        ASSERT_TRUE(applied.ok()) << applied.status();
        if (*applied == KeptLimitStore::Applied::kLate) {
          EXPECT_TRUE(MayBeLate(c, arrived, std::max(advanced_ms, NewestOf(c, arrived))));
          late.insert(arrived);
        }
        if (random.Chance(disturb)) {
          ASSERT_TRUE((*store)->Disturb(&random).ok());
        }
      }
      int64_t now = std::max(advanced_ms, NewestOf(c, arrived));
      if (random.Chance(0.3)) {
        // Time goes on by itself, as far as no later record becomes too late by it.
        now = advanced_ms = now + random.Between(0, c.retention_ms - 1);
        (*store)->AdvanceTime(now);
      }
      for (const std::string key : {"hot", "cold", "nobody"}) {
        CheckEntity(c, **store, key, KeptLimitHistory(c, key, arrived, late, now), now, &random);
      }
      if (HasFailure()) return;
    }
  }
}

TEST_P(KeptLimitProperty, RepliesDoNotDependOnCommitsNorOnArrival) {
  for (int64_t i = 0; i < NumberFromEnvironment("CASES", 3); ++i) {
    const KeptLimitCase c = MakeKeptLimitCase(SeedOf(i));
    SCOPED_TRACE(Describe(c));
    Random random(c.seed + 2);
    std::vector<oracle::Read> reads;
    const int64_t now = NewestOf(c, c.arrivals.size());
    for (int t = 0; t < 20; ++t) reads.push_back(RandomKeptLimitRead(c, "hot", now, &random));
    const Replies expected = RepliesOf(c, c.arrivals, 0, reads, &random);
    const Replies reopened = RepliesOf(c, c.arrivals, 0.002, reads, &random);
    const Replies reordered = RepliesOf(c, InAnotherOrder(c, &random), 0.001, reads, &random);
    const bool in_time = !expected.late_tombstones && !reordered.late_tombstones;
    for (size_t f = 0; f < c.view.features.size(); ++f) {
      const oracle::Feature& feature = c.view.features[f];
      SCOPED_TRACE(feature.name);
      const bool any_order = in_time && IsAnyOrderExact(c, feature);
      for (size_t t = 0; t < reads.size() && !HasFailure(); ++t) {
        EXPECT_EQ(reopened.of[f][t], expected.of[f][t]) << "after reopening";
        if (any_order && reads[t].at_ms > LastLifeFrom(c)) {
          EXPECT_EQ(reordered.of[f][t], expected.of[f][t]) << "in another order";
        }
      }
    }
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, KeptLimitProperty, ::testing::Range(1, 5));

}  // namespace
}  // namespace millrace
