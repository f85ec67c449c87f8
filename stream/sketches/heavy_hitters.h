// HeavyHitters: the most frequent keys and how often each came. Exact while there are at most
// `capacity` different keys; beyond, every count is too small by at most error() <= n / (capacity +
// 1), and every key that is more frequent than that is there. Where keys were taken back before they
// came, error() may be larger, and a count too large by as much.
//
// J. Misra, D. Gries, "Finding repeated elements", 1982; merging by P. Agarwal et al., "Mergeable
// Summaries", 2012, section 3: add, subtract the (capacity + 1)-th largest count, drop what is not
// positive.
//
// Class E while exact, then R. Thread-compatible.

#ifndef MILLRACE_STREAM_SKETCHES_HEAVY_HITTERS_H_
#define MILLRACE_STREAM_SKETCHES_HEAVY_HITTERS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/container/btree_map.h"
#include "absl/strings/string_view.h"

namespace millrace {

class HeavyHitters {
 public:
  using Counts = absl::btree_map<std::string, int64_t>;

  // REQUIRES: capacity > 0.
  explicit HeavyHitters(size_t capacity) : capacity_(capacity) {}

  // Counts `key` `times` more; -1 takes one back. Keys whose count is 0 are dropped while exact;
  // a negative count stays, so that what it took back too early cancels when it comes.
  void Add(absl::string_view key, int64_t times);
  void Merge(const HeavyHitters& later);

  const Counts& counts() const { return counts_; }  // none is 0
  int64_t n() const { return n_; }                  // of all keys, with those dropped
  int64_t error() const { return error_; }
  bool exact() const { return error_ == 0; }

  // Equal states give equal bytes.
  void Encode(std::string* out) const;
  // Takes a sketch of this capacity off the front of *in. False when it does not parse.
  bool Decode(absl::string_view* in);
  size_t MemoryBytes() const;

 private:
  void Reduce();

  size_t capacity_;
  int64_t n_ = 0;
  int64_t error_ = 0;
  Counts counts_;
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_SKETCHES_HEAVY_HITTERS_H_
