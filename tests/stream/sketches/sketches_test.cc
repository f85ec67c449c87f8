// The sketches against the sets, multisets and sorted lists they stand for.

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/hashing.h"
#include "core/random.h"
#include "gtest/gtest.h"
#include "stream/sketches/heavy_hitters.h"
#include "stream/sketches/hyper_log_log.h"
#include "stream/sketches/kll.h"

namespace millrace {
namespace {

constexpr uint64_t kSeed = 20130101;

uint64_t HashOf(uint64_t v) { return Xxh3(absl::StrCat("value ", v)); }

template <typename Sketch>
std::string Bytes(const Sketch& sketch) {
  std::string out;
  sketch.Encode(&out);
  return out;
}

TEST(HyperLogLog, IsExactUpTo256) {
  HyperLogLog sketch(12);
  EXPECT_TRUE(sketch.empty());
  for (uint64_t i = 0; i < 256; ++i) {
    sketch.Add(HashOf(i));
    sketch.Add(HashOf(i / 2));
    EXPECT_EQ(sketch.Estimate(), static_cast<int64_t>(i) + 1);
  }
  EXPECT_TRUE(sketch.exact());
  sketch.Add(HashOf(256));
  EXPECT_FALSE(sketch.exact());
}

// Over many independent sketches the root mean square of the relative error is the standard error,
// and there is no bias, at every size.
TEST(HyperLogLog, KeepsItsErrorBound) {
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  for (const int precision : {8, 12}) {
    const double bound = 1.04 / std::sqrt(std::exp2(precision));
    for (const int n : {300, 1'000, 5'000, 30'000}) {
      double sum = 0, squares = 0;
      constexpr int kRounds = 60;
      for (int round = 0; round < kRounds; ++round) {
        HyperLogLog sketch(precision);
        for (int i = 0; i < n; ++i) {
          sketch.Add(
              HashOf(kSeed + static_cast<uint64_t>(round) * 1'000'000 + static_cast<uint64_t>(i)));
        }
        const double error = static_cast<double>(sketch.Estimate()) / n - 1;
        sum += error;
        squares += error * error;
      }
      EXPECT_LT(std::sqrt(squares / kRounds), 1.3 * bound) << precision << " " << n;
      EXPECT_LT(std::fabs(sum / kRounds), 3 * bound / std::sqrt(kRounds)) << precision << " " << n;
    }
  }
}

TEST(HyperLogLog, IsAFunctionOfTheSet) {
  Random random(kSeed);
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  for (int round = 0; round < 100; ++round) {
    const uint64_t values = 1 + random.Below(1'000);
    HyperLogLog whole(12);
    std::vector<HyperLogLog> parts(1 + random.Below(5), HyperLogLog(12));
    for (uint64_t i = 0; i < 2 * values; ++i) {
      const uint64_t hash = HashOf(random.Below(values));
      whole.Add(hash);
      parts[random.Below(parts.size())].Add(hash);
    }
    HyperLogLog merged(12);
    while (!parts.empty()) {
      const size_t i = random.Below(parts.size());
      merged.Merge(parts[i]);
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i));
    }
    ASSERT_TRUE(Bytes(merged) == Bytes(whole));
    const std::string bytes = Bytes(whole) + "rest";
    absl::string_view in = bytes;
    HyperLogLog again(12);
    ASSERT_TRUE(again.Decode(&in));
    ASSERT_EQ(in, "rest");
    ASSERT_TRUE(Bytes(again) == Bytes(whole));
    ASSERT_EQ(again.Estimate(), whole.Estimate());
  }
}

// (n − 1)q with interpolation, written down again.
double ExactQuantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  const double rank = static_cast<double>(values.size() - 1) * q;
  const double below = std::floor(rank);
  const double low = values[static_cast<size_t>(below)];
  const double high = values[static_cast<size_t>(std::ceil(rank))];
  return low + (high - low) * (rank - below);
}

TEST(Kll, IsExactUpTo256) {
  Random random(kSeed);
  Kll sketch;
  EXPECT_EQ(sketch.Quantile(0.5), std::nullopt);
  std::vector<double> values;
  for (int i = 0; i < 256; ++i) {
    values.push_back((random.Unit() - 0.5) * 1e6);
    sketch.Add(values.back());
    for (const double q : {0.0, 0.1, 0.5, 0.99, 1.0}) {
      ASSERT_DOUBLE_EQ(*sketch.Quantile(q), ExactQuantile(values, q));
    }
  }
  EXPECT_TRUE(sketch.exact());
  sketch.Add(0);
  EXPECT_FALSE(sketch.exact());
}

TEST(Kll, InterpolatesBetweenTheLargestDoubles) {
  Kll sketch;
  sketch.Add(-1.7e308);
  sketch.Add(1.7e308);
  EXPECT_DOUBLE_EQ(*sketch.Quantile(0.5), 0);
  EXPECT_DOUBLE_EQ(*sketch.Quantile(0.75), 0.85e308);
}

// Whether values come sorted, shuffled or in merged parts.
TEST(Kll, KeepsItsErrorBound) {
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Random random(kSeed);
  int outside = 0, asked = 0;
  for (int round = 0; round < 60; ++round) {
    const int n = 1'000 + static_cast<int>(random.Below(30'000));
    std::vector<Kll> parts(1 + random.Below(20));
    for (int i = 0; i < n; ++i) {
      const double value = round % 2 == 0 ? i : static_cast<double>(i * 7919LL % n);
      parts[static_cast<size_t>(i) * parts.size() / static_cast<size_t>(n)].Add(value);
    }
    Kll merged;
    for (const Kll& part : parts) merged.Merge(part);
    ASSERT_EQ(merged.n(), n);
    ASSERT_EQ(merged.Quantile(0), 0);
    ASSERT_EQ(merged.Quantile(1), n - 1);
    for (const double q : {0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99}) {
      ++asked;
      const double error = std::fabs(*merged.Quantile(q) - q * (n - 1)) / n;
      EXPECT_LT(error, 0.03);
      if (error > 0.0133) ++outside;
    }
  }
  EXPECT_LE(outside, asked / 50);
}

TEST(Kll, ReplaysToTheSameBitsAndSurvivesStorage) {
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  for (const int n : {0, 1, 100, 256, 257, 3'000, 20'000}) {
    Kll first, second;
    for (Kll* sketch : {&first, &second}) {
      Random random(kSeed);
      for (int i = 0; i < n; ++i) {
        sketch->Add(random.Unit() - 0.5);
        if (sketch == &second && i % 97 == 0) {
          const std::string bytes = Bytes(*sketch) + "rest";
          absl::string_view in = bytes;
          Kll decoded;
          ASSERT_TRUE(decoded.Decode(&in));
          ASSERT_EQ(in, "rest");
          *sketch = decoded;
        }
      }
    }
    EXPECT_TRUE(Bytes(first) == Bytes(second)) << n;
  }
}

TEST(HeavyHitters, IsExactUpToItsCapacity) {
  Random random(kSeed);
  HeavyHitters sketch(64);
  std::map<std::string, int64_t> expected;
  for (int i = 0; i < 5'000; ++i) {
    const std::string key = absl::StrCat(random.Below(64));
    const bool back = random.Below(3) == 0 && expected.contains(key) && expected[key] > 0;
    sketch.Add(key, back ? -1 : 1);
    expected[key] += back ? -1 : 1;
    if (expected[key] == 0) expected.erase(key);
  }
  EXPECT_TRUE(sketch.exact());
  EXPECT_EQ((std::map<std::string, int64_t>(sketch.counts().begin(), sketch.counts().end())),
            expected);
}

TEST(HeavyHitters, KeepsWhatWasTakenBackTooEarly) {
  HeavyHitters sketch(4);
  sketch.Add("a", -1);
  EXPECT_EQ(sketch.counts().at("a"), -1);
  sketch.Add("a", 1);
  EXPECT_TRUE(sketch.counts().empty());
}

TEST(HeavyHitters, IsNotExactAfterDroppingWhatWasTakenBackTooEarly) {
  HeavyHitters sketch(2);
  sketch.Add("late", -3);
  sketch.Add("b", 1);
  sketch.Add("c", 1);
  sketch.Add("late", 3);  // nothing of it is left to cancel
  EXPECT_FALSE(sketch.exact());
  EXPECT_GE(sketch.error(), 3);
}

TEST(HeavyHitters, UndercountsByItsErrorAtMost) {
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Random random(kSeed);
  for (int round = 0; round < 40; ++round) {
    const size_t capacity = 1 + random.Below(40);
    std::vector<HeavyHitters> parts(1 + random.Below(6), HeavyHitters(capacity));
    std::map<std::string, int64_t> expected;
    const int n = 3'000;
    for (int i = 0; i < n; ++i) {
      const double skewed = random.Unit() * random.Unit() * random.Unit();
      const std::string key = absl::StrCat(static_cast<int>(skewed * 300));
      ++expected[key];
      parts[random.Below(parts.size())].Add(key, 1);
    }
    HeavyHitters merged(capacity);
    for (const HeavyHitters& part : parts) merged.Merge(part);
    ASSERT_LE(merged.counts().size(), capacity);
    ASSERT_EQ(merged.n(), n);
    ASSERT_LE(merged.error() * static_cast<int64_t>(capacity + 1), n);
    for (const auto& [key, count] : expected) {
      const auto found = merged.counts().find(key);
      const int64_t kept = found == merged.counts().end() ? 0 : found->second;
      ASSERT_LE(kept, count);
      ASSERT_GE(kept, count - merged.error());
    }
    const std::string bytes = Bytes(merged) + "rest";
    absl::string_view in = bytes;
    HeavyHitters again(capacity);
    ASSERT_TRUE(again.Decode(&in));
    ASSERT_EQ(in, "rest");
    ASSERT_TRUE(Bytes(again) == Bytes(merged));
  }
}

}  // namespace
}  // namespace millrace
