// Kll: quantiles of a stream of doubles. Exact up to 256 values; beyond, the rank of an answer is
// off by at most 1.33 % of n with 99 % confidence (k = 200: 2.296 / k^0.9723, the fit of Apache
// DataSketches). Smallest and largest value are exact.
//
// Z. Karnin, K. Lang, E. Liberty, "Optimal Quantile Approximation in Streams", 2016. Deviations:
// values are kept as they are up to 256; the coin of a compaction is a hash of (the values
// compacted first, level, number of compactions), so that a replay gives the same bits.
//
// Class R: the state depends on the order of adding and merging. Thread-compatible.

#ifndef MILLRACE_STREAM_SKETCHES_KLL_H_
#define MILLRACE_STREAM_SKETCHES_KLL_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace millrace {

class Kll {
 public:
  static constexpr size_t kExactValues = 256;
  static constexpr size_t kAccuracy = 200;  // the paper's k

  // REQUIRES: finite.
  void Add(double value);
  void Merge(const Kll& later);

  int64_t n() const { return n_; }
  bool exact() const { return levels_.size() <= 1; }
  // The q-quantile: linear interpolation at (n − 1)q while exact. nullopt when empty.
  // REQUIRES: 0 <= q <= 1.
  std::optional<double> Quantile(double q) const;

  // Equal states give equal bytes, and while exact equal multisets of values do.
  void Encode(std::string* out) const;
  // Takes a sketch off the front of *in. False when it does not parse.
  bool Decode(absl::string_view* in);
  size_t MemoryBytes() const;

 private:
  size_t CapacityOf(size_t level) const;
  void Compress();
  void Compact(size_t level);

  int64_t n_ = 0;
  uint64_t seed_ = 0;  // of the coins; 0 before the first compaction
  uint64_t compactions_ = 0;
  double min_ = 0, max_ = 0;  // of all values, while n_ > 0
  // Values of weight 2^level; ascending in level 0 while exact and in all levels above 0.
  std::vector<std::vector<double>> levels_;
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_SKETCHES_KLL_H_
