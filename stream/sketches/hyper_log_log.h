// HyperLogLog: how many different hashes there were. Exact up to 256; beyond, an estimate with a
// standard error of 1.04 / sqrt(2^precision): 6.5 % at 8, 1.6 % at 12, 0.8 % at 14.
//
// P. Flajolet et al., "HyperLogLog", 2007, with the estimator of O. Ertl, "New cardinality
// estimation algorithms for HyperLogLog sketches", 2017, Algorithm 6, which needs no tables of
// biases. Deviation: the set itself is kept up to 256 hashes.
//
// The state is a function of the set of hashes alone: of neither their order nor of merges.
// Thread-compatible.

#ifndef MILLRACE_STREAM_SKETCHES_HYPER_LOG_LOG_H_
#define MILLRACE_STREAM_SKETCHES_HYPER_LOG_LOG_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace millrace {

class HyperLogLog {
 public:
  static constexpr size_t kExactHashes = 256;
  static constexpr int kMinPrecision = 8, kMaxPrecision = 16;

  // REQUIRES: kMinPrecision <= precision <= kMaxPrecision.
  explicit HyperLogLog(int precision) : precision_(precision) {}

  // REQUIRES: the hash is uniform over 64 bits (Xxh3).
  void Add(uint64_t hash);
  // REQUIRES: equal precisions.
  void Merge(const HyperLogLog& other);

  // The number of different hashes; exact while exact().
  int64_t Estimate() const;
  bool exact() const { return registers_.empty(); }
  bool empty() const { return exact() && hashes_.empty(); }

  // Canonical bytes: equal sets give equal bytes.
  void Encode(std::string* out) const;
  // Takes a sketch of this precision off the front of *in. False when it does not parse.
  bool Decode(absl::string_view* in);
  size_t MemoryBytes() const { return hashes_.capacity() * 8 + registers_.capacity(); }

 private:
  void AddToRegisters(uint64_t hash);

  int precision_;
  std::vector<uint64_t> hashes_;    // ascending; empty once there are registers
  std::vector<uint8_t> registers_;  // 2^precision, or none
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_SKETCHES_HYPER_LOG_LOG_H_
