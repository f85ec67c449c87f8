// BinaryMetrics: the metrics of all samples of one binary learner: formulas in score_sums.h.
// Samples are not weighted. Adding allocates only while scores reach a range for the first time;
// memory is at most 512 KiB. Thread-compatible.

#ifndef MILLRACE_LEARNERS_METRICS_BINARY_METRICS_H_
#define MILLRACE_LEARNERS_METRICS_BINARY_METRICS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "learners/metrics/score_histogram.h"
#include "learners/metrics/score_sums.h"

namespace millrace {

class BinaryMetrics {
 public:
  // score: a probability. NaN counts as 1/2.
  void Add(double score, bool label) { histogram_.Add(sums_.Add(score, label), label); }
  // As if the samples of `other` had been added here; sums up to rounding, all counts exactly.
  void Merge(const BinaryMetrics& other) {
    sums_.Merge(other.sums_);
    histogram_.Merge(other.histogram_);
  }
  // Walks the bins in use.
  BinaryReport Report() const;

  // Appends the bytes: equal metrics give equal bytes, some bytes for each bin in use.
  void Save(std::string* out) const;
  // DataLoss when the bytes are not what Save wrote.
  static absl::StatusOr<BinaryMetrics> Load(absl::string_view bytes);

 private:
  ScoreSums sums_;
  ScoreHistogram histogram_{ScoreHistogram::kFine};
};

}  // namespace millrace

#endif  // MILLRACE_LEARNERS_METRICS_BINARY_METRICS_H_
