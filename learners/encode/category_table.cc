#include "learners/encode/category_table.h"

#include "core/check.h"
#include "core/coding.h"
#include "core/hashing.h"

namespace millrace {
namespace {

// The key under which a shared number stands. No category key starts so: its first four bytes are
// the number of an input, or the type of a value.
constexpr size_t kSharedKeyBytes = 6;
struct SharedKey {
  char bytes[kSharedKeyBytes];
  absl::string_view view() const { return {bytes, kSharedKeyBytes}; }
};

SharedKey SharedKeyOf(uint32_t bucket) {
  return {
      {'\xff', '\xff', '\xff', '\xff', static_cast<char>(bucket >> 8), static_cast<char>(bucket)}};
}

bool IsSharedKey(absl::string_view key) {
  return key.size() == kSharedKeyBytes && key.substr(0, 4) == "\xff\xff\xff\xff";
}

}  // namespace

CategoryTable::CategoryTable(uint32_t max_exact, uint32_t shared)
    : max_exact_(max_exact), shared_(shared), slots_(16) {
  CHECK(max_exact >= 1 && max_exact <= kMaxExactLimit && shared <= kMaxShared);
}

absl::string_view CategoryTable::key(uint32_t number) const {
  const uint32_t begin = number == 0 ? 0 : ends_[number - 1];
  return absl::string_view(bytes_).substr(begin, ends_[number] - begin);
}

uint32_t CategoryTable::Lookup(absl::string_view key, uint64_t hash) const {
  const size_t mask = slots_.size() - 1;
  const auto high = static_cast<uint32_t>(hash >> 32);
  for (size_t i = hash & mask;; i = (i + 1) & mask) {
    const Slot& slot = slots_[i];
    if (slot.number == kNone) return kNone;
    if (slot.hash == high && this->key(slot.number) == key) return slot.number;
  }
}

uint32_t CategoryTable::Find(absl::string_view key) const {
  const uint64_t hash = Xxh3(key);
  const uint32_t number = Lookup(key, hash);
  if (number != kNone || !full() || shared_ == 0) return number;
  const SharedKey shared = SharedKeyOf(static_cast<uint32_t>(hash % shared_));
  return Lookup(shared.view(), Xxh3(shared.view()));
}

uint32_t CategoryTable::Add(absl::string_view key) {
  const uint64_t hash = Xxh3(key);
  const uint32_t number = Lookup(key, hash);
  if (number != kNone) return number;
  if (!full()) {
    ++exact_;
    return Insert(key, hash);
  }
  if (shared_ == 0) return kNone;
  const SharedKey shared = SharedKeyOf(static_cast<uint32_t>(hash % shared_));
  const uint64_t shared_hash = Xxh3(shared.view());
  const uint32_t shared_number = Lookup(shared.view(), shared_hash);
  return shared_number != kNone ? shared_number : Insert(shared.view(), shared_hash);
}

uint32_t CategoryTable::Insert(absl::string_view key, uint64_t hash) {
  const uint32_t number = size();
  bytes_.append(key.data(), key.size());
  ends_.push_back(static_cast<uint32_t>(bytes_.size()));
  if (2 * size_t{size()} > slots_.size()) {
    slots_.assign(2 * slots_.size(), Slot());
    for (uint32_t old = 0; old < number; ++old) Place(old, Xxh3(this->key(old)));
  }
  Place(number, hash);
  return number;
}

void CategoryTable::Place(uint32_t number, uint64_t hash) {
  const size_t mask = slots_.size() - 1;
  size_t i = hash & mask;
  while (slots_[i].number != kNone) i = (i + 1) & mask;
  slots_[i] = {number, static_cast<uint32_t>(hash >> 32)};
}

void CategoryTable::Save(std::string* out) const {
  PutVarint(out, max_exact_);
  PutVarint(out, shared_);
  PutVarint(out, size());
  for (uint32_t number = 0; number < size(); ++number) PutLengthPrefixed(out, key(number));
}

bool CategoryTable::Load(absl::string_view* in, CategoryTable* table) {
  uint64_t max_exact;
  uint64_t shared;
  uint64_t count;
  if (!GetVarint(in, &max_exact) || !GetVarint(in, &shared) || !GetVarint(in, &count) ||
      max_exact < 1 || max_exact > kMaxExactLimit || shared > kMaxShared ||
      count > max_exact + shared || count > in->size()) {
    return false;
  }
  *table = CategoryTable(static_cast<uint32_t>(max_exact), static_cast<uint32_t>(shared));
  for (uint64_t i = 0; i < count; ++i) {
    absl::string_view key;
    if (!GetLengthPrefixed(in, &key) || table->bytes_.size() + key.size() > UINT32_MAX) {
      return false;
    }
    const uint64_t hash = Xxh3(key);
    if (table->Lookup(key, hash) != kNone) return false;
    if (IsSharedKey(key)) {
      if (!table->full() || shared == 0) return false;
    } else {
      if (table->full()) return false;
      ++table->exact_;
    }
    table->Insert(key, hash);
  }
  return true;
}

}  // namespace millrace
