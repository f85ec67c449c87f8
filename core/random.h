// Random: the only source of randomness. A seed gives the same numbers on every machine and for
// ever (they decide exploration and resampling, which replay must repeat), so nothing here goes
// through <random>, whose distributions differ between libraries. Not for secrets.
// Thread-compatible; copyable: a copy continues with the same numbers.
//
// xoshiro256** 1.0 and splitmix64: D. Blackman, S. Vigna, "Scrambled Linear Pseudorandom Number
// Generators", ACM TOMS 47(4), 2021; reference code at prng.di.unimi.it.

#ifndef MILLRACE_CORE_RANDOM_H_
#define MILLRACE_CORE_RANDOM_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "core/check.h"

namespace millrace {

// One step of splitmix64: a bijection whose output looks random even for neighbouring inputs. For
// drawing a number from a hash or an id without keeping a generator.
constexpr uint64_t SplitMix64(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// The upper 53 bits as a double in [0, 1).
constexpr double UnitInterval(uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1.0p-53; }

class Random {
 public:
  using State = std::array<uint64_t, 4>;

  explicit Random(uint64_t seed) {
    for (uint64_t& word : state_) {
      word = SplitMix64(seed);
      seed += 0x9e3779b97f4a7c15u;
    }
  }
  // Continues where a generator with this state() stopped. REQUIRES: not all zero.
  explicit Random(const State& state) : state_(state) {
    CHECK((state[0] | state[1] | state[2] | state[3]) != 0);
  }
  const State& state() const { return state_; }

  // 64 uniform bits.
  uint64_t Bits() {
    const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // Uniform in [0, n), without bias (D. Lemire, "Fast Random Integer Generation in an Interval",
  // ACM TOMACS 29(1), 2019). REQUIRES: n > 0.
  uint64_t Below(uint64_t n) {
    CHECK(n > 0);
    unsigned __int128 product = static_cast<unsigned __int128>(Bits()) * n;
    if (static_cast<uint64_t>(product) < n) {
      const uint64_t threshold = -n % n;
      while (static_cast<uint64_t>(product) < threshold) {
        product = static_cast<unsigned __int128>(Bits()) * n;
      }
    }
    return static_cast<uint64_t>(product >> 64);
  }

  // Uniform in [low, high], both included. REQUIRES: low <= high.
  int64_t Between(int64_t low, int64_t high) {
    CHECK(low <= high);
    const uint64_t span = static_cast<uint64_t>(high) - static_cast<uint64_t>(low) + 1;
    const uint64_t offset = span == 0 ? Bits() : Below(span);  // 0: all of int64
    return static_cast<int64_t>(static_cast<uint64_t>(low) + offset);
  }

  // Uniform in [0, 1), a multiple of 2^-53.
  double Unit() { return UnitInterval(Bits()); }

  // True with this probability (never for 0 or less, always for 1 or more).
  bool Chance(double probability) { return Unit() < probability; }

  // Fisher-Yates: every order equally likely.
  template <typename T>
  void Shuffle(std::span<T> items) {
    for (size_t left = items.size(); left > 1; --left) {
      std::swap(items[left - 1], items[Below(left)]);
    }
  }

 private:
  State state_;
};

}  // namespace millrace

#endif  // MILLRACE_CORE_RANDOM_H_
