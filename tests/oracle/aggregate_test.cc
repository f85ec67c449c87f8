// The oracle's formulas against numbers worked out elsewhere: Python's statistics and fractions, or
// by head.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/oracle/tiny_view.h"

namespace millrace::oracle {
namespace {

constexpr int64_t kNow = 100'000;

struct Formula {
  std::string aggregation;
  double expected;
};

TEST(Oracle, MomentsAreThoseOfPythonsStatistics) {
  TinyView view;
  view.AddAll({1.5, 2.5, 2.5, 2.75, 3.25, 4.75});
  for (const Formula& formula : std::vector<Formula>{{"mean", 2.875},
                                                     {"var_pop", 0.9739583333333334},
                                                     {"var_samp", 1.16875},
                                                     {"std_samp", 1.0810874155219827},
                                                     {"skew_pop", 0.682745347970238},
                                                     {"skew_samp", 0.9348875702875333},
                                                     {"kurtosis_pop", -0.18993966084246047},
                                                     {"kurtosis_samp", 1.9460093225428237}}) {
    // Python's roots and powers are rounded in between, hence a few units in the last place.
    EXPECT_NEAR(view.Double(Of(formula.aggregation), kNow), formula.expected, 4e-15)
        << formula.aggregation;
  }
}

TEST(Oracle, MomentsNeedEnoughValuesAndASpread) {
  TinyView view;
  view.AddAll({2.0});
  EXPECT_EQ(view.Value(Of("var_pop"), kNow), Datum(0.0));
  EXPECT_EQ(view.Ask(Of("var_samp"), kNow).status, Status::kNull);
  view.AddAll({2.0, 2.0, 2.0});
  for (const char* name : {"skew_pop", "skew_samp", "kurtosis_pop", "kurtosis_samp"}) {
    EXPECT_EQ(view.Ask(Of(name), kNow).status, Status::kNull) << name;
  }
}

// G3: a sum of squares in double precision gives anything here.
TEST(Oracle, VarianceOfLargeNumbersIsExact) {
  TinyView view;
  view.AddAll({1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16});
  EXPECT_EQ(view.Value(Of("var_pop"), kNow), Datum(22.5));
  EXPECT_EQ(view.Value(Of("var_samp"), kNow), Datum(30.0));
  EXPECT_EQ(view.Ask(Of("var_pop"), kNow).tolerance, 1e-9);
}

TEST(Oracle, CovarianceCorrelationAndTrend) {
  TinyView view;
  const double xs[] = {1, 2, 4, 7};
  const double ys[] = {3, 1, 5, 8};
  for (int i = 0; i < 4; ++i) view.Add(i, Datum(xs[i]), {{"y", Datum(ys[i])}});
  view.Add(5, Datum(1e6)).Add(6, Datum(), {{"y", Datum(1e6)}});  // no pairs
  Feature feature = Of("cov_samp");
  feature.with = "y";
  EXPECT_NEAR(view.Double(feature, kNow), 7.166666666666667, 1e-14);
  feature.aggregation = "cov_pop";
  EXPECT_EQ(view.Double(feature, kNow), 5.375);
  feature.aggregation = "corr";
  EXPECT_NEAR(view.Double(feature, kNow), 0.9071245473308897, 1e-15);

  TinyView line;
  line.Add(0, Datum(1.0)).Add(10'000, Datum(4.0)).Add(20'000, Datum(2.0)).Add(50'000, Datum(9.0));
  EXPECT_NEAR(line.Double(Of("trend"), kNow), 0.15, 1e-16);
}

TEST(Oracle, SumsAreExactAndOverflowIsSaid) {
  TinyView view;
  view.Add(1, Int(std::numeric_limits<int64_t>::max())).Add(2, Int(1)).Add(3, Int(-1));
  EXPECT_EQ(view.Value(Of("sum"), kNow), Int(std::numeric_limits<int64_t>::max()));
  EXPECT_EQ(view.Ask(Of("sum"), 3).status, Status::kOverflow);
  TinyView doubles;
  doubles.AddAll({1e300, 5.0, 2.0});  // beyond 2^960: counts as null
  EXPECT_EQ(doubles.Value(Of("sum"), kNow), Datum(7.0));
  EXPECT_EQ(doubles.Value(Of("mean"), kNow), Datum(3.5));
  EXPECT_EQ(doubles.Value(Of("max"), kNow), Datum(1e300));
}

TEST(Oracle, NanIsNullAndMinusZeroIsZero) {
  TinyView view;
  view.AddAll(
      {std::numeric_limits<double>::quiet_NaN(), -0.0, std::numeric_limits<double>::infinity()});
  EXPECT_EQ(view.Value(Of("count"), kNow), Int(1));
  EXPECT_FALSE(std::signbit(view.Double(Of("last"), kNow)));
}

TEST(Oracle, QuantilesInterpolateLinearly) {
  TinyView view;
  view.AddAll({5.0, 1.0, 3.0, 3.0});
  for (const auto& [q, expected] : std::vector<std::pair<double, double>>{
           {0.0, 1.0}, {0.1, 1.6}, {0.5, 3.0}, {0.9, 4.4}, {1.0, 5.0}}) {
    Feature feature = Of("quantile");
    feature.q = q;
    EXPECT_NEAR(view.Double(feature, kNow), expected, 1e-15) << q;
  }
}

TEST(Oracle, ListsOfValuesByOrderAndByRank) {
  TinyView view;
  int64_t at = 0;
  for (const char* x : {"b", "a", "b", "c"}) view.Add(at += 10, Datum(x));
  Feature feature = Of("first_k");
  feature.k = 2;
  EXPECT_EQ(view.Value(feature, kNow), Strings({"b", "a"}));
  feature.aggregation = "last_k";
  EXPECT_EQ(view.Value(feature, kNow), Strings({"c", "b"}));
  feature.k = 3;
  feature.aggregation = "first_distinct";
  EXPECT_EQ(view.Value(feature, kNow), Strings({"b", "a", "c"}));
  feature.aggregation = "last_distinct";
  EXPECT_EQ(view.Value(feature, kNow), Strings({"c", "b", "a"}));
  feature.aggregation = "top_k";
  EXPECT_EQ(view.Value(feature, kNow), Strings({"c", "b", "b"}));
  feature.aggregation = "bottom_k";
  EXPECT_EQ(view.Value(feature, kNow), Strings({"a", "b", "b"}));
  feature.aggregation = "nth";
  EXPECT_EQ(view.Value(feature, kNow), Datum("b"));
  feature.k = 4;
  EXPECT_EQ(view.Ask(feature, kNow).status, Status::kNull);
}

TEST(Oracle, ExtremesByAnotherFieldTakeTheFirstOfEquals) {
  TinyView view;
  view.Add(1, Datum("p"), {{"y", Datum(2.0)}})
      .Add(2, Datum("q"), {{"y", Datum(9.0)}})
      .Add(3, Datum("r"), {{"y", Datum(9.0)}});
  Feature feature = Of("arg_max");
  feature.order_by = "y";
  EXPECT_EQ(view.Value(feature, kNow), Datum("q"));
  feature.aggregation = "arg_min";
  EXPECT_EQ(view.Value(feature, kNow), Datum("p"));
}

TEST(Oracle, FrequenciesRankByCountThenValue) {
  TinyView view;
  int64_t at = 0;
  for (const char* x : {"b", "a", "c", "b"}) view.Add(at += 10, Datum(x));
  EXPECT_EQ(view.Value(Of("entropy"), kNow), Datum(1.5));
  EXPECT_EQ(view.Value(Of("top1_ratio"), kNow), Datum(0.5));
  EXPECT_EQ(view.Value(Of("distinct"), kNow), Strings({"a", "b", "c"}));
  Feature feature = Of("top_frequency");
  feature.k = 2;
  EXPECT_EQ(view.Value(feature, kNow), Strings({"b", "a"}));
  feature.aggregation = "histogram";
  EXPECT_EQ(view.Value(feature, kNow), Datum(DatumMap{{"a", Int(1)}, {"b", Int(2)}}));
  feature = Of("count_distinct");
  feature.max_values = 2;
  EXPECT_EQ(view.Value(feature, kNow), Int(2));
  EXPECT_EQ(view.Ask(feature, kNow).status, Status::kTruncated);
}

TEST(Oracle, DecayHalvesWithEachHalfLifeAndEwMeanWithRank) {
  TinyView view;
  view.Add(0, Datum(8.0)).Add(500, Datum(4.0));
  Feature feature = Of("decay_sum");
  feature.half_life_ms = 1000;
  EXPECT_NEAR(view.Double(feature, 1000), 6.82842712474619, 1e-15);
  feature.aggregation = "decay_count";
  EXPECT_NEAR(view.Double(feature, 1000), 1.2071067811865475, 1e-15);
  feature.aggregation = "decay_mean";
  EXPECT_NEAR(view.Double(feature, 1000), 6.82842712474619 / 1.2071067811865475, 1e-15);
  feature.aggregation = "decay_rate";
  EXPECT_NEAR(view.Double(feature, 1000), 1.2071067811865475 * 0.6931471805599453, 1e-15);

  TinyView ranked;
  ranked.AddAll({10.0, 2.0, 3.0});
  Feature mean = Of("ew_mean");
  mean.alpha = 0.25;
  EXPECT_NEAR(ranked.Double(mean, kNow), 4.378378378378378, 1e-15);
}

TEST(Oracle, DrawdownIsTheDeepestFallFromAnEarlierPeak) {
  TinyView view;
  view.AddAll({4.0, 8.0, 6.0, 10.0, 5.0, 9.0});
  EXPECT_EQ(view.Value(Of("drawdown"), kNow), Datum(0.5));
  EXPECT_EQ(view.Ask(Of("drawdown"), 1500).status, Status::kNull);
  EXPECT_EQ(view.Value(Of("drawdown"), 2500), Datum(0.0));
  TinyView negative;
  negative.AddAll({-1.0, -2.0});
  EXPECT_EQ(negative.Ask(Of("drawdown"), kNow).status, Status::kNull);
}

}  // namespace
}  // namespace millrace::oracle
