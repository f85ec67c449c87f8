// Events of entities by Zipf's law (exponent 1), equally far apart in time; the same ones in every
// run. Owned by one thread.

#ifndef MILLRACE_BENCH_ZIPF_STREAM_H_
#define MILLRACE_BENCH_ZIPF_STREAM_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/check.h"
#include "core/random.h"
#include "featurestore/online_store.h"

namespace millrace {

// Event time of the first event of a benchmark's streams.
constexpr int64_t kStartMs = 1'356'998'400'000;

class ZipfStream {
 public:
  ZipfStream(int64_t entities, int64_t gap_ms) : gap_ms_(gap_ms) {
    names_.reserve(static_cast<size_t>(entities));
    for (int64_t k = 0; k < entities; ++k) {
      names_.push_back(absl::StrCat("u", SplitMix64(static_cast<uint64_t>(k)) % 1'000'000'000));
    }
    Random random(1);
    for (size_t i = 0; i < kDrawn; ++i) {
      // Log-uniform ranks: density ∝ 1/rank.
      const double rank = std::pow(static_cast<double>(entities), random.Unit());
      drawn_.push_back(
          static_cast<uint32_t>(std::min<int64_t>(entities, static_cast<int64_t>(rank)) - 1));
      amounts_.push_back(std::round(random.Unit() * 100'000) / 100);
    }
  }

  // To a store of one view with the fields of tests/featurestore/test_view.h.
  void ApplyNext(OnlineStore& store) {
    const Value fields[4] = {Value::String(name()), Value::Int(1), Value::Double(amount()),
                             Value::Null()};
    const int64_t at = now_ms();
    CHECK(store.Apply({at, at, 0, 0, n_, fields}).ok());
    Next();
  }

  // Of the next event.
  const std::string& name() const { return names_[drawn_[index()]]; }
  double amount() const { return amounts_[index()]; }
  int64_t now_ms() const { return kStartMs + n_ * gap_ms_; }
  void Next() { ++n_; }
  int64_t applied() const { return n_; }

 private:
  static constexpr size_t kDrawn = size_t{1} << 23;
  size_t index() const { return static_cast<size_t>(n_) & (kDrawn - 1); }

  int64_t gap_ms_;
  int64_t n_ = 0;
  std::vector<std::string> names_;
  std::vector<uint32_t> drawn_;
  std::vector<double> amounts_;
};

}  // namespace millrace

#endif  // MILLRACE_BENCH_ZIPF_STREAM_H_
