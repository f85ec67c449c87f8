// Where the randomness of a property test begins: printed, so that a failure can be repeated with
// --gtest_random_seed.

#ifndef MILLRACE_TESTS_CORE_PRINTED_SEED_H_
#define MILLRACE_TESTS_CORE_PRINTED_SEED_H_

#include <cstdint>
#include <cstdio>

#include "gtest/gtest.h"

namespace millrace {

// The run's seed and `salt`, which tells tests of one run apart.
inline uint64_t PrintedSeed(uint64_t salt) {
  const uint64_t seed =
      static_cast<uint64_t>(testing::UnitTest::GetInstance()->random_seed()) + salt;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

}  // namespace millrace

#endif  // MILLRACE_TESTS_CORE_PRINTED_SEED_H_
