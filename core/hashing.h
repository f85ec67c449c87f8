// Hashes whose values are stored or agreed with others, so they never change.

#ifndef MILLRACE_CORE_HASHING_H_
#define MILLRACE_CORE_HASHING_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace millrace {

// Java's murmur2 as org.apache.kafka.common.utils.Utils.murmur2 computes it (seed 0x9747b28c).
uint32_t Murmur2(absl::string_view bytes);

// The partition a Java producer gives a keyed record: (murmur2 & 0x7fffffff) mod partitions.
// REQUIRES: partitions > 0.
inline int32_t PartitionOfKey(absl::string_view key, int32_t partitions) {
  return static_cast<int32_t>((Murmur2(key) & 0x7fffffffu) % static_cast<uint32_t>(partitions));
}

// xxHash3, 64 bits, unseeded unless given.
uint64_t Xxh3(absl::string_view bytes, uint64_t seed = 0);

// CRC-32C (Castagnoli) of `bytes`, continuing from `crc`.
uint32_t Crc32c(absl::string_view bytes, uint32_t crc = 0);

}  // namespace millrace

#endif  // MILLRACE_CORE_HASHING_H_
