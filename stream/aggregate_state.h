// AggregateState: what the aggregations of a view know about a set of records, as a flat run of
// 64-bit words (one tile, or the answer being folded), and the operations on it.
//
// All aggregations here are of class E: a state is a bit-for-bit function of the multiset of
// records added, merging is associative and commutative. Features that share (aggregation, input,
// where) share one state. A state's words hold
//   header     records, smallest and largest event time
//   filters    per `where`: records that pass it, the newest of their times
//   columns    per (input, where): non-null values
//   accumulators
// Strings, and sums that need more than two components, lie beside the words in a BlobList; a word
// then holds 1 + their index, or 0.
//
// StateLayout is immutable once built; states are thread-compatible.

#ifndef MILLRACE_STREAM_AGGREGATE_STATE_H_
#define MILLRACE_STREAM_AGGREGATE_STATE_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/value.h"
#include "stream/aggregation.h"
#include "stream/event.h"

namespace millrace {

using BlobList = std::vector<std::string>;

// A record as a view keeps it: [time, source and partition, offset, bits…, a word per column].
// Bits: first one per filter (it passes), then one per column (it has a value).
struct EntryRef {
  const uint64_t* words = nullptr;
  const BlobList* blobs = nullptr;

  int64_t time_ms() const { return static_cast<int64_t>(words[0]); }
  bool bit(int i) const { return (words[3 + i / 64] >> (i % 64) & 1) != 0; }
};

inline uint64_t PackSource(int32_t source, int32_t partition) {
  return static_cast<uint64_t>(static_cast<uint32_t>(source)) << 32 |
         static_cast<uint32_t>(partition);
}
inline EventOrder OrderOf(const uint64_t* entry) {
  return {static_cast<int64_t>(entry[0]), static_cast<int32_t>(entry[1] >> 32),
          static_cast<int32_t>(entry[1]), static_cast<int64_t>(entry[2])};
}

struct StateColumn {
  int filter = 0;          // 0: every record
  Type type = Type::kInt;  // of its values
};

enum class StateOpKind : uint8_t {
  kFilter,
  kColumn,
  kIntSum,
  kDoubleSum,
  kMinInt,
  kMaxInt,
  kMinDouble,
  kMaxDouble,
  kMinBytes,
  kMaxBytes,
  kLast,
  kLastBytes,
};

// One part of a state. Accumulators stand before the column whose count they look at.
struct StateOp {
  StateOpKind kind = StateOpKind::kFilter;
  uint16_t word = 0;    // first word
  uint16_t n_word = 0;  // the column's count
  uint16_t index = 0;   // filter or column
};

class StateLayout {
 public:
  // Adds a condition; 0 is "every record" and always there.
  int AddFilter() { return filters_++; }
  int AddColumn(const StateColumn& column);
  // The accumulator that `aggregation` needs over the column, shared with those already there; its
  // first word after Finish. kMean and kSum share. REQUIRES: not kCount; ResultType accepts it.
  int AddAccumulator(AggregationKind aggregation, int column);
  // Fixes the places of all words. REQUIRES: called once, after the last Add.
  void Finish();

  int words() const { return words_; }              // of a state
  int entry_words() const { return entry_words_; }  // of an entry
  int filters() const { return filters_; }
  int bit_words() const { return bit_words_; }
  int column_bit(int column) const { return filters_ + column; }
  int value_word(int column) const { return 3 + bit_words_ + column; }
  int filter_word(int filter) const { return filter == 0 ? 0 : 3 + 2 * (filter - 1); }
  int column_word(int column) const { return 3 + 2 * (filters_ - 1) + column; }
  const std::vector<StateColumn>& columns() const { return columns_; }
  const std::vector<StateOp>& ops() const { return ops_; }  // all, in order
  const StateOp& accumulator(int i) const { return accumulators_[i]; }
  // The part of ops() that these accumulators, columns and filters need.
  std::vector<StateOp> Subset(const std::vector<int>& accumulators, const std::vector<int>& columns,
                              const std::vector<int>& filters) const;

 private:
  int filters_ = 1;
  int words_ = 0;
  int entry_words_ = 0;
  int bit_words_ = 0;
  std::vector<StateColumn> columns_;
  std::vector<StateOp> accumulators_;
  std::vector<StateOp> ops_;
};

inline constexpr int kHeaderWords = 3;

// The empty state. REQUIRES: `words` has layout.words() words.
void ResetState(const StateLayout& layout, uint64_t* words);

inline int64_t StateCount(const uint64_t* words) { return static_cast<int64_t>(words[0]); }
inline int64_t StateMinTime(const uint64_t* words) { return static_cast<int64_t>(words[1]); }
inline int64_t StateMaxTime(const uint64_t* words) { return static_cast<int64_t>(words[2]); }

// Adds a record, or the records of another state, for the given ops (all of a layout, or a Subset).
void AddEntry(const StateLayout& layout, std::span<const StateOp> ops, const EntryRef& entry,
              uint64_t* words, BlobList* blobs);
void MergeState(std::span<const StateOp> ops, const uint64_t* from, const BlobList& from_blobs,
                uint64_t* words, BlobList* blobs);

enum class ResultState : uint8_t { kPresent, kNull, kMissing, kOverflow };

// The answer of an aggregation over `column` (-1: `count: "*"` under `filter`), from its
// accumulator's op. A string lies in `blobs`.
ResultState FinaliseState(const StateLayout& layout, AggregationKind aggregation, int filter,
                          int column, const StateOp* accumulator, const uint64_t* words,
                          const BlobList& blobs, Value* value);

// Bytes of a state: canonical, so equal states give equal bytes (docs/formats/feature-state.md).
// Times are written relative to base_ms.
void EncodeState(const StateLayout& layout, const uint64_t* words, const BlobList& blobs,
                 int64_t base_ms, std::string* out);
// Takes a state off the front of *in. False when it does not parse.
bool DecodeState(const StateLayout& layout, int64_t base_ms, absl::string_view* in, uint64_t* words,
                 BlobList* blobs);

}  // namespace millrace

#endif  // MILLRACE_STREAM_AGGREGATE_STATE_H_
