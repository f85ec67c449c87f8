#include "stream/sketches/kll.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "core/coding.h"
#include "core/hashing.h"
#include "core/random.h"
#include "stream/state_limits.h"

namespace millrace {
namespace {

constexpr size_t kSmallestCapacity = 8;
constexpr size_t kMaxLevels = 60;

void InsertSorted(double value, std::vector<double>* values) {
  values->insert(std::upper_bound(values->begin(), values->end(), value), value);
}

}  // namespace

size_t Kll::CapacityOf(size_t level) const {
  if (exact()) return kExactValues;
  double capacity = kAccuracy;
  for (size_t above = levels_.size() - 1; above > level; --above) capacity *= 2.0 / 3.0;
  return std::max(kSmallestCapacity, static_cast<size_t>(std::ceil(capacity)));
}

void Kll::Add(double value) {
  if (n_ == 0) {
    min_ = max_ = value;
    levels_.assign(1, {});
  }
  ++n_;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
  if (exact()) {
    InsertSorted(value, &levels_[0]);
  } else {
    levels_[0].push_back(value);
  }
  if (levels_[0].size() > CapacityOf(0)) Compress();
}

void Kll::Merge(const Kll& later) {
  if (later.n_ == 0) return;
  if (n_ == 0) {
    *this = later;
    return;
  }
  min_ = std::min(min_, later.min_);
  max_ = std::max(max_, later.max_);
  n_ += later.n_;
  compactions_ += later.compactions_;
  if (seed_ == 0) seed_ = later.seed_;
  const bool stays_exact = exact() && later.exact() && static_cast<size_t>(n_) <= kExactValues;
  if (levels_.size() < later.levels_.size()) levels_.resize(later.levels_.size());
  for (size_t level = 0; level < later.levels_.size(); ++level) {
    std::vector<double>& mine = levels_[level];
    const std::vector<double>& other = later.levels_[level];
    const auto middle = static_cast<std::ptrdiff_t>(mine.size());
    mine.insert(mine.end(), other.begin(), other.end());
    if (level > 0 || stays_exact) {
      std::inplace_merge(mine.begin(), mine.begin() + middle, mine.end());
    }
  }
  Compress();
}

void Kll::Compress() {
  for (;;) {
    size_t size = 0, capacity = 0;
    for (size_t level = 0; level < levels_.size(); ++level) {
      size += levels_[level].size();
      capacity += CapacityOf(level);
    }
    if (size <= capacity) return;
    size_t level = 0;
    while (levels_[level].size() <= CapacityOf(level)) ++level;
    Compact(level);
  }
}

// Every second value of the level, with double weight, into the one above.
void Kll::Compact(size_t level) {
  if (level + 1 == levels_.size()) levels_.emplace_back();
  std::vector<double> values = std::exchange(levels_[level], {});
  if (level == 0) std::sort(values.begin(), values.end());
  if (seed_ == 0) {
    seed_ =
        1 | Xxh3({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double)});
  }
  if (values.size() % 2 == 1) {
    levels_[level].push_back(values.back());
    values.pop_back();
  }
  const uint64_t coin = SplitMix64(seed_ ^ SplitMix64(level << 32 ^ compactions_++)) & 1;
  std::vector<double>& above = levels_[level + 1];
  const auto middle = static_cast<std::ptrdiff_t>(above.size());
  for (size_t i = coin; i < values.size(); i += 2) above.push_back(values[i]);
  std::inplace_merge(above.begin(), above.begin() + middle, above.end());
}

std::optional<double> Kll::Quantile(double q) const {
  if (n_ == 0) return std::nullopt;
  if (q <= 0) return min_;
  if (q >= 1) return max_;
  const double rank = q * static_cast<double>(n_ - 1);
  if (exact()) {
    const auto below = static_cast<size_t>(rank);
    const double low = levels_[0][below];
    if (below + 1 == levels_[0].size()) return low;
    const double high = levels_[0][below + 1];
    const double share = rank - static_cast<double>(below);
    // Their distance may overflow; their halves' does not.
    const double between = std::isfinite(high - low) ? low + (high - low) * share
                                                     : 2 * (low / 2 + (high / 2 - low / 2) * share);
    return std::clamp(between, low, high);
  }
  std::vector<std::pair<double, uint64_t>> weighted;
  for (size_t level = 0; level < levels_.size(); ++level) {
    for (const double value : levels_[level]) weighted.emplace_back(value, uint64_t{1} << level);
  }
  std::sort(weighted.begin(), weighted.end());
  uint64_t below = 0;
  for (const auto& [value, weight] : weighted) {
    below += weight;
    if (static_cast<double>(below) > rank) return value;
  }
  return max_;
}

void Kll::Encode(std::string* out) const {
  PutVarint(out, static_cast<uint64_t>(n_));
  if (n_ == 0) return;
  PutVarint(out, levels_.size());
  if (!exact()) {
    PutBig64(out, seed_);
    PutVarint(out, compactions_);
    PutBig64(out, std::bit_cast<uint64_t>(min_));
    PutBig64(out, std::bit_cast<uint64_t>(max_));
  }
  for (const std::vector<double>& level : levels_) {
    if (!exact()) PutVarint(out, level.size());
    for (const double value : level) PutBig64(out, std::bit_cast<uint64_t>(value));
  }
}

bool Kll::Decode(absl::string_view* in) {
  *this = Kll();
  uint64_t n, levels;
  if (!GetVarint(in, &n) || n > kCountLimit) return false;
  n_ = static_cast<int64_t>(n);
  if (n == 0) return true;
  if (!GetVarint(in, &levels) || levels == 0 || levels > kMaxLevels) return false;
  const auto number = [in](double* value) {
    uint64_t bits;
    if (!GetBig64(in, &bits)) return false;
    *value = std::bit_cast<double>(bits);
    return std::isfinite(*value);
  };
  if (levels > 1 && (!GetBig64(in, &seed_) || !GetVarint(in, &compactions_) || !number(&min_) ||
                     !number(&max_))) {
    return false;
  }
  levels_.resize(levels);
  uint64_t weight = 0;
  for (size_t level = 0; level < levels; ++level) {
    uint64_t size = n;
    if (levels > 1 && !GetVarint(in, &size)) return false;
    if (size > in->size() / 8) return false;
    for (uint64_t i = 0; i < size; ++i) {
      double value;
      if (!number(&value)) return false;
      const bool sorted = level > 0 || levels == 1;
      if (sorted && i > 0 && value < levels_[level].back()) return false;
      levels_[level].push_back(value);
    }
    weight += size << level;
  }
  if (weight != n) return false;
  if (levels == 1) {
    if (n > kExactValues) return false;
    min_ = levels_[0].front();
    max_ = levels_[0].back();
  }
  return true;
}

size_t Kll::MemoryBytes() const {
  size_t bytes = levels_.capacity() * sizeof(levels_[0]);
  for (const std::vector<double>& level : levels_) bytes += level.capacity() * sizeof(double);
  return bytes;
}

}  // namespace millrace
