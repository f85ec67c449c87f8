// A sum of doubles inside an aggregate state: [addends, high, low, part], exact (exact_sum.h). The
// pair is used while two components suffice; else it is zero and the part holds them all. Which of
// the two is a function of the sum, so equal sums have equal words (the part's index aside).

#ifndef MILLRACE_STREAM_AGGREGATIONS_EXPANSION_WORDS_H_
#define MILLRACE_STREAM_AGGREGATIONS_EXPANSION_WORDS_H_

#include <bit>
#include <cmath>
#include <cstdint>

#include "stream/aggregations/accumulator.h"
#include "stream/aggregations/exact_sum.h"

namespace millrace {

inline constexpr int kExpansionWords = 4;

class ExpansionPart final : public StatePart {
 public:
  size_t MemoryBytes() const override { return sizeof(*this); }
  Expansion components;  // empty while the pair suffices
};

// The components, largest first.
void LoadExpansion(const uint64_t* words, const StateParts& parts, Expansion* sum);
void StoreExpansion(const Expansion& sum, uint64_t* words, StateParts* parts);
// Adds without counting, by way of the expansion.
void AddDoubleSlowly(double x, uint64_t* words, StateParts* parts);

inline void AddComponent(double x, uint64_t* words, StateParts* parts) {
  double high = std::bit_cast<double>(words[1]);
  double low = std::bit_cast<double>(words[2]);
  const bool pair =
      words[3] == 0 || high != 0 || FindPart<ExpansionPart>(words[3], *parts)->components.empty();
  if (pair && AddToPair(x, &high, &low)) {
    words[1] = std::bit_cast<uint64_t>(high);
    words[2] = std::bit_cast<uint64_t>(low);
    return;
  }
  AddDoubleSlowly(x, words, parts);
}

// Adds and counts x; magnitudes above kLargestAddend count as null.
inline void AddDouble(double x, uint64_t* words, StateParts* parts) {
  if (std::fabs(x) > kLargestAddend) return;
  ++words[0];
  AddComponent(x, words, parts);
}
// The reverse, exactly.
inline void SubtractDouble(double x, uint64_t* words, StateParts* parts) {
  if (std::fabs(x) > kLargestAddend) return;
  --words[0];
  AddComponent(-x, words, parts);
}

void MergeDoubleSum(const uint64_t* from, const StateParts& from_parts, uint64_t* words,
                    StateParts* parts);

// The two leading components: *high is the sum rounded to nearest.
void LoadRounded(const uint64_t* words, const StateParts& parts, double* high, double* low);

}  // namespace millrace

#endif  // MILLRACE_STREAM_AGGREGATIONS_EXPANSION_WORDS_H_
