#include "stream/expansion_words.h"

#include <cstddef>
#include <cstring>

namespace millrace {

void LoadExpansion(const uint64_t* words, const BlobList& blobs, Expansion* sum) {
  sum->clear();
  if (words[3] != 0 && !blobs[words[3] - 1].empty()) {
    const std::string& bytes = blobs[words[3] - 1];
    sum->resize(bytes.size() / sizeof(double));
    std::memcpy(sum->data(), bytes.data(), sum->size() * sizeof(double));
    return;
  }
  for (const uint64_t bits : {words[1], words[2]}) {
    if (const auto component = std::bit_cast<double>(bits); component != 0) {
      sum->push_back(component);
    }
  }
}

void StoreExpansion(const Expansion& sum, uint64_t* words, BlobList* blobs) {
  const bool pair = sum.size() <= 2;
  words[1] = std::bit_cast<uint64_t>(pair && !sum.empty() ? sum[0] : 0.0);
  words[2] = std::bit_cast<uint64_t>(pair && sum.size() == 2 ? sum[1] : 0.0);
  if (pair) {
    if (words[3] != 0) (*blobs)[words[3] - 1].clear();
    return;
  }
  if (words[3] == 0) {
    blobs->emplace_back();
    words[3] = blobs->size();
  }
  (*blobs)[words[3] - 1].assign(reinterpret_cast<const char*>(sum.data()),
                                sum.size() * sizeof(double));
}

void AddDoubleSlowly(double x, uint64_t* words, BlobList* blobs) {
  Expansion sum;
  LoadExpansion(words, *blobs, &sum);
  AddToExpansion(x, &sum);
  StoreExpansion(sum, words, blobs);
}

void MergeDoubleSum(const uint64_t* from, const BlobList& from_blobs, uint64_t* words,
                    BlobList* blobs) {
  words[0] += from[0];
  if (from[3] == 0) {
    if (const auto low = std::bit_cast<double>(from[2]); low != 0) AddComponent(low, words, blobs);
    AddComponent(std::bit_cast<double>(from[1]), words, blobs);
    return;
  }
  Expansion sum;
  LoadExpansion(from, from_blobs, &sum);
  for (const double component : sum) AddComponent(component, words, blobs);
}

void LoadRounded(const uint64_t* words, const BlobList& blobs, double* high, double* low) {
  Expansion sum;
  LoadExpansion(words, blobs, &sum);
  *high = sum.empty() ? 0 : sum[0];
  *low = sum.size() < 2 ? 0 : sum[1];
}

}  // namespace millrace
