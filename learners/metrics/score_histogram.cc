#include "learners/metrics/score_histogram.h"

#include <algorithm>

#include "core/check.h"
#include "core/coding.h"

namespace millrace {
namespace {

uint32_t SaturatingSum(uint32_t a, uint32_t b) {
  return static_cast<uint32_t>(std::min<uint64_t>(uint64_t{a} + b, UINT32_MAX));
}

}  // namespace

ScoreHistogram::ScoreHistogram(Shape shape) : shape_(shape), blocks_(shape.bins / kBlockBins) {
  CHECK(shape.bins > 0 && shape.bins % kBlockBins == 0 && shape.limit > 0);
}

ScoreHistogram::Bin& ScoreHistogram::BinAt(uint32_t index) {
  std::unique_ptr<Block>& block = blocks_[index / kBlockBins];
  if (block == nullptr) block = std::make_unique<Block>();
  return (*block)[index % kBlockBins];
}

void ScoreHistogram::Add(double log_odds, bool label) {
  const double position = (log_odds + shape_.limit) * (shape_.bins / (2 * shape_.limit));
  const double last = shape_.bins - 1;
  const double bounded = position > 0 ? (position < last ? position : last) : 0;
  Bin& bin = BinAt(static_cast<uint32_t>(bounded));
  uint32_t& count = label ? bin.positives : bin.negatives;
  count = SaturatingSum(count, 1);
}

void ScoreHistogram::Merge(const ScoreHistogram& other) {
  CHECK(shape_ == other.shape_);
  for (size_t i = 0; i < blocks_.size(); ++i) {
    if (other.blocks_[i] == nullptr) continue;
    for (uint32_t j = 0; j < kBlockBins; ++j) {
      Bin& bin = BinAt(static_cast<uint32_t>(i) * kBlockBins + j);
      const Bin& added = (*other.blocks_[i])[j];
      bin.positives = SaturatingSum(bin.positives, added.positives);
      bin.negatives = SaturatingSum(bin.negatives, added.negatives);
    }
  }
}

std::optional<double> ScoreHistogram::Auc() const {
  uint64_t positives = 0;
  uint64_t negatives = 0;
  double ordered = 0;  // pairs in the right order, ties ½
  for (const std::unique_ptr<Block>& block : blocks_) {
    if (block == nullptr) continue;
    for (const Bin& bin : *block) {
      ordered += static_cast<double>(bin.positives) *
                 (static_cast<double>(negatives) + 0.5 * static_cast<double>(bin.negatives));
      positives += bin.positives;
      negatives += bin.negatives;
    }
  }
  if (positives == 0 || negatives == 0) return std::nullopt;
  return ordered / (static_cast<double>(positives) * static_cast<double>(negatives));
}

void ScoreHistogram::Save(std::string* out) const {
  uint64_t used = 0;
  std::string bins;
  uint64_t next = 0;  // lowest index the coming bin may have
  for (size_t i = 0; i < blocks_.size(); ++i) {
    if (blocks_[i] == nullptr) continue;
    for (uint32_t j = 0; j < kBlockBins; ++j) {
      const Bin& bin = (*blocks_[i])[j];
      if (bin.positives == 0 && bin.negatives == 0) continue;
      const uint64_t index = i * kBlockBins + j;
      PutVarint(&bins, index - next);
      PutVarint(&bins, bin.positives);
      PutVarint(&bins, bin.negatives);
      next = index + 1;
      ++used;
    }
  }
  PutVarint(out, used);
  out->append(bins);
}

bool ScoreHistogram::Load(absl::string_view* in) {
  uint64_t used;
  if (!GetVarint(in, &used) || used > shape_.bins) return false;
  uint64_t next = 0;
  for (uint64_t i = 0; i < used; ++i) {
    uint64_t gap;
    uint64_t positives;
    uint64_t negatives;
    if (!GetVarint(in, &gap) || !GetVarint(in, &positives) || !GetVarint(in, &negatives) ||
        gap >= shape_.bins || next + gap >= shape_.bins || positives > UINT32_MAX ||
        negatives > UINT32_MAX || positives + negatives == 0) {
      return false;
    }
    BinAt(static_cast<uint32_t>(next + gap)) = {static_cast<uint32_t>(positives),
                                                static_cast<uint32_t>(negatives)};
    next += gap + 1;
  }
  return true;
}

}  // namespace millrace
