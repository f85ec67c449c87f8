// MicroLog: the newest records of one entity as a view keeps them (entries), in total order, so
// that a window's edge is exact to the millisecond. Kept as chunks, the unit in which it is stored:
// inserting touches one chunk. Thread-compatible.
//
// In views that know retractions a retraction is an entry too. Of the entries of one time and one
// fingerprint, r retractions cancel the r newest insertions; a retraction that meets none stays
// until its insertion comes, in effect unless its moot bit says that it is nothing without. So
// which entries are cancelled is a function of the entries, not of their arrival.

#ifndef MILLRACE_FEATURESTORE_MICRO_LOG_H_
#define MILLRACE_FEATURESTORE_MICRO_LOG_H_

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "stream/aggregate_state.h"
#include "stream/state_limits.h"
#include "stream/window.h"

namespace millrace {

class MicroLog {
 public:
  static constexpr size_t kChunkEntries = 128;

  struct Chunk {
    int64_t id = 0;
    bool dirty = true;    // differs from what is stored
    bool stored = false;  // a row of its own was written
    size_t first = 0;     // entries before it were dropped
    std::vector<uint64_t> words;
    BlobList blobs;
  };

  // What inserting an entry did.
  struct Inserted {
    bool kept = false;            // false: it is older than the entries there is room for
    bool cancels = false;         // some entry is cancelled now, or another one than before
    int64_t next_ms = INT64_MAX;  // time of the entry after it
  };

  explicit MicroLog(const EntryLayout& layout)
      : layout_(&layout), stride_(static_cast<size_t>(layout.words())) {}

  // Adds the entry; beyond `max_entries` the oldest, perhaps this one, is dropped and remembered as
  // the floor.
  Inserted Insert(const EntryRef& entry, size_t max_entries);
  // Drops the entries before `time_ms`.
  void CutBefore(int64_t time_ms);

  size_t size() const { return size_; }
  // The newest entry ever dropped for want of room: all records after it, and not before the cut,
  // are here. A function of the records, not of their arrival.
  const std::optional<EventOrder>& floor() const { return floor_; }
  // Event time of the newest live record ever dropped for want of room; -kTimeLimitMs: none was.
  int64_t newest_dropped_ms() const { return newest_dropped_ms_; }
  // Entries of [from, …) are complete from this time on, as far as the floor is concerned.
  int64_t complete_from_ms() const { return floor_ ? floor_->event_time_ms + 1 : INT64_MIN / 4; }

  // Calls visit(EntryRef) for the entries with begin <= time < end, in total order.
  template <typename Visit>
  void ForRange(int64_t begin_ms, int64_t end_ms, Visit visit) const {
    auto chunk =
        std::lower_bound(chunks_.begin(), chunks_.end(), begin_ms,
                         [this](const Chunk& c, int64_t time) { return LastTime(c) < time; });
    for (; chunk != chunks_.end(); ++chunk) {
      const size_t n = chunk->words.size() / stride_;
      for (size_t i = FirstAtOrAfter(*chunk, begin_ms); i < n; ++i) {
        const EntryRef entry{&chunk->words[i * stride_], &chunk->blobs};
        if (entry.time_ms() >= end_ms) return;
        visit(entry);
      }
    }
  }
  // Calls visit(EntryRef) for the live records before end, newest first, until it returns false.
  template <typename Visit>
  void ForLiveBackwards(int64_t end_ms, Visit visit) const {
    for (size_t c = chunks_.size(); c > 0; --c) {
      const Chunk& chunk = chunks_[c - 1];
      for (size_t i = FirstAtOrAfter(chunk, end_ms); i > chunk.first; --i) {
        const EntryRef entry{&chunk.words[(i - 1) * stride_], &chunk.blobs};
        if (entry.cancelled() || entry.retracts()) continue;
        if (!visit(entry)) return;
      }
    }
  }
  // Whether more than `limit` entries lie in [begin, end).
  bool HasMoreThan(size_t limit, int64_t begin_ms, int64_t end_ms) const;
  // From the oldest entry to the last one of its chunk. REQUIRES: there are entries.
  Span OldestSpan() const;
  // The newest live record's time before `time_ms`.
  std::optional<int64_t> NewestBefore(int64_t time_ms) const;

  // --- by place; a chunk's entries are those from `first` to EndOf, and it has some ---
  size_t EndOf(const Chunk& chunk) const { return chunk.words.size() / stride_; }
  EntryRef EntryAt(const Chunk& chunk, size_t i) const {
    return {&chunk.words[i * stride_], &chunk.blobs};
  }
  int64_t LastTime(const Chunk& chunk) const {
    return static_cast<int64_t>(chunk.words[chunk.words.size() - stride_]);
  }
  // Where in the chunk the first entry at or after the time is, or would be.
  size_t FirstAtOrAfter(const Chunk& chunk, int64_t time_ms) const;

  // --- storage ---
  std::span<Chunk> chunks() { return {chunks_.data(), chunks_.size()}; }
  std::span<const Chunk> chunks() const { return {chunks_.data(), chunks_.size()}; }
  // Ids of stored chunks that are gone, since the last call.
  std::vector<int64_t> TakeRemoved() { return std::exchange(removed_, {}); }
  void EncodeChunk(const Chunk& chunk, std::string* out) const;
  // All entries of [from, …) as one sequence, however they are chunked.
  void EncodeEntries(int64_t from_ms, std::string* out) const;
  // Adds a chunk as stored; in any order of ids. False when it does not parse.
  bool DecodeChunk(int64_t id, absl::string_view in);
  // Drops what the floor covers. False when the chunks do not follow each other. REQUIRES: called
  // after all chunks were decoded.
  bool FinishDecode(const std::optional<EventOrder>& floor, int64_t newest_dropped_ms,
                    int64_t next_id);
  int64_t next_id() const { return next_id_; }
  size_t MemoryBytes() const;

 private:
  static const uint64_t* FirstOf(const Chunk& chunk) { return chunk.words.data(); }
  const uint64_t* LastOf(const Chunk& chunk) const {
    return &chunk.words[chunk.words.size() - stride_];
  }
  void InsertInto(Chunk* chunk, size_t index, const EntryRef& entry);
  void InsertInOrder(const EntryRef& entry, Inserted* inserted);
  int64_t TimeAfter(size_t chunk_index, size_t index) const;
  // Settles which entries of that time and fingerprint are cancelled. True when a flag changed
  // other than by the entry just added being live.
  bool Cancel(int64_t time_ms, uint64_t fingerprint);
  void Split(size_t chunk_index);
  // An entry there is no room for.
  void NoteDropped(const uint64_t* words);
  void DropFirst();
  void RemoveChunk(size_t chunk_index);

  const EntryLayout* layout_;
  size_t stride_;
  size_t size_ = 0;
  int64_t next_id_ = 0;
  std::optional<EventOrder> floor_;
  int64_t newest_dropped_ms_ = -kTimeLimitMs;
  absl::InlinedVector<Chunk, 1> chunks_;  // never empty ones
  std::vector<int64_t> removed_;
};

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_MICRO_LOG_H_
