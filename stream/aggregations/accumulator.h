// Accumulator: what one aggregation keeps about the values of a column in a set of records, and the
// operations on it. An accumulator has no state of its own: a state is a fixed run of 64-bit words,
// zero at first, and parts beside them for what does not fit. So a tile of many aggregations is one
// flat run of words, and features that share a state share its words.
//
// The laws (docs/windows.md, "Classes"):
//   E  exact     a state is a bit-for-bit function of the multiset of values; Merge is associative
//                and commutative
//   R  rounded   the state depends, in its last bits, on the order of folding
//   S  sequence  Merge means "the later records after the earlier ones" and nothing else
//
// Implementations are immutable, hence thread-safe; a state is thread-compatible.

#ifndef MILLRACE_STREAM_AGGREGATIONS_ACCUMULATOR_H_
#define MILLRACE_STREAM_AGGREGATIONS_ACCUMULATOR_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/check.h"
#include "core/value.h"

namespace millrace {

enum class StateClass : uint8_t { kExact, kRounded, kSequence };

// A value of a column with the place of its record in the total order.
struct Sample {
  const uint64_t* order = nullptr;  // [event time, source and partition, offset]
  Value value;                      // never null, NaN or infinite
  Value other;                      // the second input, of aggregations over pairs

  int64_t time_ms() const { return static_cast<int64_t>(order[0]); }
};

// A piece of a state that does not fit into words.
class StatePart {
 public:
  virtual ~StatePart() = default;
  virtual size_t MemoryBytes() const = 0;
};
// A word of a state refers to a part by 1 + its index here; 0 is none.
using StateParts = std::vector<std::unique_ptr<StatePart>>;

// The part of a word, made if there is none yet.
template <typename Part, typename... Args>
Part& PartOf(uint64_t* word, StateParts* parts, Args&&... args) {
  if (*word == 0) {
    parts->push_back(std::make_unique<Part>(std::forward<Args>(args)...));
    *word = parts->size();
  }
  return static_cast<Part&>(*(*parts)[*word - 1]);
}
// The part of a word, or null.
template <typename Part>
const Part* FindPart(uint64_t word, const StateParts& parts) {
  return word == 0 ? nullptr : static_cast<const Part*>(parts[word - 1].get());
}

// One state of an accumulator. `n` counts the values in it; the caller keeps that. For an
// accumulator that subtracts it may be less than what was added, and negative.
struct StateRef {
  int64_t n = 0;
  const uint64_t* words = nullptr;
  const StateParts* parts = nullptr;
};

class Accumulator {
 public:
  virtual ~Accumulator() = default;

  virtual int words() const = 0;
  virtual StateClass state_class() const = 0;
  // Whether Subtract takes a value back, also one that was not added yet. Else the records are
  // folded again without it.
  virtual bool subtracts() const { return false; }

  // Adds a value to a state of `n` values.
  virtual void Add(const Sample& sample, int64_t n, uint64_t* words, StateParts* parts) const = 0;
  // REQUIRES: subtracts().
  virtual void Subtract(const Sample& /*sample*/, uint64_t* /*words*/,
                        StateParts* /*parts*/) const {
    CHECK(subtracts());
  }
  // Adds the values of `later` to a state of `n`. For class S every record of `later` comes after
  // those of the state.
  virtual void Merge(const StateRef& later, int64_t n, uint64_t* words,
                     StateParts* parts) const = 0;

  // Canonical bytes of a state; times are relative to `base_ms`. REQUIRES: n > 0 or subtracts().
  virtual void Encode(const StateRef& state, int64_t base_ms, std::string* out) const = 0;
  // Takes a state of n values off the front of *in, into zero words. False when it does not parse.
  virtual bool Decode(absl::string_view* in, int64_t n, int64_t base_ms, uint64_t* words,
                      StateParts* parts) const = 0;
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_AGGREGATIONS_ACCUMULATOR_H_
