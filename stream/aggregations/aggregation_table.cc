#include "stream/aggregations/aggregation_table.h"

#include "stream/aggregations/comoments.h"
#include "stream/aggregations/counts.h"
#include "stream/aggregations/decay.h"
#include "stream/aggregations/distinct_values.h"
#include "stream/aggregations/extremes.h"
#include "stream/aggregations/frequencies.h"
#include "stream/aggregations/moments.h"
#include "stream/aggregations/ordered_values.h"
#include "stream/aggregations/quantiles.h"
#include "stream/aggregations/ranked_values.h"
#include "stream/aggregations/recency.h"
#include "stream/aggregations/sequences.h"
#include "stream/aggregations/sums.h"
#include "stream/sketches/hyper_log_log.h"

namespace millrace {
namespace {

constexpr double kMaxKept = 1'000;                      // of values kept with their place
constexpr double kMaxKeys = 65'536;                     // of values counted
constexpr double kMaxHalfLife = 36'500.0 * 86'400'000;  // a century

constexpr AggregationOption kQ[] = {{"q", OptionKind::kDouble, true, 0, 1}};
constexpr AggregationOption kK[] = {{"k", OptionKind::kInt, true, 1, kMaxKept}};
constexpr AggregationOption kNth[] = {{"k", OptionKind::kInt, true, 0, kMaxKept - 1}};
constexpr AggregationOption kBound[] = {{"k", OptionKind::kInt, true, 1, kMaxKeys}};
constexpr AggregationOption kValues[] = {{"max_values", OptionKind::kInt, false, 1, kMaxKeys}};
constexpr AggregationOption kPrecision[] = {
    {"p", OptionKind::kInt, false, HyperLogLog::kMinPrecision, HyperLogLog::kMaxPrecision}};
constexpr AggregationOption kHistogram[] = {{"k", OptionKind::kInt, false, 0, kMaxKept},
                                            {"max_keys", OptionKind::kInt, false, 1, kMaxKeys}};
constexpr AggregationOption kTop[] = {{"k", OptionKind::kInt, true, 1, kMaxKept},
                                      {"max_keys", OptionKind::kInt, false, 1, kMaxKeys}};
constexpr AggregationOption kKeys[] = {{"max_keys", OptionKind::kInt, false, 1, kMaxKeys}};
constexpr AggregationOption kHalfLife[] = {
    {"half_life", OptionKind::kDuration, true, 0, kMaxHalfLife, true}};
constexpr AggregationOption kAlpha[] = {{"alpha", OptionKind::kDouble, true, 0, 1, true}};

constexpr EveryRecord kNo = EveryRecord::kRefused;

const AggregationType kTypes[] = {
    {"count",
     BindCount,
     EveryRecord::kCounted,
     "",
     false,
     {},
     "Number of records (`\"*\"`) or of values."},
    {"sum", BindSum, kNo, "", false, {}, "Sum of a number or duration."},
    {"mean", BindMean, kNo, "", false, {}, "Mean of a number or duration (in ms)."},
    {"min", BindMin, kNo, "", false, {}, "Smallest value."},
    {"max", BindMax, kNo, "", false, {}, "Largest value."},
    {"arg_min", BindArgMin, kNo, "order_by", true, {}, "Value where `order_by` is smallest."},
    {"arg_max", BindArgMax, kNo, "order_by", true, {}, "Value where `order_by` is largest."},
    {"var_pop", BindVarPop, kNo, "", false, {}, "Population variance."},
    {"var_samp", BindVarSamp, kNo, "", false, {}, "Sample variance."},
    {"std_pop", BindStdPop, kNo, "", false, {}, "Population standard deviation."},
    {"std_samp", BindStdSamp, kNo, "", false, {}, "Sample standard deviation."},
    {"skew_pop", BindSkewPop, kNo, "", false, {}, "Population skewness."},
    {"skew_samp", BindSkewSamp, kNo, "", false, {}, "Sample skewness."},
    {"kurtosis_pop", BindKurtosisPop, kNo, "", false, {}, "Population excess kurtosis."},
    {"kurtosis_samp", BindKurtosisSamp, kNo, "", false, {}, "Sample excess kurtosis."},
    {"first", BindFirst, kNo, "", false, {}, "Value of the oldest record."},
    {"last", BindLast, kNo, "", false, {}, "Value of the newest record."},
    {"nth", BindNth, kNo, "", false, kNth, "The `k`-th newest value; 0 is the newest."},
    {"first_k", BindFirstK, kNo, "", false, kK, "The `k` oldest values, oldest first."},
    {"last_k", BindLastK, kNo, "", false, kK, "The `k` newest values, newest first."},
    {"first_distinct", BindFirstDistinct, kNo, "", false, kK,
     "The `k` different values that occurred first, oldest first."},
    {"last_distinct", BindLastDistinct, kNo, "", false, kK,
     "The `k` different values that occurred latest, newest first."},
    {"top_k", BindTopK, kNo, "order_by", false, kK, "The `k` largest values, largest first."},
    {"bottom_k", BindBottomK, kNo, "order_by", false, kK,
     "The `k` smallest values, smallest first."},
    {"cov_pop", BindCovPop, kNo, "with", true, {}, "Population covariance with another value."},
    {"cov_samp", BindCovSamp, kNo, "with", true, {}, "Sample covariance with another value."},
    {"corr", BindCorr, kNo, "with", true, {}, "Correlation with another value."},
    {"trend", BindTrend, kNo, "", false, {}, "Slope of the value over event time, per second."},
    {"distinct", BindDistinct, kNo, "", false, kValues, "The different values, ascending."},
    {"count_distinct", BindCountDistinct, kNo, "", false, kValues,
     "Exact number of different values."},
    {"bounded_count_distinct", BindBoundedCountDistinct, kNo, "", false, kBound,
     "Number of different values up to `k`."},
    {"approx_count_distinct", BindApproxCountDistinct, kNo, "", false, kPrecision,
     "Estimated number of different values."},
    {"quantile", BindQuantile, kNo, "", false, kQ, "The `q`-quantile."},
    {"median", BindMedian, kNo, "", false, {}, "The middle value."},
    {"histogram", BindHistogram, kNo, "", false, kHistogram,
     "Counts by value, of the `k` most frequent or of all."},
    {"top_frequency", BindTopFrequency, kNo, "", false, kTop, "The `k` most frequent values."},
    {"top1_ratio", BindTop1Ratio, kNo, "", false, kKeys, "Share of the most frequent value."},
    {"entropy", BindEntropy, kNo, "", false, kKeys, "Entropy of the values, in bits."},
    {"ratio",
     BindRatio,
     EveryRecord::kOnly,
     "",
     false,
     {},
     "Share of the records that meet `where`."},
    {"rate", BindRate, EveryRecord::kCounted, "", false, {}, "Records or values per second."},
    {"time_since",
     BindTimeSince,
     EveryRecord::kAsValues,
     "",
     false,
     {},
     "Milliseconds since the newest record."},
    {"time_since_first",
     BindTimeSinceFirst,
     EveryRecord::kAsValues,
     "",
     false,
     {},
     "Milliseconds since the oldest record."},
    {"decay_sum", BindDecaySum, kNo, "", false, kHalfLife, "Sum with exponential decay."},
    {"decay_count", BindDecayCount, EveryRecord::kAsValues, "", false, kHalfLife,
     "Count with exponential decay."},
    {"decay_mean", BindDecayMean, kNo, "", false, kHalfLife, "Mean with exponential decay."},
    {"decay_rate", BindDecayRate, EveryRecord::kAsValues, "", false, kHalfLife,
     "Rate with exponential decay, per second."},
    {"ew_mean", BindEwMean, kNo, "", false, kAlpha, "Exponentially weighted mean by record."},
    {"drawdown", BindDrawdown, kNo, "", false, {}, "Largest relative fall from a peak."},
};

}  // namespace

std::span<const AggregationType> AggregationTypes() { return kTypes; }

const AggregationType* FindAggregationType(absl::string_view name) {
  for (const AggregationType& type : kTypes) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

}  // namespace millrace
