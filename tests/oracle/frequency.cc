// Aggregations of how often each value occurs. Counts are signed; a value whose count is not
// positive is not shown.

#include <algorithm>
#include <cmath>
#include <map>

#include "tests/oracle/aggregate.h"
#include "tests/oracle/exact.h"

namespace millrace::oracle {
namespace {

// Beyond these sizes an engine may answer from a sketch.
constexpr size_t kExactHashes = 256;
constexpr size_t kMaxValuesOfDistinct = 1024;
constexpr size_t kMaxValuesOfCountDistinct = 4096;
constexpr size_t kMaxKeys = 1024;
// Standard errors of a HyperLogLog estimate that no seed of ours exceeds; one in 10^9 would.
constexpr double kStandardErrors = 6;

using Counts = std::map<Datum, int64_t, DatumLess>;

Counts PositiveCounts(std::span<const Item> items) {
  Counts counts;
  for (const Item& item : items) counts[item.x] += item.sign;
  std::erase_if(counts, [](const auto& entry) { return entry.second <= 0; });
  return counts;
}

// Most frequent first; of equally frequent values the smaller first.
std::vector<std::pair<Datum, int64_t>> Ranked(const Counts& counts) {
  std::vector<std::pair<Datum, int64_t>> ranked(counts.begin(), counts.end());
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return ranked;
}

int64_t Total(const Counts& counts) {
  int64_t total = 0;
  for (const auto& [value, count] : counts) total += count;
  return total;
}

Answer Distinct(const Feature& feature, const Counts& counts) {
  const auto cap = static_cast<size_t>(feature.max_values.value_or(kMaxValuesOfDistinct));
  if (counts.empty()) return Undefined();
  DatumList values;
  for (const auto& [value, count] : counts) values.push_back(value);
  if (values.size() <= cap) return Present(Datum(values));
  Answer answer;
  answer.status = Status::kTruncated;
  answer.match = Match::kMembers;
  answer.most = static_cast<int64_t>(cap);
  answer.members = Datum(values);
  return answer;
}

Answer CountDistinct(const Feature& feature, const Counts& counts) {
  const int64_t cap = feature.max_values.value_or(kMaxValuesOfCountDistinct);
  const auto distinct = static_cast<int64_t>(counts.size());
  Answer answer = Present(Datum(std::min(distinct, cap)));
  if (distinct > cap) answer.status = Status::kTruncated;
  return answer;
}

Answer ApproxCountDistinct(const Feature& feature, const Counts& counts) {
  const auto distinct = static_cast<double>(counts.size());
  Answer answer = Present(Datum(static_cast<int64_t>(counts.size())));
  if (counts.size() > kExactHashes) {
    const double error = 1.04 / std::sqrt(std::ldexp(1.0, static_cast<int>(feature.p)));
    answer.match = Match::kInterval;
    answer.low = std::max(0.0, distinct * (1 - kStandardErrors * error));
    answer.high = distinct * (1 + kStandardErrors * error) + 1;
  }
  return answer;
}

size_t MaxKeys(const Feature& feature) {
  return static_cast<size_t>(feature.max_keys.value_or(kMaxKeys));
}

// Beyond m keys the engine counts heavy hitters, with an undercount of at most N / (m + 1).
size_t HeavyHitters(const Feature& feature) {
  return static_cast<size_t>(std::max<int64_t>(64, 10 * feature.k));
}

Answer Histogram(const Feature& feature, const Counts& counts, int64_t waiting) {
  if (counts.empty()) return Present(Datum(DatumMap()));
  const std::vector<std::pair<Datum, int64_t>> ranked = Ranked(counts);
  const size_t max_keys = MaxKeys(feature);
  const size_t capacity = feature.k == 0 ? max_keys : HeavyHitters(feature);
  const size_t shown = feature.k == 0 ? max_keys : static_cast<size_t>(feature.k);
  DatumMap all;
  DatumMap top;
  for (const auto& [value, count] : ranked) {
    all[MapKey(value)] = Datum(count);
    if (top.size() < shown) top[MapKey(value)] = Datum(count);
  }
  Answer answer = Present(Datum(top));
  if (counts.size() > capacity) {
    answer.status = Status::kTruncated;
    answer.match = Match::kCounts;
    answer.most = static_cast<int64_t>(shown);
    answer.high = static_cast<double>(waiting);
    answer.low =
        answer.high + static_cast<double>(Total(counts)) / static_cast<double>(capacity + 1);
    answer.members = Datum(all);
  }
  return answer;
}

Answer TopFrequency(const Feature& feature, const Counts& counts) {
  if (counts.empty()) return Undefined();
  DatumList values;
  for (const auto& [value, count] : Ranked(counts)) {
    if (static_cast<int64_t>(values.size()) < feature.k) values.push_back(value);
  }
  Answer answer = Present(Datum(values));
  if (counts.size() > HeavyHitters(feature)) {
    answer.status = Status::kTruncated;
    answer.match = Match::kMembers;
    answer.most = feature.k;
    values.clear();
    for (const auto& [value, count] : counts) values.push_back(value);
    answer.members = Datum(values);
  }
  return answer;
}

Answer TopShare(const Feature& feature, const Counts& counts, int64_t waiting) {
  if (counts.empty()) return Undefined();
  const int64_t largest = Ranked(counts).front().second;
  const int64_t total = Total(counts);
  Answer answer = Present(Datum(Rounded(largest, total, 0)));
  const size_t capacity = MaxKeys(feature);
  if (counts.size() > capacity) {
    answer.status = Status::kTruncated;
    answer.match = Match::kInterval;
    const auto share = [](int64_t count, int64_t of) {
      return static_cast<double>(count) / static_cast<double>(of);
    };
    answer.high = std::min(1.0, share(largest + waiting, std::max(largest, total - waiting)));
    answer.low =
        std::max(0.0, share(largest - waiting, total) - 1.0 / static_cast<double>(capacity + 1));
  }
  return answer;
}

Answer Entropy(const Feature& feature, const Counts& counts) {
  if (counts.empty()) return Undefined();
  if (counts.size() > MaxKeys(feature)) {
    Answer answer;
    answer.status = Status::kTruncated;
    return answer;
  }
  const auto total = static_cast<long double>(Total(counts));
  long double sum = 0;
  for (const auto& [value, count] : counts) {
    const long double share = static_cast<long double>(count) / total;
    sum -= share * std::log2(share);
  }
  Answer answer = Present(Datum(static_cast<double>(sum)));
  answer.scale = 1;
  return answer;
}

}  // namespace

Answer FrequencyFamily(const Feature& feature, std::span<const Item> items) {
  const std::string& name = feature.aggregation;
  const Counts counts = PositiveCounts(items);
  // Retractions that took nothing back so far: sketches cannot tell what they are of.
  const int64_t waiting =
      std::count_if(items.begin(), items.end(), [](const Item& item) { return item.sign < 0; });
  if (name == "distinct") return Distinct(feature, counts);
  if (name == "count_distinct") return CountDistinct(feature, counts);
  if (name == "approx_count_distinct") return ApproxCountDistinct(feature, counts);
  if (name == "bounded_count_distinct") {
    return Present(Datum(std::min(feature.k, static_cast<int64_t>(counts.size()))));
  }
  if (name == "histogram") return Histogram(feature, counts, waiting);
  if (name == "top_frequency") return TopFrequency(feature, counts);
  if (name == "top1_ratio") return TopShare(feature, counts, waiting);
  return Entropy(feature, counts);
}

}  // namespace millrace::oracle
