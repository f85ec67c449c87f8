// ScoreSums: the sums behind the metrics of binary scores, and the metrics made from them. With n
// samples of score p, clipped to [1e-15, 1 - 1e-15], and label y:
//
//   base_rate    Σy / n
//   log_loss     Σ -(y ln p + (1-y) ln(1-p)) / n
//   ne           log_loss / H(base_rate), H(b) = -(b ln b + (1-b) ln(1-b)): below 1 is better than
//                always answering the base rate of the same sample (He et al. 2014, §3.1)
//   calibration  Σp / Σy
//   accuracy     share of samples with (p >= 1/2) = y
//   brier        Σ(p - y)² / n
//   auc          share of (positive, negative) pairs in the right order, ties ½ (score_histogram.h)

#ifndef MILLRACE_LEARNERS_METRICS_SCORE_SUMS_H_
#define MILLRACE_LEARNERS_METRICS_SCORE_SUMS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace millrace {

// What a sample shows. A metric that it does not define (any of none, ne and auc of one class,
// calibration without positives) is absent.
struct BinaryReport {
  uint64_t n = 0;
  std::optional<double> base_rate;
  std::optional<double> log_loss;
  std::optional<double> ne;
  std::optional<double> calibration;
  std::optional<double> accuracy;
  std::optional<double> brier;
  std::optional<double> auc;
};

struct ScoreSums {
  uint64_t n = 0;
  uint64_t positives = 0;
  uint64_t correct = 0;
  double log_loss = 0;
  double score = 0;
  double squared_error = 0;

  // Adds a sample and returns the log odds of its clipped score. A score that is NaN counts as 1/2.
  double Add(double score_of_sample, bool label);
  // Equal to having added the samples of both, up to rounding of the sums; commutes exactly.
  void Merge(const ScoreSums& other);
  // All but auc.
  BinaryReport Report() const;

  // Appends the bytes; Load takes them off the front of `*in`, false when malformed.
  void Save(std::string* out) const;
  static bool Load(absl::string_view* in, ScoreSums* sums);

  friend bool operator==(const ScoreSums&, const ScoreSums&) = default;
};

}  // namespace millrace

#endif  // MILLRACE_LEARNERS_METRICS_SCORE_SUMS_H_
