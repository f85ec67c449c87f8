// WindowedMetrics: the metrics of one learner over the last hours or days of decisions.
//
// Decisions are counted when made, outcomes when they come, both in the bucket of the decision's
// time. As labels come late, a window of length D ends at the newest decision time, in whole
// buckets, at which its maturity = resolved / decided is at least `maturity`: otherwise the newest
// window would show only what resolves fast. Formulas in score_sums.h; auc from the coarse
// histogram, about 1e-3.
//
// Bounded: `max_buckets` up to the newest decision; older ones are forgotten, and what comes for
// them is counted as late. Event time only. Thread-compatible.

#ifndef MILLRACE_LEARNERS_METRICS_WINDOWED_METRICS_H_
#define MILLRACE_LEARNERS_METRICS_WINDOWED_METRICS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "learners/metrics/score_histogram.h"
#include "learners/metrics/score_sums.h"

namespace millrace {

// A window [from, until). All zero when there is none yet.
struct WindowReport {
  // Absent when no window has matured; then the rest describes the newest window as it stands.
  std::optional<int64_t> until_ms;
  int64_t from_ms = 0;
  int64_t end_ms = 0;  // of the window described: until_ms, or the newest bucket's end
  uint64_t decided = 0;
  uint64_t resolved = 0;  // labelled, or known never to be
  double maturity = 0;    // resolved / decided
  BinaryReport metrics;   // of the labelled
};

class WindowedMetrics {
 public:
  struct Options {
    int64_t bucket_ms = 3'600'000;  // width of a bucket
    int64_t max_buckets = 31 * 24;  // that are kept
    double maturity = 0.95;         // share resolved that a window needs
  };
  WindowedMetrics() : WindowedMetrics(Options()) {}
  // REQUIRES: bucket_ms > 0, max_buckets > 0, maturity in [0, 1].
  explicit WindowedMetrics(Options options);

  // Times are decision times, ms since the epoch. The newest one moves what is kept: a time from a
  // wrong clock must be kept away by the caller (the source's future_skew does).
  void AddDecision(int64_t decision_ms);
  // The outcome of a decision counted before. NaN scores count as 1/2.
  void AddOutcome(int64_t decision_ms, double score, bool label);
  // The decision will have no label.
  void AddUnlabelled(int64_t decision_ms);

  // The newest mature window of `length_ms`, rounded up to whole buckets. Walks the buckets kept.
  WindowReport Query(int64_t length_ms) const;

  // Decisions and outcomes older than what is kept.
  uint64_t late() const { return late_; }

  // Appends the bytes: equal metrics give equal bytes. Load replaces all; DataLoss, nothing
  // changed, when the bytes are not what Save wrote under these options.
  void Save(std::string* out) const;
  absl::Status Load(absl::string_view bytes);

 private:
  struct Bucket {
    uint64_t decided = 0;
    uint64_t resolved = 0;
    ScoreSums sums;
    ScoreHistogram histogram{ScoreHistogram::kCoarse};
  };

  // Null, and counted as late, when it is not kept any more.
  Bucket* BucketOf(int64_t decision_ms);

  Options options_;
  uint64_t late_ = 0;
  std::map<int64_t, Bucket> buckets_;  // by floor(decision time / bucket_ms)
};

}  // namespace millrace

#endif  // MILLRACE_LEARNERS_METRICS_WINDOWED_METRICS_H_
