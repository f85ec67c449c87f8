#include "featurestore/micro_log.h"

#include <utility>

#include "core/coding.h"

namespace millrace {
namespace {

bool Before(const uint64_t* a, const uint64_t* b) {
  const auto time_a = static_cast<int64_t>(a[0]), time_b = static_cast<int64_t>(b[0]);
  if (time_a != time_b) return time_a < time_b;
  if (a[1] != b[1]) return a[1] < b[1];
  return static_cast<int64_t>(a[2]) < static_cast<int64_t>(b[2]);
}

bool IsBytes(Type type) { return type == Type::kString || type == Type::kBytes; }

// One entry after `previous_ms`, which is moved on.
void PutEntry(const StateLayout& layout, const EntryRef& entry, bool first, int64_t* previous_ms,
              int64_t* previous_offset, std::string* out) {
  const uint64_t* words = entry.words;
  const int64_t offset = static_cast<int64_t>(words[2]);
  if (first) {
    PutSignedVarint(out, entry.time_ms());
  } else {
    PutVarint(out, static_cast<uint64_t>(entry.time_ms() - *previous_ms));
  }
  PutVarint(out, words[1] >> 32);
  PutVarint(out, words[1] & 0xffffffffu);
  PutSignedVarint(out, offset - *previous_offset);
  *previous_ms = entry.time_ms();
  *previous_offset = offset;
  for (int i = 0; i < layout.bit_words(); ++i) PutVarint(out, words[3 + i]);
  for (size_t c = 0; c < layout.columns().size(); ++c) {
    const int column = static_cast<int>(c);
    if (!entry.bit(layout.column_bit(column))) continue;
    const uint64_t word = words[layout.value_word(column)];
    const Type type = layout.columns()[c].type;
    if (IsBytes(type)) {
      PutLengthPrefixed(out, (*entry.blobs)[word - 1]);
    } else if (type == Type::kDouble) {
      PutBig64(out, word);
    } else {
      PutSignedVarint(out, static_cast<int64_t>(word));
    }
  }
}

bool GetEntry(const StateLayout& layout, bool first, int64_t* previous_ms, int64_t* previous_offset,
              absl::string_view* in, uint64_t* words, BlobList* blobs) {
  int64_t offset;
  uint64_t delta, source, partition;
  if (first) {
    if (!GetSignedVarint(in, previous_ms)) return false;
  } else {
    if (!GetVarint(in, &delta)) return false;
    *previous_ms = static_cast<int64_t>(static_cast<uint64_t>(*previous_ms) + delta);
  }
  if (!GetVarint(in, &source) || source > 0x7fffffff || !GetVarint(in, &partition) ||
      partition > 0x7fffffff || !GetSignedVarint(in, &offset)) {
    return false;
  }
  *previous_offset =
      static_cast<int64_t>(static_cast<uint64_t>(*previous_offset) + static_cast<uint64_t>(offset));
  words[0] = static_cast<uint64_t>(*previous_ms);
  words[1] = source << 32 | partition;
  words[2] = static_cast<uint64_t>(*previous_offset);
  for (int i = 0; i < layout.bit_words(); ++i) {
    if (!GetVarint(in, &words[3 + i])) return false;
  }
  const EntryRef entry{words, blobs};
  for (size_t c = 0; c < layout.columns().size(); ++c) {
    const int column = static_cast<int>(c);
    uint64_t* word = &words[layout.value_word(column)];
    *word = 0;
    if (!entry.bit(layout.column_bit(column))) continue;
    const Type type = layout.columns()[c].type;
    int64_t integer;
    absl::string_view bytes;
    if (IsBytes(type)) {
      if (!GetLengthPrefixed(in, &bytes)) return false;
      blobs->emplace_back(bytes.data(), bytes.size());
      *word = blobs->size();
    } else if (type == Type::kDouble) {
      if (!GetBig64(in, word)) return false;
    } else {
      if (!GetSignedVarint(in, &integer)) return false;
      *word = static_cast<uint64_t>(integer);
    }
  }
  return true;
}

}  // namespace

size_t MicroLog::FirstAtOrAfter(const Chunk& chunk, int64_t time_ms) const {
  size_t low = chunk.first, high = chunk.words.size() / stride_;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (static_cast<int64_t>(chunk.words[middle * stride_]) < time_ms) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

void MicroLog::InsertInto(Chunk* chunk, size_t index, const EntryRef& entry) {
  const auto at = static_cast<std::ptrdiff_t>(index * stride_);
  chunk->words.insert(chunk->words.begin() + at, entry.words, entry.words + stride_);
  uint64_t* words = &chunk->words[index * stride_];
  for (size_t c = 0; c < layout_->columns().size(); ++c) {
    const int column = static_cast<int>(c);
    if (!IsBytes(layout_->columns()[c].type) || !entry.bit(layout_->column_bit(column))) continue;
    uint64_t& word = words[layout_->value_word(column)];
    chunk->blobs.push_back((*entry.blobs)[word - 1]);
    word = chunk->blobs.size();
  }
  chunk->dirty = true;
  ++size_;
}

void MicroLog::Insert(const EntryRef& entry, size_t max_entries) {
  if (size_ >= max_entries) {
    const uint64_t* oldest = &chunks_.front().words[chunks_.front().first * stride_];
    if (Before(entry.words, oldest)) {
      const EventOrder order = OrderOf(entry.words);
      if (!floor_ || *floor_ < order) floor_ = order;
      return;
    }
    floor_ = OrderOf(oldest);
    DropFirst();
  }
  // The first chunk whose last entry comes after the new one; mostly there is none.
  size_t i = chunks_.size();
  while (i > 0) {
    const Chunk& chunk = chunks_[i - 1];
    if (!Before(entry.words, &chunk.words[chunk.words.size() - stride_])) break;
    --i;
  }
  if (i == chunks_.size()) {
    if (chunks_.empty() || chunks_.back().words.size() >= kChunkEntries * stride_) {
      chunks_.push_back({next_id_++, true, false, 0, {}, {}});
    }
    InsertInto(&chunks_.back(), chunks_.back().words.size() / stride_, entry);
    return;
  }
  Chunk& chunk = chunks_[i];
  size_t low = chunk.first, high = chunk.words.size() / stride_;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (Before(&chunk.words[middle * stride_], entry.words)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  InsertInto(&chunk, low, entry);
  if (chunk.words.size() > kChunkEntries * stride_) Split(i);
}

void MicroLog::Split(size_t chunk_index) {
  Chunk whole = std::move(chunks_[chunk_index]);
  const size_t n = whole.words.size() / stride_;
  const size_t middle = whole.first + (n - whole.first) / 2;
  size_ -= n - whole.first;
  Chunk lower{whole.id, true, whole.stored, 0, {}, {}};
  Chunk upper{next_id_++, true, false, 0, {}, {}};
  for (size_t i = whole.first; i < n; ++i) {
    Chunk* half = i < middle ? &lower : &upper;
    InsertInto(half, half->words.size() / stride_, {&whole.words[i * stride_], &whole.blobs});
  }
  chunks_[chunk_index] = std::move(upper);
  if (!lower.words.empty()) {
    chunks_.insert(chunks_.begin() + static_cast<std::ptrdiff_t>(chunk_index), std::move(lower));
  } else if (lower.stored) {
    removed_.push_back(lower.id);
  }
}

void MicroLog::RemoveChunk(size_t chunk_index) {
  if (chunks_[chunk_index].stored) removed_.push_back(chunks_[chunk_index].id);
  chunks_.erase(chunks_.begin() + static_cast<std::ptrdiff_t>(chunk_index));
}

void MicroLog::DropFirst() {
  Chunk& chunk = chunks_.front();
  --size_;
  if (++chunk.first == chunk.words.size() / stride_) RemoveChunk(0);
}

void MicroLog::CutBefore(int64_t time_ms) {
  while (!chunks_.empty()) {
    Chunk& chunk = chunks_.front();
    const size_t first = FirstAtOrAfter(chunk, time_ms);
    if (first == chunk.first) return;
    size_ -= first - chunk.first;
    chunk.first = first;
    if (first < chunk.words.size() / stride_) return;
    RemoveChunk(0);
  }
}

std::optional<int64_t> MicroLog::NewestBefore(int64_t time_ms) const {
  for (size_t i = chunks_.size(); i > 0; --i) {
    const Chunk& chunk = chunks_[i - 1];
    const size_t at = FirstAtOrAfter(chunk, time_ms);
    if (at > chunk.first) return static_cast<int64_t>(chunk.words[(at - 1) * stride_]);
  }
  return std::nullopt;
}

void MicroLog::EncodeChunk(const Chunk& chunk, std::string* out) const {
  const size_t n = chunk.words.size() / stride_;
  PutVarint(out, n - chunk.first);
  int64_t previous_ms = 0, previous_offset = 0;
  for (size_t i = chunk.first; i < n; ++i) {
    PutEntry(*layout_, {&chunk.words[i * stride_], &chunk.blobs}, i == chunk.first, &previous_ms,
             &previous_offset, out);
  }
}

void MicroLog::EncodeEntries(int64_t from_ms, std::string* out) const {
  std::string entries;
  uint64_t n = 0;
  int64_t previous_ms = 0, previous_offset = 0;
  ForRange(from_ms, INT64_MAX, [&](const EntryRef& entry) {
    PutEntry(*layout_, entry, n++ == 0, &previous_ms, &previous_offset, &entries);
  });
  PutVarint(out, n);
  out->append(entries);
}

bool MicroLog::DecodeChunk(int64_t id, absl::string_view in) {
  uint64_t n;
  if (!GetVarint(&in, &n) || n == 0 || n > in.size()) return false;
  Chunk chunk{id, false, true, 0, {}, {}};
  chunk.words.resize(n * stride_);
  int64_t previous_ms = 0, previous_offset = 0;
  for (size_t i = 0; i < n; ++i) {
    if (!GetEntry(*layout_, i == 0, &previous_ms, &previous_offset, &in, &chunk.words[i * stride_],
                  &chunk.blobs)) {
      return false;
    }
  }
  if (!in.empty()) return false;
  size_ += n;
  chunks_.push_back(std::move(chunk));
  return true;
}

void MicroLog::FinishDecode(const std::optional<EventOrder>& floor, int64_t next_id) {
  floor_ = floor;
  next_id_ = next_id;
  std::sort(chunks_.begin(), chunks_.end(),
            [](const Chunk& a, const Chunk& b) { return Before(a.words.data(), b.words.data()); });
  while (floor_ && !chunks_.empty() &&
         !(*floor_ < OrderOf(&chunks_.front().words[chunks_.front().first * stride_]))) {
    DropFirst();
  }
}

size_t MicroLog::MemoryBytes() const {
  size_t bytes = chunks_.capacity() * sizeof(Chunk);
  for (const Chunk& chunk : chunks_) {
    bytes += chunk.words.capacity() * sizeof(uint64_t);
    for (const std::string& blob : chunk.blobs) bytes += sizeof(std::string) + blob.size();
  }
  return bytes;
}

}  // namespace millrace
