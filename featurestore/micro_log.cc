#include "featurestore/micro_log.h"

#include <utility>

#include "core/coding.h"

namespace millrace {

size_t MicroLog::FirstAtOrAfter(const Chunk& chunk, int64_t time_ms) const {
  const auto before = [&](size_t i) {
    return static_cast<int64_t>(chunk.words[i * stride_]) < time_ms;
  };
  size_t low = chunk.first, high = chunk.words.size() / stride_;
  // Mostly what is asked for lies near the end.
  constexpr size_t kNear = 4;
  for (size_t steps = 0; steps < kNear && high > low; ++steps, --high) {
    if (before(high - 1)) return high;
  }
  if (low >= high || !before(low)) return low;
  // Else where it would be if times were spread evenly, and from there in growing steps: each
  // probe of a chunk that was not used lately waits for memory.
  const double first = static_cast<double>(static_cast<int64_t>(chunk.words[low * stride_]));
  const double span =
      static_cast<double>(static_cast<int64_t>(chunk.words[high * stride_])) - first;
  const double share = span > 0 ? (static_cast<double>(time_ms) - first) / span : 0;
  size_t probe =
      low + std::min(static_cast<size_t>(share * static_cast<double>(high - low)), high - low - 1);
  for (size_t step = 2; low < high; step *= 2) {
    if (before(probe)) {
      low = probe + 1;
      probe = std::min(low + step, high) - 1;
      if (high - low <= step) break;
    } else {
      high = probe;
      probe = high - std::min(high - low, step);
      if (high - low <= step) break;
    }
  }
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (before(middle)) {
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
    const StateColumn& column = layout_->columns()[c];
    const int index_of = static_cast<int>(c);
    if (!entry.bit(layout_->column_bit(index_of))) continue;
    uint64_t* value = words + layout_->value_word(index_of);
    for (const Type type : column.types()) {
      if (type == Type::kNull) continue;
      if (HasBytes(type)) {
        chunk->blobs.push_back((*entry.blobs)[*value - 1]);
        *value = chunk->blobs.size();
      }
      ++value;
    }
  }
  chunk->dirty = true;
  ++size_;
}

int64_t MicroLog::TimeAfter(size_t chunk_index, size_t index) const {
  const Chunk& chunk = chunks_[chunk_index];
  if ((index + 1) * stride_ < chunk.words.size()) {
    return static_cast<int64_t>(chunk.words[(index + 1) * stride_]);
  }
  if (chunk_index + 1 == chunks_.size()) return INT64_MAX;
  const Chunk& next = chunks_[chunk_index + 1];
  return static_cast<int64_t>(next.words[next.first * stride_]);
}

MicroLog::Inserted MicroLog::Insert(const EntryRef& entry, size_t max_entries) {
  Inserted inserted;
  if (size_ >= max_entries) {
    const uint64_t* oldest = &chunks_.front().words[chunks_.front().first * stride_];
    if (EntryBefore(entry.words, oldest)) {
      NoteDropped(entry.words);
      return inserted;
    }
    NoteDropped(oldest);
    DropFirst();
  }
  inserted.kept = true;
  InsertInOrder(entry, &inserted);
  if (layout_->retracts()) {
    inserted.cancels = Cancel(entry.time_ms(), entry.words[layout_->fingerprint_word()]);
  }
  return inserted;
}

void MicroLog::InsertInOrder(const EntryRef& entry, Inserted* inserted) {
  // The first chunk whose last entry comes after the new one; mostly there is none.
  size_t i = chunks_.size();
  while (i > 0) {
    const Chunk& chunk = chunks_[i - 1];
    if (!EntryBefore(entry.words, &chunk.words[chunk.words.size() - stride_])) break;
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
    // Of equal places the later comes after.
    if (!EntryBefore(entry.words, &chunk.words[middle * stride_])) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  InsertInto(&chunk, low, entry);
  inserted->next_ms = TimeAfter(i, low);
  if (chunk.words.size() > kChunkEntries * stride_) Split(i);
}

bool MicroLog::Cancel(int64_t time_ms, uint64_t fingerprint) {
  struct Found {
    size_t chunk;
    uint64_t* words;
  };
  std::vector<Found> insertions, retractions;
  for (size_t c = chunks_.size(); c > 0; --c) {
    Chunk& chunk = chunks_[c - 1];
    if (LastTime(chunk) < time_ms) break;
    for (size_t i = FirstAtOrAfter(chunk, time_ms); i * stride_ < chunk.words.size(); ++i) {
      uint64_t* words = &chunk.words[i * stride_];
      if (static_cast<int64_t>(words[0]) != time_ms) break;
      if (words[layout_->fingerprint_word()] != fingerprint) continue;
      (EntryRef{words, nullptr}.retracts() ? retractions : insertions).push_back({c - 1, words});
    }
  }
  if (retractions.empty()) return false;
  const auto before = [](const Found& a, const Found& b) { return EntryBefore(a.words, b.words); };
  std::sort(insertions.rbegin(), insertions.rend(), before);
  std::sort(retractions.begin(), retractions.end(), before);
  const size_t pairs = std::min(insertions.size(), retractions.size());
  bool changed = false;
  const auto settle = [&](std::vector<Found>& entries) {
    constexpr uint64_t kBit = uint64_t{1} << EntryLayout::kCancelledBit;
    for (size_t i = 0; i < entries.size(); ++i) {
      const bool moot = EntryRef{entries[i].words, nullptr}.bit(layout_->moot_bit());
      const uint64_t wanted = i < pairs || moot ? kBit : 0;
      if ((entries[i].words[3] & kBit) == wanted) continue;
      entries[i].words[3] ^= kBit;
      chunks_[entries[i].chunk].dirty = true;
      changed = true;
    }
  };
  settle(insertions);
  settle(retractions);
  return changed;
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

void MicroLog::NoteDropped(const uint64_t* words) {
  const EventOrder order = OrderOf(words);
  if (!floor_ || *floor_ < order) floor_ = order;
  const EntryRef entry{words, nullptr};
  if (entry.cancelled() || entry.retracts()) return;
  newest_dropped_ms_ = std::max(newest_dropped_ms_, order.event_time_ms);
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

bool MicroLog::HasMoreThan(size_t limit, int64_t begin_ms, int64_t end_ms) const {
  size_t before_end = 0;
  for (size_t c = chunks_.size(); c > 0; --c) {
    const Chunk& chunk = chunks_[c - 1];
    before_end += FirstAtOrAfter(chunk, end_ms) - chunk.first;
    if (before_end <= limit) continue;
    // The entry that is `limit` before the newest one of them.
    const uint64_t* entry = &chunk.words[(chunk.first + before_end - limit - 1) * stride_];
    return static_cast<int64_t>(*entry) >= begin_ms;
  }
  return false;
}

Span MicroLog::OldestSpan() const {
  const Chunk& chunk = chunks_.front();
  return {static_cast<int64_t>(chunk.words[chunk.first * stride_]), LastTime(chunk) + 1};
}

std::optional<int64_t> MicroLog::NewestBefore(int64_t time_ms) const {
  std::optional<int64_t> newest;
  ForLiveBackwards(time_ms, [&newest](const EntryRef& entry) {
    newest = entry.time_ms();
    return false;
  });
  return newest;
}

void MicroLog::EncodeChunk(const Chunk& chunk, std::string* out) const {
  const size_t n = chunk.words.size() / stride_;
  PutVarint(out, n - chunk.first);
  EntryCursor cursor;
  for (size_t i = chunk.first; i < n; ++i) {
    EncodeEntry(*layout_, {&chunk.words[i * stride_], &chunk.blobs}, &cursor, out);
  }
}

void MicroLog::EncodeEntries(int64_t from_ms, std::string* out) const {
  std::string entries;
  uint64_t n = 0;
  EntryCursor cursor;
  ForRange(from_ms, INT64_MAX, [&](const EntryRef& entry) {
    ++n;
    EncodeEntry(*layout_, entry, &cursor, &entries);
  });
  PutVarint(out, n);
  out->append(entries);
}

bool MicroLog::DecodeChunk(int64_t id, absl::string_view in) {
  uint64_t n;
  if (!GetVarint(&in, &n) || n == 0 || n > in.size()) return false;
  Chunk chunk{id, false, true, 0, {}, {}};
  chunk.words.resize(n * stride_);
  EntryCursor cursor;
  for (size_t i = 0; i < n; ++i) {
    uint64_t* const entry = &chunk.words[i * stride_];
    if (!DecodeEntry(*layout_, &cursor, &in, entry, &chunk.blobs) ||
        (i > 0 && EntryBefore(entry, entry - stride_))) {
      return false;
    }
  }
  if (!in.empty()) return false;
  size_ += n;
  chunks_.push_back(std::move(chunk));
  return true;
}

bool MicroLog::FinishDecode(const std::optional<EventOrder>& floor, int64_t newest_dropped_ms,
                            int64_t next_id) {
  floor_ = floor;
  newest_dropped_ms_ = newest_dropped_ms;
  next_id_ = next_id;
  // Of one place there may be more entries than a chunk holds; then they came in the order of ids.
  const auto before = [this](const Chunk& a, const Chunk& b) {
    for (const auto& [x, y] :
         {std::pair(FirstOf(a), FirstOf(b)), std::pair(LastOf(a), LastOf(b))}) {
      if (EntryBefore(x, y) || EntryBefore(y, x)) return EntryBefore(x, y);
    }
    return a.id < b.id;
  };
  std::sort(chunks_.begin(), chunks_.end(), before);
  for (size_t c = 0; c < chunks_.size(); ++c) {
    if (chunks_[c].id < 0 || chunks_[c].id >= next_id) return false;
    if (c > 0 && EntryBefore(FirstOf(chunks_[c]), LastOf(chunks_[c - 1]))) return false;
  }
  while (floor_ && !chunks_.empty() &&
         !(*floor_ < OrderOf(&chunks_.front().words[chunks_.front().first * stride_]))) {
    DropFirst();
  }
  return true;
}

size_t MicroLog::MemoryBytes() const {
  size_t bytes = chunks_.size() > 1 ? chunks_.capacity() * sizeof(Chunk) : 0;
  for (const Chunk& chunk : chunks_) {
    bytes += chunk.words.capacity() * sizeof(uint64_t);
    for (const std::string& blob : chunk.blobs) bytes += sizeof(std::string) + blob.size();
  }
  return bytes;
}

}  // namespace millrace
