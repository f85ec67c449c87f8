#include "stream/sketches/heavy_hitters.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "core/coding.h"
#include "stream/state_limits.h"

namespace millrace {

void HeavyHitters::Add(absl::string_view key, int64_t times) {
  n_ += times;
  if (times < 0 && !exact() && !counts_.contains(key)) return;  // it was dropped
  const auto [entry, added] = counts_.try_emplace(std::string(key.data(), key.size()), 0);
  entry->second += times;
  if (entry->second == 0) counts_.erase(entry);
  Reduce();
}

void HeavyHitters::Merge(const HeavyHitters& later) {
  n_ += later.n_;
  error_ += later.error_;
  for (const auto& [key, count] : later.counts_) {
    const auto [entry, added] = counts_.try_emplace(key, 0);
    entry->second += count;
    if (entry->second == 0) counts_.erase(entry);
  }
  Reduce();
}

void HeavyHitters::Reduce() {
  if (counts_.size() <= capacity_) return;
  std::vector<int64_t> largest;
  largest.reserve(counts_.size());
  for (const auto& [key, count] : counts_) largest.push_back(count);
  const auto beyond = largest.begin() + static_cast<std::ptrdiff_t>(capacity_);
  std::nth_element(largest.begin(), beyond, largest.end(), std::greater<>());
  // Counts that were taken back too early do not reduce the others, but once dropped they cancel
  // nothing any more.
  const int64_t less = std::max<int64_t>(*beyond, 0);
  int64_t off = less;
  for (auto entry = counts_.begin(); entry != counts_.end();) {
    off = std::max(off, -entry->second);
    entry->second -= less;
    entry = entry->second <= 0 ? counts_.erase(entry) : std::next(entry);
  }
  error_ += off;
}

void HeavyHitters::Encode(std::string* out) const {
  PutSignedVarint(out, n_);
  PutVarint(out, static_cast<uint64_t>(error_));
  PutVarint(out, counts_.size());
  for (const auto& [key, count] : counts_) {
    PutLengthPrefixed(out, key);
    PutSignedVarint(out, count);
  }
}

bool HeavyHitters::Decode(absl::string_view* in) {
  counts_.clear();
  uint64_t error, size;
  if (!GetStateCount(in, &n_) || !GetVarint(in, &error) || error > kCountLimit ||
      !GetVarint(in, &size) || size > capacity_) {
    return false;
  }
  error_ = static_cast<int64_t>(error);
  for (uint64_t i = 0; i < size; ++i) {
    absl::string_view key;
    int64_t count;
    if (!GetLengthPrefixed(in, &key) || !GetStateCount(in, &count) || count == 0) return false;
    const std::string owned(key.data(), key.size());
    if (!counts_.empty() && owned <= counts_.rbegin()->first) return false;
    counts_.emplace_hint(counts_.end(), owned, count);
  }
  return true;
}

size_t HeavyHitters::MemoryBytes() const {
  size_t bytes = 0;
  for (const auto& [key, count] : counts_) bytes += sizeof(Counts::value_type) + key.capacity();
  return bytes;
}

}  // namespace millrace
