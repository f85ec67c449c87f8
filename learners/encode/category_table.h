// CategoryTable: exact numbers for category keys, 0, 1, 2, … in the order they were first added. No
// two keys share a number, until the table holds `max_exact` keys: what comes later shares one of
// `shared` numbers by its hash, or gets none when `shared` is 0. Thread-compatible; a copy is deep.

#ifndef MILLRACE_LEARNERS_ENCODE_CATEGORY_TABLE_H_
#define MILLRACE_LEARNERS_ENCODE_CATEGORY_TABLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace millrace {

class CategoryTable {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint32_t kMaxExactLimit = 1u << 20;  // of max_exact
  static constexpr uint32_t kMaxShared = 1u << 16;

  // REQUIRES: 1 <= max_exact <= kMaxExactLimit, shared <= kMaxShared.
  CategoryTable(uint32_t max_exact, uint32_t shared);

  // The number Add would answer, or kNone when Add would give a new one. Allocates nothing.
  uint32_t Find(absl::string_view key) const;
  // The key's number, new if need be; kNone when the table is full and nothing is shared.
  uint32_t Add(absl::string_view key);

  uint32_t size() const { return static_cast<uint32_t>(ends_.size()); }
  uint32_t max_exact() const { return max_exact_; }
  // Whether keys that are not in the table get no number of their own any more.
  bool full() const { return exact_ >= max_exact_; }
  // REQUIRES: number < size().
  absl::string_view key(uint32_t number) const;

  // Appends the limits and the keys in order. Load takes them off the front of `*in` and returns
  // false when they are malformed, leaving *table unspecified.
  void Save(std::string* out) const;
  static bool Load(absl::string_view* in, CategoryTable* table);

 private:
  struct Slot {
    uint32_t number = kNone;
    uint32_t hash = 0;  // high bits: most unequal keys are told apart without their bytes
  };

  uint32_t Lookup(absl::string_view key, uint64_t hash) const;
  uint32_t Insert(absl::string_view key, uint64_t hash);
  void Place(uint32_t number, uint64_t hash);

  uint32_t max_exact_;
  uint32_t shared_;
  uint32_t exact_ = 0;
  std::vector<Slot> slots_;     // open addressing, a power of two, at most half full
  std::vector<uint32_t> ends_;  // of each key in bytes_
  std::string bytes_;
};

}  // namespace millrace

#endif  // MILLRACE_LEARNERS_ENCODE_CATEGORY_TABLE_H_
