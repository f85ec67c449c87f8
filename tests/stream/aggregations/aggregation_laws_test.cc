// The laws of docs/windows.md, "Classes", for every aggregation over every type that it takes.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "tests/stream/aggregations/bound_cases.h"
#include "tests/stream/aggregations/random_entries.h"
#include "tests/stream/aggregations/state_fixture.h"

namespace millrace {
namespace {

constexpr int kRounds = 12;
// Rounded states: a few units in the last place of what is summed, which may cancel.
constexpr double kRounding = 1e-11;

// One aggregation, its random records, and the laws.
class Law {
 public:
  Law(const BoundCase& bound, uint64_t seed) : bound_(bound), state_(bound_), random_(seed) {}

  void TheEmptyStateIsNeutral();
  void AnySplitGivesTheSame();
  void MergingIsAssociative();
  void ExactStatesDoNotDependOnTheOrderOfFolding();
  void TakingBackIsTheInverseOfAdding();
  void SurvivesItsOwnBytes();

 private:
  StateClass Class() const {
    return bound_.aggregation.accumulator == nullptr
               ? StateClass::kExact
               : bound_.aggregation.accumulator->state_class();
  }
  std::vector<CaseEntry> Entries() {
    return RandomEntries(bound_, state_, static_cast<int>(random_.Between(0, 60)), random_);
  }
  void Merge(const OwnedState& later, OwnedState* to) {
    MergeState(state_.layout().plan(), later.view(), to->slot());
  }
  // Equal bits for class E, else equal to rounding.
  void ExpectSame(const OwnedState& a, const OwnedState& b) {
    if (Class() == StateClass::kExact) {
      EXPECT_EQ(state_.Bytes(a), state_.Bytes(b));
    }
    Answer x, y;
    state_.Finalised(a, &x);
    state_.Finalised(b, &y);
    EXPECT_EQ(x.state, y.state);
    ExpectClose(x.value, y.value);
  }
  void ExpectClose(const Value& x, const Value& y) {
    ASSERT_EQ(x.type(), y.type());
    if (x.type() == Type::kDouble) {
      EXPECT_NEAR(x.double_value(), y.double_value(),
                  kRounding * std::max(1.0, std::fabs(y.double_value())));
    } else if (x.type() == Type::kMap) {
      std::vector<std::pair<std::string, OwnedValue>> entries;
      ForEachEntry(y, [&](absl::string_view key, const Value& v) {
        entries.emplace_back(std::string(key), OwnedValue(v));
      });
      size_t i = 0;
      ForEachEntry(x, [&](absl::string_view key, const Value& v) {
        ASSERT_LT(i, entries.size());
        EXPECT_EQ(key, absl::string_view(entries[i].first));
        ExpectClose(v, entries[i++].second.view());
      });
      EXPECT_EQ(i, entries.size());
    } else if (x.type() == Type::kVector) {
      ASSERT_EQ(CollectionSize(x), CollectionSize(y));
      for (int64_t i = 0; i < CollectionSize(x); ++i) ExpectClose(ItemAt(x, i), ItemAt(y, i));
    } else {
      EXPECT_EQ(x, y) << ToString(x) << " and " << ToString(y);
    }
  }

  const BoundCase& bound_;
  CaseState state_;
  Random random_;
};

void Law::TheEmptyStateIsNeutral() {
  for (int round = 0; round < kRounds; ++round) {
    const auto entries = Entries();
    OwnedState whole, left, right;
    state_.Fold(entries, &whole);
    state_.Fold({}, &left);
    Merge(whole, &left);
    EXPECT_EQ(state_.Bytes(left), state_.Bytes(whole));
    state_.Fold(entries, &right);
    OwnedState empty;
    state_.Fold({}, &empty);
    Merge(empty, &right);
    EXPECT_EQ(state_.Bytes(right), state_.Bytes(whole));
  }
}

void Law::AnySplitGivesTheSame() {
  for (int round = 0; round < kRounds; ++round) {
    const auto entries = Entries();
    OwnedState whole, merged;
    state_.Fold(entries, &whole);
    state_.Fold({}, &merged);
    for (size_t begin = 0; begin < entries.size();) {
      const size_t n = std::min<size_t>(entries.size() - begin, 1 + random_.Below(12));
      OwnedState piece;
      state_.Fold(std::span(entries).subspan(begin, n), &piece);
      Merge(piece, &merged);
      begin += n;
    }
    ExpectSame(merged, whole);
  }
}

void Law::MergingIsAssociative() {
  for (int round = 0; round < kRounds; ++round) {
    const auto entries = Entries();
    const size_t one = random_.Below(entries.size() + 1);
    const size_t two = one + random_.Below(entries.size() - one + 1);
    const auto span = std::span(entries);
    OwnedState a, b, c, left, right;
    state_.Fold(span.first(one), &a);
    state_.Fold(span.subspan(one, two - one), &b);
    state_.Fold(span.subspan(two), &c);
    state_.Fold(span.first(one), &left);
    Merge(b, &left);
    Merge(c, &left);
    Merge(c, &b);
    state_.Fold(span.first(one), &right);
    Merge(b, &right);
    ExpectSame(left, right);
  }
}

void Law::ExactStatesDoNotDependOnTheOrderOfFolding() {
  if (Class() != StateClass::kExact) return;  // nothing is claimed
  for (int round = 0; round < kRounds; ++round) {
    auto entries = Entries();
    OwnedState whole, shuffled, merged;
    state_.Fold(entries, &whole);
    for (size_t i = entries.size(); i > 1; --i) {
      // Records of one place keep their order: they are one record's items.
      std::swap(entries[i - 1], entries[random_.Below(i)]);
    }
    state_.Fold(entries, &shuffled);
    EXPECT_EQ(state_.Bytes(shuffled), state_.Bytes(whole));
    const size_t split = random_.Below(entries.size() + 1);
    OwnedState rest;
    state_.Fold(std::span(entries).subspan(split), &merged);
    state_.Fold(std::span(entries).first(split), &rest);
    Merge(rest, &merged);
    EXPECT_EQ(state_.Bytes(merged), state_.Bytes(whole));
  }
}

void Law::TakingBackIsTheInverseOfAdding() {
  if (bound_.aggregation.accumulator != nullptr && !bound_.aggregation.accumulator->subtracts()) {
    return;  // folded again without the record
  }
  for (int round = 0; round < kRounds; ++round) {
    const auto entries = Entries();
    std::vector<CaseEntry> kept, all = entries;
    for (const CaseEntry& entry : entries) {
      if (random_.Chance(0.4)) {
        CaseEntry back = entry;
        back.words[3] |= 1;
        // Anywhere, also before what it takes back.
        all.insert(all.begin() + static_cast<std::ptrdiff_t>(random_.Below(all.size() + 1)), back);
      } else {
        kept.push_back(entry);
      }
    }
    if (bound_.request.by && bound_.request.by->max_keys < 9) continue;  // bounded: not exact then
    if (kept.empty()) continue;  // nothing left and nothing there are told apart elsewhere
    OwnedState with, without;
    state_.Fold(all, &with);
    state_.Fold(kept, &without);
    Answer x, y;
    state_.Finalised(with, &x);
    state_.Finalised(without, &y);
    if (x.state == ResultState::kTruncated || y.state == ResultState::kTruncated) continue;
    EXPECT_EQ(x.state, y.state);
    ExpectClose(x.value, y.value);
  }
}

void Law::SurvivesItsOwnBytes() {
  for (int round = 0; round < kRounds; ++round) {
    const auto entries = Entries();
    OwnedState state, read;
    state_.Fold(entries, &state);
    const std::string bytes = state_.Bytes(state);
    absl::string_view in = bytes;
    read.Reset(state_.layout());
    ASSERT_TRUE(DecodeState(state_.layout(), 1'000'000, &in, read.slot()));
    EXPECT_TRUE(in.empty());
    EXPECT_EQ(state_.Bytes(read), bytes);
    ExpectSame(read, state);
    // Cut short it does not parse, and nothing worse.
    for (size_t cut = 0; cut < bytes.size(); ++cut) {
      absl::string_view part = absl::string_view(bytes).substr(0, cut);
      read.Reset(state_.layout());
      EXPECT_FALSE(DecodeState(state_.layout(), 1'000'000, &part, read.slot()));
    }
  }
}

void ForEach(void (Law::*law)()) {
  static const auto* const cases = new std::vector<BoundCase>(AllCases());
  uint64_t seed = 7;
  for (const BoundCase& bound : *cases) {
    SCOPED_TRACE(absl::StrCat(bound.name, ", seed ", ++seed));
    (Law(bound, seed).*law)();
  }
}

TEST(AggregationLaws, TheEmptyStateIsNeutral) { ForEach(&Law::TheEmptyStateIsNeutral); }
TEST(AggregationLaws, AnySplitGivesTheSame) { ForEach(&Law::AnySplitGivesTheSame); }
TEST(AggregationLaws, MergingIsAssociative) { ForEach(&Law::MergingIsAssociative); }
TEST(AggregationLaws, ExactStatesDoNotDependOnTheOrderOfFolding) {
  ForEach(&Law::ExactStatesDoNotDependOnTheOrderOfFolding);
}
TEST(AggregationLaws, TakingBackIsTheInverseOfAdding) {
  ForEach(&Law::TakingBackIsTheInverseOfAdding);
}
TEST(AggregationLaws, SurvivesItsOwnBytes) { ForEach(&Law::SurvivesItsOwnBytes); }

// The bytes are a format (docs/formats/feature-state.md): those written by earlier versions must be
// read. REGENERATE_GOLDEN writes them anew.
TEST(AggregationStates, HaveTheirGoldenBytes) {
  std::map<std::string, std::string> golden, found;
  for (const BoundCase& bound : AllCases()) {
    const CaseState state(bound);
    Random random(99);
    OwnedState folded;
    state.Fold(RandomEntries(bound, state, 9, random), &folded);
    found[bound.name] = absl::BytesToHexString(state.Bytes(folded));
  }
  if (std::getenv("REGENERATE_GOLDEN") != nullptr) {
    std::ofstream file(GOLDEN_FILE);
    for (const auto& [name, hex] : found) file << name << " " << hex << "\n";
  }
  std::ifstream file(GOLDEN_FILE);
  for (std::string name, hex; file >> name >> hex;) golden[name] = hex;
  EXPECT_EQ(found, golden);
}

}  // namespace
}  // namespace millrace
