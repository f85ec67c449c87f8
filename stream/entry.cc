#include "stream/entry.h"

#include <bit>
#include <cmath>

#include "core/coding.h"
#include "core/collection.h"
#include "stream/aggregations/values.h"
#include "stream/state_limits.h"

namespace millrace {
namespace {

void EncodeValue(const Type type, uint64_t word, const BlobList& blobs, std::string* out) {
  if (HasBytes(type)) {
    PutLengthPrefixed(out, blobs[word - 1]);
  } else if (type == Type::kDouble) {
    PutBig64(out, word);
  } else {
    PutSignedVarint(out, static_cast<int64_t>(word));
  }
}

bool DecodeValue(const Type type, absl::string_view* in, uint64_t* word, BlobList* blobs) {
  if (HasBytes(type)) {
    absl::string_view bytes;
    if (!GetLengthPrefixed(in, &bytes)) return false;
    if (IsCollection(type) && !IsWellFormed(Value::OfBytes(type, bytes))) return false;
    blobs->emplace_back(bytes.data(), bytes.size());
    *word = blobs->size();
    return true;
  }
  if (type == Type::kDouble) {
    return GetBig64(in, word) && std::isfinite(std::bit_cast<double>(*word));
  }
  int64_t integer = 0;
  if (!GetSignedVarint(in, &integer)) return false;
  *word = static_cast<uint64_t>(integer);
  return true;
}

}  // namespace

void EntryLayout::Finish() {
  const int bits = moot_bit() + (options_.retracts ? 1 : 0);
  bit_words_ = (bits + 63) / 64;
  unknown_bits_ = bits % 64 == 0 ? 0 : ~uint64_t{0} << (bits % 64);
  words_ = 3 + bit_words_ + (options_.retracts ? 1 : 0) + (options_.known ? 1 : 0);
  for (const StateColumn& column : columns_) {
    value_words_.push_back(words_);
    for (const Type type : column.types()) words_ += type == Type::kNull ? 0 : 1;
  }
}

std::array<Value, 3> EntryLayout::ValuesAt(const EntryRef& entry, int column) const {
  std::array<Value, 3> values;
  const uint64_t* word = entry.words + value_word(column);
  const std::array<Type, 3> types = columns_[static_cast<size_t>(column)].types();
  for (size_t i = 0; i < types.size(); ++i) {
    if (types[i] == Type::kNull) continue;
    values[i] = HasBytes(types[i]) ? Value::OfBytes(types[i], (*entry.blobs)[*word - 1])
                                   : ValueOfWord(types[i], *word);
    ++word;
  }
  return values;
}

void EncodeEntry(const EntryLayout& layout, const EntryRef& entry, EntryCursor* cursor,
                 std::string* out) {
  const uint64_t* words = entry.words;
  const auto offset = static_cast<int64_t>(words[2]);
  if (cursor->first) {
    PutSignedVarint(out, entry.time_ms());
  } else {
    PutVarint(out, static_cast<uint64_t>(entry.time_ms() - cursor->time_ms));
  }
  PutVarint(out, words[1] >> 32);
  PutVarint(out, words[1] & 0xffffffffu);
  PutSignedVarint(out, WrappingDifference(offset, cursor->offset));
  *cursor = {false, entry.time_ms(), offset};
  for (int i = 0; i < layout.bit_words(); ++i) PutVarint(out, words[3 + i]);
  if (layout.retracts()) PutBig64(out, words[layout.fingerprint_word()]);
  if (layout.known()) {
    // It may come from a field, which may hold anything.
    const auto known = static_cast<int64_t>(words[layout.known_word()]);
    PutSignedVarint(out, WrappingDifference(known, entry.time_ms()));
  }
  for (size_t c = 0; c < layout.columns().size(); ++c) {
    const int column = static_cast<int>(c);
    if (!entry.bit(layout.column_bit(column))) continue;
    const uint64_t* word = words + layout.value_word(column);
    for (const Type type : layout.columns()[c].types()) {
      if (type != Type::kNull) EncodeValue(type, *word++, *entry.blobs, out);
    }
  }
}

bool DecodeEntry(const EntryLayout& layout, EntryCursor* cursor, absl::string_view* in,
                 uint64_t* words, BlobList* blobs) {
  int64_t offset = 0;
  uint64_t delta = 0, source = 0, partition = 0;
  if (cursor->first) {
    if (!GetSignedVarint(in, &cursor->time_ms)) return false;
  } else {
    if (!GetVarint(in, &delta) || delta > uint64_t{2 * kTimeLimitMs}) return false;
    cursor->time_ms += static_cast<int64_t>(delta);
  }
  if (!IsStateTime(cursor->time_ms)) return false;
  if (!GetVarint(in, &source) || source > 0x7fffffff || !GetVarint(in, &partition) ||
      partition > 0x7fffffff || !GetSignedVarint(in, &offset)) {
    return false;
  }
  cursor->first = false;
  cursor->offset =
      static_cast<int64_t>(static_cast<uint64_t>(cursor->offset) + static_cast<uint64_t>(offset));
  words[0] = static_cast<uint64_t>(cursor->time_ms);
  words[1] = source << 32 | partition;
  words[2] = static_cast<uint64_t>(cursor->offset);
  for (int i = 0; i < layout.bit_words(); ++i) {
    if (!GetVarint(in, &words[3 + i])) return false;
  }
  if (!layout.HasKnownBits(words)) return false;
  if (layout.retracts() && !GetBig64(in, &words[layout.fingerprint_word()])) return false;
  if (layout.known()) {
    int64_t later = 0;
    if (!GetSignedVarint(in, &later)) return false;
    words[layout.known_word()] = words[0] + static_cast<uint64_t>(later);
  }
  const EntryRef entry{words, blobs};
  for (size_t c = 0; c < layout.columns().size(); ++c) {
    const int column = static_cast<int>(c);
    const bool given = entry.bit(layout.column_bit(column));
    uint64_t* word = words + layout.value_word(column);
    for (const Type type : layout.columns()[c].types()) {
      if (type == Type::kNull) continue;
      *word = 0;
      if (given && !DecodeValue(type, in, word, blobs)) return false;
      ++word;
    }
  }
  return true;
}

}  // namespace millrace
