#include "learners/metrics/binary_metrics.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/random.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

using Samples = std::vector<std::pair<double, bool>>;

BinaryMetrics MetricsOf(const Samples& samples) {
  BinaryMetrics metrics;
  for (const auto& [score, label] : samples) metrics.Add(score, label);
  return metrics;
}

std::string BytesOf(const BinaryMetrics& metrics) {
  std::string bytes;
  metrics.Save(&bytes);
  return bytes;
}

// AUC by its definition, over all pairs.
double PairwiseAuc(const Samples& samples) {
  double ordered = 0;
  double pairs = 0;
  for (const auto& [p, p_label] : samples) {
    if (!p_label) continue;
    for (const auto& [q, q_label] : samples) {
      if (q_label) continue;
      ordered += p > q ? 1 : (p == q ? 0.5 : 0);
      pairs += 1;
    }
  }
  return ordered / pairs;
}

// AUC by rank sum with mean ranks for ties.
double RankAuc(Samples samples) {
  std::sort(samples.begin(), samples.end());
  double rank_sum = 0;
  double positives = 0;
  for (size_t begin = 0; begin < samples.size();) {
    size_t end = begin;
    while (end < samples.size() && samples[end].first == samples[begin].first) ++end;
    const double mean_rank = (static_cast<double>(begin + 1) + static_cast<double>(end)) / 2;
    for (size_t i = begin; i < end; ++i) {
      if (!samples[i].second) continue;
      rank_sum += mean_rank;
      positives += 1;
    }
    begin = end;
  }
  const double negatives = static_cast<double>(samples.size()) - positives;
  return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives);
}

// Scores whose labels follow them, log odds normal around `centre`.
Samples CalibratedSamples(uint64_t seed, int count, double centre, double spread) {
  Random random(seed);
  Samples samples;
  for (int i = 0; i < count; ++i) {
    double normal = -6;  // Irwin-Hall
    for (int j = 0; j < 12; ++j) normal += random.Unit();
    const double p = 1 / (1 + std::exp(-(centre + spread * normal)));
    samples.emplace_back(p, random.Chance(p));
  }
  return samples;
}

TEST(BinaryMetrics, AgreesWithTheFormulas) {
  const Samples samples = {{0.9, true}, {0.2, false}, {0.6, false}, {0.5, true}, {0.1, false}};
  const BinaryReport report = MetricsOf(samples).Report();
  const double loss =
      -(std::log(0.9) + std::log(0.8) + std::log(0.4) + std::log(0.5) + std::log(0.9)) / 5;
  EXPECT_EQ(report.n, 5u);
  EXPECT_DOUBLE_EQ(*report.base_rate, 0.4);
  EXPECT_NEAR(*report.log_loss, loss, 1e-14);
  EXPECT_NEAR(*report.ne, loss / -(0.4 * std::log(0.4) + 0.6 * std::log(0.6)), 1e-14);
  EXPECT_NEAR(*report.calibration, 2.3 / 2, 1e-14);
  EXPECT_DOUBLE_EQ(*report.accuracy, 4.0 / 5);
  EXPECT_NEAR(*report.brier, (0.01 + 0.04 + 0.36 + 0.25 + 0.01) / 5, 1e-14);
  EXPECT_DOUBLE_EQ(*report.auc, 5.0 / 6);
}

TEST(BinaryMetrics, OmitsWhatASampleDoesNotDefine) {
  EXPECT_FALSE(BinaryMetrics().Report().log_loss.has_value());
  const BinaryReport negatives = MetricsOf({{0.3, false}, {0.4, false}}).Report();
  EXPECT_TRUE(negatives.log_loss.has_value());
  EXPECT_FALSE(negatives.ne.has_value());
  EXPECT_FALSE(negatives.auc.has_value());
  EXPECT_FALSE(negatives.calibration.has_value());
  EXPECT_FALSE(MetricsOf({{0.3, true}}).Report().ne.has_value());
}

TEST(BinaryMetrics, ClipsScoresSoThatLossesAreFinite) {
  const BinaryReport report =
      MetricsOf({{0, true}, {1, false}, {-5, true}, {NAN, true}, {INFINITY, false}}).Report();
  EXPECT_NEAR(*report.log_loss, (4 * -std::log(1e-15) + std::log(2)) / 5, 0.01);
  EXPECT_TRUE(std::isfinite(*report.ne));
}

TEST(BinaryMetrics, AlwaysAnsweringTheBaseRateHasNeOne) {
  Samples samples;
  for (int i = 0; i < 1000; ++i) samples.emplace_back(0.2, i % 5 == 0);
  const BinaryReport report = MetricsOf(samples).Report();
  EXPECT_NEAR(*report.ne, 1.0, 1e-12);
  EXPECT_NEAR(*report.calibration, 1.0, 1e-12);
  EXPECT_DOUBLE_EQ(*report.auc, 0.5);
}

TEST(BinaryMetrics, AucCountsTiesOneHalf) {
  Random random(6);
  Samples samples;
  for (int i = 0; i < 1500; ++i) {
    samples.emplace_back(0.1 * static_cast<double>(random.Below(10)), random.Chance(0.4));
  }
  EXPECT_NEAR(*MetricsOf(samples).Report().auc, PairwiseAuc(samples), 1e-12);
}

TEST(BinaryMetrics, AucIsWithinOneTenThousandthOfExact) {
  struct {
    double centre, spread;
    int count;
  } const cases[] = {
      {0, 1, 20'000}, {-2, 1.5, 20'000}, {-5, 2, 50'000}, {-1.3, 0.15, 20'000}, {0, 6, 3'000}};
  for (const uint64_t seed : {1, 2, 3}) {
    for (const auto& [centre, spread, count] : cases) {
      SCOPED_TRACE(absl::StrCat("seed ", seed, " centre ", centre, " spread ", spread));
      const Samples samples = CalibratedSamples(seed, count, centre, spread);
      EXPECT_NEAR(*MetricsOf(samples).Report().auc, RankAuc(samples), 1e-4);
    }
  }
}

TEST(BinaryMetrics, TheTwoOraclesOfAucAgree) {
  const Samples samples = CalibratedSamples(4, 1000, -1, 1);
  EXPECT_NEAR(PairwiseAuc(samples), RankAuc(samples), 1e-12);
}

TEST(BinaryMetrics, MergingEqualsAddingAll) {
  const Samples a = CalibratedSamples(1, 3000, -1, 1);
  const Samples b = CalibratedSamples(2, 2000, 0, 2);
  Samples all = a;
  all.insert(all.end(), b.begin(), b.end());
  BinaryMetrics ab = MetricsOf(a);
  ab.Merge(MetricsOf(b));
  BinaryMetrics ba = MetricsOf(b);
  ba.Merge(MetricsOf(a));
  EXPECT_EQ(BytesOf(ab), BytesOf(ba));
  const BinaryReport merged = ab.Report();
  const BinaryReport together = MetricsOf(all).Report();
  EXPECT_EQ(merged.n, together.n);
  EXPECT_EQ(*merged.auc, *together.auc);
  EXPECT_NEAR(*merged.log_loss, *together.log_loss, 1e-12);
  EXPECT_NEAR(*merged.ne, *together.ne, 1e-12);
}

TEST(BinaryMetrics, SaveLoadAndGoingOnEqualsNeverHavingStopped) {
  const Samples samples = CalibratedSamples(9, 4000, -1, 1);
  BinaryMetrics metrics;
  BinaryMetrics resumed;
  for (size_t i = 0; i < samples.size(); ++i) {
    if (i % 1000 == 0) {
      auto loaded = BinaryMetrics::Load(BytesOf(resumed));
      ASSERT_TRUE(loaded.ok());
      resumed = *std::move(loaded);
    }
    metrics.Add(samples[i].first, samples[i].second);
    resumed.Add(samples[i].first, samples[i].second);
  }
  EXPECT_EQ(BytesOf(metrics), BytesOf(resumed));
}

TEST(BinaryMetrics, BytesAreFewForFewScores) {
  BinaryMetrics metrics;
  for (int i = 0; i < 100'000; ++i) metrics.Add(i % 2 == 0 ? 0.2 : 0.7, i % 3 == 0);
  EXPECT_LT(BytesOf(metrics).size(), 100u);
}

TEST(BinaryMetrics, DamagedBytesAreRefused) {
  constexpr uint64_t kSeed = 12;
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  Random random(kSeed);
  const std::string bytes = BytesOf(MetricsOf(CalibratedSamples(1, 500, 0, 1)));
  for (int i = 0; i < 2000; ++i) {
    std::string damaged = bytes;
    const size_t at = random.Below(bytes.size());
    damaged[at] = static_cast<char>(damaged[at] ^ (1 + random.Below(255)));
    EXPECT_EQ(BinaryMetrics::Load(damaged).status().code(), absl::StatusCode::kDataLoss);
    EXPECT_FALSE(BinaryMetrics::Load(bytes.substr(0, at)).ok());
  }
}

}  // namespace
}  // namespace millrace
