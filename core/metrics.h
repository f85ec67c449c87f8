// Metrics: counters, gauges and histograms in the Prometheus model, kept in a Registry and written
// as the text exposition format 0.0.4. Names are millrace_<concept>_<noun>_<unit>, counters end in
// _total. Everything is thread-safe; updating a metric takes no lock and allocates nothing.

#ifndef MILLRACE_CORE_METRICS_H_
#define MILLRACE_CORE_METRICS_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace millrace {

class Counter {
 public:
  void Add(uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

class Gauge {
 public:
  void Set(double v) { value_.store(v, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// Cumulative histogram with fixed upper bounds.
class Histogram {
 public:
  // REQUIRES: bounds ascending.
  explicit Histogram(std::vector<double> bounds);
  void Observe(double v);
  std::span<const double> bounds() const { return bounds_; }
  // Observations at or below bounds()[i]; i == bounds().size() counts all.
  uint64_t CumulativeCount(size_t i) const;
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  std::vector<double> bounds_;
  std::vector<std::atomic<uint64_t>> counts_;
  std::atomic<double> sum_{0};
};

// Upper bounds for latencies in seconds: 100 µs … 10 s, about three a decade.
std::vector<double> LatencyBounds();

using Labels = std::vector<std::pair<std::string, std::string>>;

// Owns metrics by (name, labels). Asking again for the same pair gives the same object; references
// live as long as the registry. A name has one kind and one help text (CHECKed).
class Registry {
 public:
  Counter& GetCounter(absl::string_view name, absl::string_view help, const Labels& labels = {});
  Gauge& GetGauge(absl::string_view name, absl::string_view help, const Labels& labels = {});
  Histogram& GetHistogram(absl::string_view name, absl::string_view help,
                          std::vector<double> bounds, const Labels& labels = {});

  // All metrics in the Prometheus text format 0.0.4, families and series in a stable order.
  std::string Text() const;

 private:
  enum class Kind { kCounter, kGauge, kHistogram };
  struct Family {
    Kind kind;
    std::string help;
    std::map<std::string, std::unique_ptr<Counter>> counters;  // by rendered labels
    std::map<std::string, std::unique_ptr<Gauge>> gauges;
    std::map<std::string, std::unique_ptr<Histogram>> histograms;
  };
  Family& GetFamily(absl::string_view name, absl::string_view help, Kind kind)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  std::map<std::string, Family> families_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace

#endif  // MILLRACE_CORE_METRICS_H_
