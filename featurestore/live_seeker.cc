#include "featurestore/live_seeker.h"

namespace millrace {
namespace {

// So many entries are looked at one by one before the chunk is searched.
constexpr int kNear = 8;

}  // namespace

bool LiveSeeker::GoToChunk(int64_t time_ms) {
  const auto chunks = log_.chunks();
  const size_t before = chunk_;
  while (chunk_ > 0 && log_.LastTime(chunks[chunk_ - 1]) >= time_ms) --chunk_, ++steps_;
  if (chunk_ < before) entry_ = log_.EndOf(chunks[chunk_]);
  while (chunk_ < chunks.size() && log_.LastTime(chunks[chunk_]) < time_ms) {
    if (++chunk_ < chunks.size()) entry_ = chunks[chunk_].first;
    ++steps_;
  }
  return chunk_ < chunks.size();
}

void LiveSeeker::GoToEntry(int64_t time_ms) {
  const MicroLog::Chunk& chunk = log_.chunks()[chunk_];
  const auto from = [&](size_t i) { return log_.EntryAt(chunk, i).time_ms() >= time_ms; };
  for (int near = 0; near < kNear; ++near, ++steps_) {
    if (entry_ > chunk.first && from(entry_ - 1)) {
      --entry_;
    } else if (entry_ < log_.EndOf(chunk) && !from(entry_)) {
      ++entry_;
    } else {
      return;
    }
  }
  entry_ = log_.FirstAtOrAfter(chunk, time_ms);
}

std::optional<int64_t> LiveSeeker::FirstFrom(int64_t time_ms) {
  if (!GoToChunk(time_ms)) return std::nullopt;
  GoToEntry(time_ms);
  const auto chunks = log_.chunks();
  while (true) {
    ++steps_;
    const EntryRef entry = log_.EntryAt(chunks[chunk_], entry_);
    if (!entry.cancelled() && !entry.retracts()) return entry.time_ms();
    if (++entry_ < log_.EndOf(chunks[chunk_])) continue;
    if (++chunk_ == chunks.size()) return std::nullopt;
    entry_ = chunks[chunk_].first;
  }
}

}  // namespace millrace
