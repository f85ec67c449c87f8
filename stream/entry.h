// Entry: a record as a view keeps it, as a flat run of words: [time, source and partition, offset,
// bits…, fingerprint and knowledge time where the view keeps them, one word to three per column].
// Bits: it takes a record back; it and its opposite cancel each other; per `where` that it passes;
// per column that it has a value; where records are taken back, that a retraction which meets none
// is nothing. Strings and collections lie beside in a BlobList; a word then
// holds 1 + their index.
//
// EntryLayout is immutable once built; entries are thread-compatible.

#ifndef MILLRACE_STREAM_ENTRY_H_
#define MILLRACE_STREAM_ENTRY_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/value.h"
#include "stream/event.h"

namespace millrace {

using BlobList = std::vector<std::string>;

struct EntryRef {
  const uint64_t* words = nullptr;
  const BlobList* blobs = nullptr;

  int64_t time_ms() const { return static_cast<int64_t>(words[0]); }
  bool bit(int i) const { return (words[3 + i / 64] >> (i % 64) & 1) != 0; }
  bool retracts() const { return (words[3] & 1) != 0; }
  bool cancelled() const { return (words[3] & 2) != 0; }
};

inline uint64_t PackSource(int32_t source, int32_t partition) {
  return static_cast<uint64_t>(static_cast<uint32_t>(source)) << 32 |
         static_cast<uint32_t>(partition);
}
inline EventOrder OrderOf(const uint64_t* entry) {
  return {static_cast<int64_t>(entry[0]), static_cast<int32_t>(entry[1] >> 32),
          static_cast<int32_t>(entry[1]), static_cast<int64_t>(entry[2])};
}
// Whether a comes before b in the total order.
inline bool EntryBefore(const uint64_t* a, const uint64_t* b) {
  if (a[0] != b[0]) return static_cast<int64_t>(a[0]) < static_cast<int64_t>(b[0]);
  if (a[1] != b[1]) return a[1] < b[1];
  return static_cast<int64_t>(a[2]) < static_cast<int64_t>(b[2]);
}

// A value that features aggregate, perhaps with a second one, perhaps by category.
struct StateColumn {
  int filter = 0;  // 0: every record
  ValueType type;
  ValueType other;     // kNull: there is no second
  ValueType category;  // kNull: there is none
  // Those there are, in the order of their words.
  std::array<Type, 3> types() const { return {type.type, other.type, category.type}; }
  // One value that is its word, and no other.
  bool is_number() const {
    return !HasBytes(type.type) && other == Type::kNull && category == Type::kNull;
  }
  // Lists and maps count item by item; a map's keys are then the categories.
  bool spreads() const { return type == Type::kList || type == Type::kMap; }
};

class EntryLayout {
 public:
  static constexpr int kRetractBit = 0;
  static constexpr int kCancelledBit = 1;
  static constexpr uint64_t kRetractionBits = 3;

  struct Options {
    bool retracts = false;  // entries have a fingerprint
    bool known = false;     // and a knowledge time
  };
  explicit EntryLayout(const Options& options) : options_(options) {}
  EntryLayout() = default;

  int AddFilter() { return filters_++; }
  int AddColumn(const StateColumn& column) {
    columns_.push_back(column);
    return static_cast<int>(columns_.size()) - 1;
  }
  // Fixes the places of all words. REQUIRES: called once, after the last Add.
  void Finish();

  bool retracts() const { return options_.retracts; }
  bool known() const { return options_.known; }
  int filters() const { return filters_; }
  const std::vector<StateColumn>& columns() const { return columns_; }
  int words() const { return words_; }
  // Of an entry's bits only those are set that have a meaning.
  bool HasKnownBits(const uint64_t* entry) const {
    return (entry[3] & (options_.retracts ? 0 : kRetractionBits)) == 0 &&
           (entry[2 + bit_words_] & unknown_bits_) == 0;
  }
  int bit_words() const { return bit_words_; }
  int filter_bit(int filter) const { return 2 + filter - 1; }  // of filter > 0
  int column_bit(int column) const { return 2 + filters_ - 1 + column; }
  // Of layouts with retractions.
  int moot_bit() const { return column_bit(static_cast<int>(columns_.size())); }
  void SetMoot(uint64_t* entry) const {
    entry[3 + moot_bit() / 64] |= uint64_t{1} << (moot_bit() % 64);
  }
  int fingerprint_word() const { return 3 + bit_words_; }
  int known_word() const { return 3 + bit_words_ + (options_.retracts ? 1 : 0); }
  int value_word(int column) const { return value_words_[static_cast<size_t>(column)]; }

  bool passes(const EntryRef& entry, int filter) const {
    return filter == 0 || entry.bit(filter_bit(filter));
  }
  // The values of a column: value, second, category; null where there is none. REQUIRES: the
  // column's bit is set.
  std::array<Value, 3> ValuesAt(const EntryRef& entry, int column) const;

 private:
  Options options_;
  int filters_ = 1;
  int bit_words_ = 0;
  uint64_t unknown_bits_ = 0;  // of the last word of bits
  int words_ = 0;
  std::vector<StateColumn> columns_;
  std::vector<int> value_words_;
};

// Bytes of an entry after another one of its sequence, whose time and offset are moved on.
struct EntryCursor {
  bool first = true;
  int64_t time_ms = 0;
  int64_t offset = 0;
};
void EncodeEntry(const EntryLayout& layout, const EntryRef& entry, EntryCursor* cursor,
                 std::string* out);
// Takes one off the front of *in into layout.words() words. False when it does not parse.
bool DecodeEntry(const EntryLayout& layout, EntryCursor* cursor, absl::string_view* in,
                 uint64_t* words, BlobList* blobs);

}  // namespace millrace

#endif  // MILLRACE_STREAM_ENTRY_H_
