#include "learners/metrics/windowed_metrics.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "core/coding.h"
#include "core/status_macros.h"
#include "learners/sealed_bytes.h"

namespace millrace {
namespace {

constexpr absl::string_view kKind = "metrics/windowed";
constexpr uint32_t kFormat = 1;

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// The bucket numbers a window can end in are bounded so that no product with bucket_ms overflows.
constexpr int64_t kMaxTimeMs = int64_t{1} << 60;

}  // namespace

WindowedMetrics::WindowedMetrics(Options options) : options_(options) {
  CHECK(options.bucket_ms > 0 && options.bucket_ms <= kMaxTimeMs && options.max_buckets > 0);
  CHECK(options.maturity >= 0 && options.maturity <= 1);
}

WindowedMetrics::Bucket* WindowedMetrics::BucketOf(int64_t decision_ms) {
  const int64_t number =
      FloorDivide(std::clamp(decision_ms, -kMaxTimeMs, kMaxTimeMs), options_.bucket_ms);
  if (!buckets_.empty() && number <= buckets_.rbegin()->first - options_.max_buckets) {
    ++late_;
    return nullptr;
  }
  Bucket* bucket = &buckets_[number];
  while (buckets_.begin()->first <= buckets_.rbegin()->first - options_.max_buckets) {
    buckets_.erase(buckets_.begin());
  }
  return bucket;
}

void WindowedMetrics::AddDecision(int64_t decision_ms) {
  if (Bucket* bucket = BucketOf(decision_ms)) ++bucket->decided;
}

void WindowedMetrics::AddOutcome(int64_t decision_ms, double score, bool label) {
  if (Bucket* bucket = BucketOf(decision_ms)) {
    ++bucket->resolved;
    bucket->histogram.Add(bucket->sums.Add(score, label), label);
  }
}

void WindowedMetrics::AddUnlabelled(int64_t decision_ms) {
  if (Bucket* bucket = BucketOf(decision_ms)) ++bucket->resolved;
}

WindowReport WindowedMetrics::Query(int64_t length_ms) const {
  WindowReport report;
  if (buckets_.empty()) return report;
  const int64_t width = std::clamp<int64_t>(
      (std::max<int64_t>(length_ms, 1) - 1) / options_.bucket_ms + 1, 1, options_.max_buckets);
  // A window is the buckets (last - width, last]. Going back from the newest `last`, `low` is the
  // first bucket of the window and the counts follow both ends.
  auto low = buckets_.end();
  uint64_t decided = 0;
  uint64_t resolved = 0;
  const auto describe = [&](int64_t last) {
    report.end_ms = (last + 1) * options_.bucket_ms;
    report.from_ms = (last + 1 - width) * options_.bucket_ms;
    report.decided = decided;
    report.resolved = resolved;
    report.maturity =
        decided == 0 ? 0
                     : std::min(1.0, static_cast<double>(resolved) / static_cast<double>(decided));
  };
  auto high = buckets_.end();  // one past the last bucket of the window
  auto chosen_low = buckets_.end();
  auto chosen_high = buckets_.end();
  while (high != buckets_.begin()) {
    const int64_t last = std::prev(high)->first;
    while (low != buckets_.begin() && std::prev(low)->first > last - width) {
      --low;
      decided += low->second.decided;
      resolved += low->second.resolved;
    }
    const bool newest = high == buckets_.end();
    const bool mature = decided > 0 && static_cast<double>(resolved) >=
                                           options_.maturity * static_cast<double>(decided);
    if (newest || mature) {
      describe(last);
      chosen_low = low;
      chosen_high = high;
    }
    if (mature) {
      report.until_ms = report.end_ms;
      break;
    }
    --high;
    decided -= high->second.decided;
    resolved -= high->second.resolved;
  }
  ScoreSums sums;
  ScoreHistogram histogram(ScoreHistogram::kCoarse);
  for (auto it = chosen_low; it != chosen_high; ++it) {  // in time order: sums are the same bits
    sums.Merge(it->second.sums);
    histogram.Merge(it->second.histogram);
  }
  report.metrics = sums.Report();
  report.metrics.auc = histogram.Auc();
  return report;
}

void WindowedMetrics::Save(std::string* out) const {
  std::string content;
  PutVarint(&content, static_cast<uint64_t>(options_.bucket_ms));
  PutVarint(&content, static_cast<uint64_t>(options_.max_buckets));
  PutDouble(&content, options_.maturity);
  PutVarint(&content, late_);
  PutVarint(&content, buckets_.size());
  for (const auto& [number, bucket] : buckets_) {
    PutSignedVarint(&content, number);
    PutVarint(&content, bucket.decided);
    PutVarint(&content, bucket.resolved);
    bucket.sums.Save(&content);
    bucket.histogram.Save(&content);
  }
  Seal(kKind, kFormat, content, out);
}

absl::Status WindowedMetrics::Load(absl::string_view bytes) {
  ASSIGN_OR_RETURN(absl::string_view in, Unseal(kKind, kFormat, bytes));
  const auto lost = [] { return absl::DataLossError("metrics/windowed: damaged content"); };
  uint64_t bucket_ms;
  uint64_t max_buckets;
  double maturity;
  uint64_t late;
  uint64_t count;
  if (!GetVarint(&in, &bucket_ms) || !GetVarint(&in, &max_buckets) || !GetDouble(&in, &maturity) ||
      !GetVarint(&in, &late) || !GetVarint(&in, &count)) {
    return lost();
  }
  if (bucket_ms != static_cast<uint64_t>(options_.bucket_ms) ||
      max_buckets != static_cast<uint64_t>(options_.max_buckets) || maturity != options_.maturity) {
    return absl::DataLossError("metrics/windowed: written under other options");
  }
  if (count > max_buckets) return lost();
  std::map<int64_t, Bucket> buckets;
  const int64_t bound = kMaxTimeMs / options_.bucket_ms + 1;
  for (uint64_t i = 0; i < count; ++i) {
    int64_t number;
    Bucket bucket;
    if (!GetSignedVarint(&in, &number) || number < -bound || number > bound ||
        (!buckets.empty() && number <= buckets.rbegin()->first) ||
        !GetVarint(&in, &bucket.decided) || !GetVarint(&in, &bucket.resolved) ||
        !ScoreSums::Load(&in, &bucket.sums) || !bucket.histogram.Load(&in)) {
      return lost();
    }
    buckets.emplace(number, std::move(bucket));
  }
  if (!in.empty() || (!buckets.empty() &&
                      buckets.begin()->first <= buckets.rbegin()->first - options_.max_buckets)) {
    return lost();
  }
  late_ = late;
  buckets_ = std::move(buckets);
  return absl::OkStatus();
}

}  // namespace millrace
