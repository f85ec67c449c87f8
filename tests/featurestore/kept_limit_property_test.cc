// Views that do not keep everything (`accuracy: auto` and `tiled`, an `as_of` of an hour or less),
// with far more records of an entity than are kept: in any order of arrival, with retractions,
// commits, failed commits and reopenings, time moving on, reads of now and of the past within
// `as_of` and beyond. A failure prints the seed of its case; SEED and CASES choose others.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/core/number_from_environment.h"
#include "tests/featurestore/kept_limit_case.h"
#include "tests/featurestore/kept_limit_law.h"
#include "tests/featurestore/kept_limit_store.h"

namespace millrace {
namespace {

// Reads of all entities at some times around now; the law for each answer.
void CheckReads(const KeptLimitCase& c, const KeptLimitStore& store, size_t arrivals,
                int64_t now_ms, Random* random) {
  std::vector<FeatureValue> values;
  for (const std::string key : {"hot", "cold", "nobody"}) {
    const KeptLimitLaw law(c, key, arrivals, now_ms);
    for (int read = key == "hot" ? 12 : 3; read > 0; --read) {
      const int64_t at = RandomReadTime(c, now_ms, random);
      const absl::Status status = store.Read(key, at, &values);
      if (!status.ok()) {
        EXPECT_TRUE(absl::IsOutOfRange(status)) << status;
        EXPECT_LT(at, now_ms - c.as_of_ms) << status;
      }
      for (size_t f = 0; f < values.size(); ++f) {
        const std::string why = law.Violation(c.view.features[f], at, values[f]);
        EXPECT_EQ(why, "") << key;
      }
      if (::testing::Test::HasFailure()) return;
    }
  }
}

std::string ToText(const FeatureValue& value) {
  return absl::StrCat(ToString(value.value.view()), "|", static_cast<int>(value.status), "|",
                      value.count, "|", value.effective.begin_ms, "|", value.effective.end_ms, "|",
                      value.age_ms.value_or(-1), "|", value.completeness);
}

// Replies of a store to which the records came in an order: by feature, at each of the times.
std::vector<std::vector<std::string>> Replies(const KeptLimitCase& c,
                                              const std::vector<oracle::Record>& arrivals,
                                              double disturb, const std::vector<int64_t>& times,
                                              Random* random) {
  std::vector<std::vector<std::string>> replies(c.view.features.size());
  const auto store = KeptLimitStore::Open(c);
  if (!store.ok()) {
    ADD_FAILURE() << store.status();
    return replies;
  }
  for (const oracle::Record& record : arrivals) {
    EXPECT_TRUE((*store)->Apply(record).ok());
    if (random->Chance(disturb)) {
      EXPECT_TRUE((*store)->Disturb(random).ok());
    }
  }
  std::vector<FeatureValue> values;
  for (const int64_t at : times) {
    const absl::Status status = (*store)->Read("hot", at, &values);
    for (size_t f = 0; f < values.size(); ++f) {
      replies[f].push_back(
          absl::StrCat("at ", at, " ", static_cast<int>(status.code()), " ", ToText(values[f])));
    }
  }
  return replies;
}

// docs/windows.md: the others fold again from records, which are not all kept.
bool IsAnyOrderExact(const KeptLimitCase& c, const oracle::Feature& feature) {
  if (feature.aggregation == "quantile" || feature.aggregation == "var_pop") return false;
  return !c.retracts || (oracle::Subtracts(feature.aggregation) &&
                         feature.window.kind != oracle::WindowKind::kSession);
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
    int64_t advanced_ms = INT64_MIN;
    for (const size_t moment : c.moments) {
      for (; arrived < moment; ++arrived) {
        ASSERT_TRUE((*store)->Apply(c.arrivals[arrived]).ok());
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
      CheckReads(c, **store, arrived, now, &random);
      if (HasFailure()) return;
    }
  }
}

TEST_P(KeptLimitProperty, RepliesDoNotDependOnCommitsNorOnArrival) {
  for (int64_t i = 0; i < NumberFromEnvironment("CASES", 3); ++i) {
    const KeptLimitCase c = MakeKeptLimitCase(SeedOf(i));
    SCOPED_TRACE(Describe(c));
    Random random(c.seed + 2);
    std::vector<int64_t> times;
    const int64_t now = NewestOf(c, c.arrivals.size());
    for (int t = 0; t < 20; ++t) times.push_back(RandomReadTime(c, now, &random));
    const auto expected = Replies(c, c.arrivals, 0, times, &random);
    const auto reopened = Replies(c, c.arrivals, 0.002, times, &random);
    const auto reordered = Replies(c, InAnotherOrder(c, &random), 0.001, times, &random);
    for (size_t f = 0; f < expected.size(); ++f) {
      const oracle::Feature& feature = c.view.features[f];
      SCOPED_TRACE(feature.name);
      const bool any_order = IsAnyOrderExact(c, feature);
      for (size_t t = 0; t < times.size() && !HasFailure(); ++t) {
        EXPECT_EQ(reopened[f][t], expected[f][t]) << "after reopening";
        if (any_order) {
          EXPECT_EQ(reordered[f][t], expected[f][t]) << "in another order";
        }
      }
    }
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, KeptLimitProperty, ::testing::Range(1, 5));

}  // namespace
}  // namespace millrace
