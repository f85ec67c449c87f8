#include "stream/sketches/hyper_log_log.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "core/coding.h"

namespace millrace {
namespace {

// Ertl 2017, equations 15 and 18: what registers that are still zero, or full, add.
double Sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double y = 1, z = x, previous;
  do {
    x *= x;
    previous = z;
    z += x * y;
    y += y;
  } while (z != previous);
  return z;
}

double Tau(double x) {
  if (x == 0 || x == 1) return 0;
  double y = 1, z = 1 - x, previous;
  do {
    x = std::sqrt(x);
    previous = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  } while (z != previous);
  return z / 3;
}

}  // namespace

void HyperLogLog::AddToRegisters(uint64_t hash) {
  const auto index = static_cast<size_t>(hash >> (64 - precision_));
  // The position of the first one after the index, at most 65 − precision.
  const uint64_t rest = hash << precision_ | uint64_t{1} << (precision_ - 1);
  const auto rank = static_cast<uint8_t>(std::countl_zero(rest) + 1);
  registers_[index] = std::max(registers_[index], rank);
}

void HyperLogLog::Add(uint64_t hash) {
  if (!exact()) return AddToRegisters(hash);
  const auto at = std::lower_bound(hashes_.begin(), hashes_.end(), hash);
  if (at != hashes_.end() && *at == hash) return;
  hashes_.insert(at, hash);
  if (hashes_.size() <= kExactHashes) return;
  registers_.resize(size_t{1} << precision_, 0);
  for (const uint64_t known : hashes_) AddToRegisters(known);
  hashes_ = {};
}

void HyperLogLog::Merge(const HyperLogLog& other) {
  if (other.exact()) {
    for (const uint64_t hash : other.hashes_) Add(hash);
    return;
  }
  if (exact()) {
    registers_.resize(size_t{1} << precision_, 0);
    for (const uint64_t hash : hashes_) AddToRegisters(hash);
    hashes_ = {};
  }
  for (size_t i = 0; i < registers_.size(); ++i) {
    registers_[i] = std::max(registers_[i], other.registers_[i]);
  }
}

int64_t HyperLogLog::Estimate() const {
  if (exact()) return static_cast<int64_t>(hashes_.size());
  const int q = 64 - precision_;
  std::vector<int> counts(static_cast<size_t>(q) + 2, 0);
  for (const uint8_t rank : registers_) ++counts[rank];
  const auto m = static_cast<double>(registers_.size());
  double z = m * Tau(1 - counts.back() / m);
  for (int k = q; k >= 1; --k) z = 0.5 * (z + counts[static_cast<size_t>(k)]);
  z += m * Sigma(counts[0] / m);
  const double alpha = 0.5 / std::log(2.0);
  return std::llround(alpha * m * m / z);
}

// A byte says which form follows: the hashes, the registers that are not zero, or all registers;
// the shorter of the latter two.
void HyperLogLog::Encode(std::string* out) const {
  if (exact()) {
    out->push_back(0);
    PutVarint(out, hashes_.size());
    for (const uint64_t hash : hashes_) PutBig64(out, hash);
    return;
  }
  const auto zeros =
      static_cast<size_t>(std::count(registers_.begin(), registers_.end(), uint8_t{0}));
  const size_t used = registers_.size() - zeros;
  if (2 * used < registers_.size() * 6 / 8) {
    out->push_back(1);
    PutVarint(out, used);
    size_t previous = 0;
    for (size_t i = 0; i < registers_.size(); ++i) {
      if (registers_[i] == 0) continue;
      PutVarint(out, i - previous);
      out->push_back(static_cast<char>(registers_[i]));
      previous = i;
    }
    return;
  }
  out->push_back(2);
  uint32_t bits = 0;
  int held = 0;
  for (const uint8_t rank : registers_) {
    bits = bits << 6 | rank;
    held += 6;
    while (held >= 8) {
      held -= 8;
      out->push_back(static_cast<char>(bits >> held));
    }
  }
}

bool HyperLogLog::Decode(absl::string_view* in) {
  hashes_.clear();
  registers_.clear();
  if (in->empty()) return false;
  const char form = in->front();
  in->remove_prefix(1);
  const size_t m = size_t{1} << precision_;
  const uint8_t max_rank = static_cast<uint8_t>(65 - precision_);
  if (form == 0) {
    uint64_t n;
    if (!GetVarint(in, &n) || n > kExactHashes) return false;
    for (uint64_t i = 0; i < n; ++i) {
      uint64_t hash;
      if (!GetBig64(in, &hash) || (i > 0 && hash <= hashes_.back())) return false;
      hashes_.push_back(hash);
    }
    return true;
  }
  registers_.assign(m, 0);
  if (form == 1) {
    uint64_t used, index = 0;
    if (!GetVarint(in, &used) || used > m) return false;
    for (uint64_t i = 0; i < used; ++i) {
      uint64_t step;
      if (!GetVarint(in, &step) || (i > 0 && step == 0) || step >= m - index || in->empty()) {
        return false;
      }
      index += step;
      registers_[index] = static_cast<uint8_t>(in->front());
      in->remove_prefix(1);
      if (registers_[index] == 0 || registers_[index] > max_rank) return false;
    }
    return true;
  }
  if (form != 2 || in->size() < m * 6 / 8) return false;
  uint32_t bits = 0;
  int held = 0;
  size_t next = 0;
  for (uint8_t& rank : registers_) {
    while (held < 6) {
      bits = bits << 8 | static_cast<uint8_t>((*in)[next++]);
      held += 8;
    }
    held -= 6;
    rank = static_cast<uint8_t>(bits >> held & 63);
    if (rank > max_rank) return false;
  }
  in->remove_prefix(m * 6 / 8);
  return true;
}

}  // namespace millrace
