#include "learners/metrics/windowed_metrics.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/random.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

constexpr int64_t kHour = 3'600'000;
constexpr int64_t kStart = 1'357'000'000'000 / kHour * kHour;

std::string BytesOf(const WindowedMetrics& metrics) {
  std::string bytes;
  metrics.Save(&bytes);
  return bytes;
}

TEST(WindowedMetrics, IsEmptyAtFirst) {
  const WindowReport report = WindowedMetrics().Query(kHour);
  EXPECT_FALSE(report.until_ms.has_value());
  EXPECT_EQ(report.decided, 0u);
  EXPECT_EQ(report.metrics.n, 0u);
}

TEST(WindowedMetrics, EndsAtTheNewestTimeThatIsMature) {
  WindowedMetrics metrics;
  for (int hour = 0; hour < 10; ++hour) {
    for (int i = 0; i < 20; ++i) metrics.AddDecision(kStart + hour * kHour + i);
  }
  const WindowReport immature = metrics.Query(kHour);
  EXPECT_FALSE(immature.until_ms.has_value());
  EXPECT_EQ(immature.end_ms, kStart + 10 * kHour);
  EXPECT_EQ(immature.decided, 20u);
  EXPECT_EQ(immature.maturity, 0);

  for (int hour = 0; hour < 5; ++hour) {
    for (int i = 0; i < 19; ++i) metrics.AddOutcome(kStart + hour * kHour + i, 0.25, i == 0);
  }
  for (int i = 0; i < 18; ++i) metrics.AddOutcome(kStart + 5 * kHour + i, 0.75, true);
  const WindowReport one = metrics.Query(kHour);
  EXPECT_EQ(one.until_ms, kStart + 5 * kHour);
  EXPECT_EQ(one.from_ms, kStart + 4 * kHour);
  EXPECT_EQ(one.decided, 20u);
  EXPECT_EQ(one.resolved, 19u);
  EXPECT_DOUBLE_EQ(one.maturity, 0.95);
  EXPECT_EQ(one.metrics.n, 19u);
  EXPECT_DOUBLE_EQ(*one.metrics.base_rate, 1.0 / 19);

  // The two hours up to hour 5 have 37 of 40, those before 38 of 40.
  EXPECT_EQ(metrics.Query(2 * kHour).until_ms, kStart + 5 * kHour);
  metrics.AddUnlabelled(kStart + 5 * kHour + 18);
  const WindowReport two = metrics.Query(2 * kHour);
  EXPECT_EQ(two.until_ms, kStart + 6 * kHour);
  EXPECT_EQ(two.resolved, 38u);
  EXPECT_EQ(two.metrics.n, 37u);  // the unlabelled one is no sample
}

TEST(WindowedMetrics, RoundsLengthsUpToWholeBuckets) {
  WindowedMetrics metrics;
  for (int hour = 0; hour < 4; ++hour) {
    metrics.AddDecision(kStart + hour * kHour);
    metrics.AddOutcome(kStart + hour * kHour, 0.5, true);
  }
  EXPECT_EQ(metrics.Query(1).decided, 1u);
  EXPECT_EQ(metrics.Query(kHour + 1).decided, 2u);
  EXPECT_EQ(metrics.Query(0).decided, 1u);
  EXPECT_EQ(metrics.Query(INT64_MAX).decided, 4u);
}

TEST(WindowedMetrics, ForgetsWhatIsOldAndCountsWhatComesForIt) {
  WindowedMetrics metrics({.bucket_ms = kHour, .max_buckets = 3, .maturity = 0.95});
  for (int hour = 0; hour < 5; ++hour) metrics.AddDecision(kStart + hour * kHour);
  EXPECT_EQ(metrics.Query(10 * kHour).decided, 3u);
  metrics.AddOutcome(kStart + kHour, 0.5, true);
  EXPECT_EQ(metrics.late(), 1u);
  metrics.AddOutcome(kStart + 2 * kHour, 0.5, true);
  EXPECT_EQ(metrics.late(), 1u);
}

TEST(WindowedMetrics, TakesTimesBeforeTheEpochAndAtTheEndsOfTheRange) {
  WindowedMetrics metrics;
  metrics.AddDecision(-1);
  metrics.AddOutcome(-1, 0.5, true);
  EXPECT_EQ(metrics.Query(kHour).until_ms, 0);
  metrics.AddDecision(INT64_MIN);
  metrics.AddDecision(INT64_MAX);
  EXPECT_EQ(metrics.Query(INT64_MAX).decided, 1u);
}

// Against the definition: filter all samples by the window, then add them up.
TEST(WindowedMetrics, AgreesWithCountingEverySample) {
  constexpr uint64_t kSeed = 31;
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  Random random(kSeed);
  struct Decision {
    int64_t hour;
    int outcome;  // 0 none yet, 1 negative, 2 positive, 3 unlabelled
    double score;
  };
  for (int round = 0; round < 30; ++round) {
    WindowedMetrics metrics;
    std::vector<Decision> decisions;
    for (int i = 0; i < 600; ++i) {
      Decision decision{random.Between(0, 40), 0, random.Unit()};
      if (random.Chance(0.2)) decision.hour = random.Between(0, 10);
      if (decision.hour % 7 == 3) continue;  // some hours have no decision
      const double resolved = decision.hour > 30 ? 0.5 : 0.97;
      if (random.Chance(resolved)) decision.outcome = static_cast<int>(1 + random.Below(3));
      metrics.AddDecision(decision.hour * kHour);
      decisions.push_back(decision);
    }
    random.Shuffle(std::span<Decision>(decisions));
    for (const Decision& d : decisions) {
      if (d.outcome == 3) metrics.AddUnlabelled(d.hour * kHour);
      if (d.outcome == 1 || d.outcome == 2) {
        metrics.AddOutcome(d.hour * kHour, d.score, d.outcome == 2);
      }
    }
    for (const int64_t length : {1, 3, 24, 100}) {
      std::optional<int64_t> until;
      uint64_t decided = 0;
      uint64_t resolved = 0;
      ScoreSums sums;
      for (int64_t last = 40; last >= 0 && !until; --last) {
        const bool any = std::any_of(decisions.begin(), decisions.end(),
                                     [&](const Decision& d) { return d.hour == last; });
        if (!any) continue;
        decided = resolved = 0;
        sums = ScoreSums();
        for (const Decision& d : decisions) {
          if (d.hour > last || d.hour <= last - length) continue;
          ++decided;
          resolved += d.outcome != 0 ? 1 : 0;
          if (d.outcome == 1 || d.outcome == 2) sums.Add(d.score, d.outcome == 2);
        }
        if (static_cast<double>(resolved) >= 0.95 * static_cast<double>(decided)) {
          until = (last + 1) * kHour;
        }
      }
      const WindowReport report = metrics.Query(length * kHour);
      ASSERT_EQ(report.until_ms, until);
      if (!until) continue;
      EXPECT_EQ(report.decided, decided);
      EXPECT_EQ(report.resolved, resolved);
      EXPECT_EQ(report.metrics.n, sums.n);
      if (sums.n > 0) {
        EXPECT_NEAR(*report.metrics.log_loss, *sums.Report().log_loss, 1e-12);
      }
    }
  }
}

TEST(WindowedMetrics, SaveLoadAndGoingOnEqualsNeverHavingStopped) {
  Random random(17);
  WindowedMetrics metrics;
  WindowedMetrics resumed;
  for (int i = 0; i < 3000; ++i) {
    const int64_t time = kStart + i * kHour / 3;
    const double score = random.Unit();
    const bool label = random.Chance(score);
    for (WindowedMetrics* each : {&metrics, &resumed}) {
      each->AddDecision(time);
      each->AddOutcome(time - 5 * kHour, score, label);
    }
    if (i % 500 == 0) {
      WindowedMetrics loaded;
      ASSERT_TRUE(loaded.Load(BytesOf(resumed)).ok());
      resumed = std::move(loaded);
    }
  }
  EXPECT_EQ(BytesOf(metrics), BytesOf(resumed));
}

TEST(WindowedMetrics, BytesThatAreDamagedOrOfOtherOptionsAreRefused) {
  WindowedMetrics metrics;
  for (int hour = 0; hour < 10; ++hour) {
    metrics.AddDecision(kStart + hour * kHour);
    metrics.AddOutcome(kStart + hour * kHour, 0.1 * hour, hour % 2 == 0);
  }
  const std::string bytes = BytesOf(metrics);
  WindowedMetrics other({.bucket_ms = kHour, .max_buckets = 5, .maturity = 0.95});
  EXPECT_EQ(other.Load(bytes).code(), absl::StatusCode::kDataLoss);
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
    EXPECT_EQ(metrics.Load(damaged).code(), absl::StatusCode::kDataLoss);
    EXPECT_FALSE(metrics.Load(bytes.substr(0, at)).ok());
  }
  EXPECT_EQ(BytesOf(metrics), bytes);
}

}  // namespace
}  // namespace millrace
