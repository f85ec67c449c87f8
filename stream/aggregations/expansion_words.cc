#include "stream/aggregations/expansion_words.h"

#include <cstddef>

namespace millrace {

void LoadExpansion(const uint64_t* words, const StateParts& parts, Expansion* sum) {
  sum->clear();
  const auto* part = FindPart<ExpansionPart>(words[3], parts);
  if (part != nullptr && !part->components.empty()) {
    *sum = part->components;
    return;
  }
  for (const uint64_t bits : {words[1], words[2]}) {
    if (const auto component = std::bit_cast<double>(bits); component != 0) {
      sum->push_back(component);
    }
  }
}

void StoreExpansion(const Expansion& sum, uint64_t* words, StateParts* parts) {
  const bool pair = sum.size() <= 2;
  words[1] = std::bit_cast<uint64_t>(pair && !sum.empty() ? sum[0] : 0.0);
  words[2] = std::bit_cast<uint64_t>(pair && sum.size() == 2 ? sum[1] : 0.0);
  if (!pair) {
    PartOf<ExpansionPart>(&words[3], parts).components = sum;
  } else if (words[3] != 0) {
    PartOf<ExpansionPart>(&words[3], parts).components.clear();
  }
}

void AddDoubleSlowly(double x, uint64_t* words, StateParts* parts) {
  Expansion sum;
  LoadExpansion(words, *parts, &sum);
  AddToExpansion(x, &sum);
  StoreExpansion(sum, words, parts);
}

void MergeDoubleSum(const uint64_t* from, const StateParts& from_parts, uint64_t* words,
                    StateParts* parts) {
  words[0] += from[0];
  if (from[3] == 0) {
    if (const auto low = std::bit_cast<double>(from[2]); low != 0) AddComponent(low, words, parts);
    AddComponent(std::bit_cast<double>(from[1]), words, parts);
    return;
  }
  Expansion sum;
  LoadExpansion(from, from_parts, &sum);
  for (const double component : sum) AddComponent(component, words, parts);
}

void LoadRounded(const uint64_t* words, const StateParts& parts, double* high, double* low) {
  Expansion sum;
  LoadExpansion(words, parts, &sum);
  *high = sum.empty() ? 0 : sum[0];
  *low = sum.size() < 2 ? 0 : sum[1];
}

}  // namespace millrace
