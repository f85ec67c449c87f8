// A sum of doubles inside an aggregate state: [addends, high, low, blob], exact (exact_sum.h). The
// pair is used while two components suffice; else it is zero and the blob holds them all. Which of
// the two is a function of the sum, so equal sums have equal words (the blob's index aside).

#ifndef MILLRACE_STREAM_EXPANSION_WORDS_H_
#define MILLRACE_STREAM_EXPANSION_WORDS_H_

#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "stream/exact_sum.h"

namespace millrace {

using BlobList = std::vector<std::string>;

// The components, largest first.
void LoadExpansion(const uint64_t* words, const BlobList& blobs, Expansion* sum);
void StoreExpansion(const Expansion& sum, uint64_t* words, BlobList* blobs);
// Adds without counting, by way of the expansion.
void AddDoubleSlowly(double x, uint64_t* words, BlobList* blobs);

inline void AddComponent(double x, uint64_t* words, BlobList* blobs) {
  double high = std::bit_cast<double>(words[1]);
  double low = std::bit_cast<double>(words[2]);
  const bool pair = words[3] == 0 || high != 0 || (*blobs)[words[3] - 1].empty();
  if (pair && AddToPair(x, &high, &low)) {
    words[1] = std::bit_cast<uint64_t>(high);
    words[2] = std::bit_cast<uint64_t>(low);
    return;
  }
  AddDoubleSlowly(x, words, blobs);
}

// Adds and counts x; magnitudes above kLargestAddend count as null.
inline void AddDouble(double x, uint64_t* words, BlobList* blobs) {
  if (std::fabs(x) > kLargestAddend) return;
  ++words[0];
  AddComponent(x, words, blobs);
}

void MergeDoubleSum(const uint64_t* from, const BlobList& from_blobs, uint64_t* words,
                    BlobList* blobs);

// The two leading components: *high is the sum rounded to nearest.
void LoadRounded(const uint64_t* words, const BlobList& blobs, double* high, double* low);

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPANSION_WORDS_H_
