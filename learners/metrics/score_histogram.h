// ScoreHistogram: positives and negatives by log odds of their score, in equal bins over
// [-limit, limit] (what is beyond counts in the outermost bins), and the AUC they show: the share
// of (positive, negative) pairs in which the positive scored higher, pairs in one bin counting ½.
// Equal scores always share a bin, so ties are exact; unequal scores of one bin err by at most ½
// Σ_b pos_b neg_b / (pos neg), and for a smooth distribution of scores by O(bin width²).
//
// Memory is taken by the block of 64 bins (512 bytes) as bins are first used. A bin counts to
// 2^32 - 1 and stays there. Thread-compatible.

#ifndef MILLRACE_LEARNERS_METRICS_SCORE_HISTOGRAM_H_
#define MILLRACE_LEARNERS_METRICS_SCORE_HISTOGRAM_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace millrace {

class ScoreHistogram {
 public:
  struct Shape {
    uint32_t bins;
    double limit;  // log odds
    friend bool operator==(const Shape&, const Shape&) = default;
  };
  // Error within 1e-4 on smooth scores; up to 512 KiB.
  static constexpr Shape kFine = {65536, 16.0};
  // About 1e-3; up to 1 KiB.
  static constexpr Shape kCoarse = {128, 8.0};

  // REQUIRES: bins a positive multiple of 64, limit > 0.
  explicit ScoreHistogram(Shape shape);

  void Add(double log_odds, bool label);
  // REQUIRES: equal shapes. Commutes and associates exactly.
  void Merge(const ScoreHistogram& other);
  // Absent when a class has no sample.
  std::optional<double> Auc() const;

  // Appends the bins in use; Load takes them off the front of `*in` into an empty histogram of the
  // same shape, false when malformed.
  void Save(std::string* out) const;
  bool Load(absl::string_view* in);

 private:
  static constexpr uint32_t kBlockBins = 64;
  struct Bin {
    uint32_t positives = 0;
    uint32_t negatives = 0;
  };
  using Block = std::array<Bin, kBlockBins>;

  Bin& BinAt(uint32_t index);

  Shape shape_;
  std::vector<std::unique_ptr<Block>> blocks_;
};

}  // namespace millrace

#endif  // MILLRACE_LEARNERS_METRICS_SCORE_HISTOGRAM_H_
