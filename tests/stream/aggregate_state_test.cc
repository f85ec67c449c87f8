#include "stream/aggregate_state.h"

#include <bit>
#include <limits>

#include "absl/strings/escaping.h"
#include "core/random.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

// sum of an int, sum of a double, min and max of both, max of a string and the last double, the
// double under a condition.
struct Fixture {
  Fixture() {
    filter = layout.AddFilter();
    ints = layout.AddColumn({0, Type::kInt});
    doubles = layout.AddColumn({filter, Type::kDouble});
    strings = layout.AddColumn({0, Type::kString});
    int_sum = layout.AddAccumulator(AggregationKind::kSum, ints);
    double_sum = layout.AddAccumulator(AggregationKind::kMean, doubles);
    layout.AddAccumulator(AggregationKind::kMin, ints);
    layout.AddAccumulator(AggregationKind::kMax, doubles);
    string_max = layout.AddAccumulator(AggregationKind::kMax, strings);
    last = layout.AddAccumulator(AggregationKind::kLast, doubles);
    layout.Finish();
  }
  StateLayout layout;
  int filter, ints, doubles, strings, int_sum, double_sum, string_max, last;
};

struct State {
  explicit State(const StateLayout& layout) : words(static_cast<size_t>(layout.words())) {
    ResetState(layout, words.data());
  }
  std::vector<uint64_t> words;
  BlobList blobs;
};

struct Row {
  std::vector<uint64_t> words;
  BlobList blobs;
  EntryRef ref() const { return {words.data(), &blobs}; }
};

Row MakeRow(const Fixture& f, int64_t time, int64_t offset, std::optional<int64_t> n,
            std::optional<double> x, std::optional<std::string> s) {
  Row row;
  row.words.resize(static_cast<size_t>(f.layout.entry_words()));
  row.words[0] = static_cast<uint64_t>(time);
  row.words[1] = PackSource(0, 2);
  row.words[2] = static_cast<uint64_t>(offset);
  const auto set = [&row](int bit) { row.words[3] |= uint64_t{1} << bit; };
  set(0);
  if (n) {
    set(f.layout.column_bit(f.ints));
    row.words[f.layout.value_word(f.ints)] = static_cast<uint64_t>(*n);
  }
  if (x) {
    set(f.filter);
    set(f.layout.column_bit(f.doubles));
    row.words[f.layout.value_word(f.doubles)] = std::bit_cast<uint64_t>(*x);
  }
  if (s) {
    set(f.layout.column_bit(f.strings));
    row.blobs.push_back(*s);
    row.words[f.layout.value_word(f.strings)] = 1;
  }
  return row;
}

std::string Encoded(const Fixture& f, const State& state, int64_t base_ms) {
  std::string bytes;
  EncodeState(f.layout, state.words.data(), state.blobs, base_ms, &bytes);
  return bytes;
}

void Add(const Fixture& f, const Row& row, State* state) {
  AddEntry(f.layout, f.layout.ops(), row.ref(), state->words.data(), &state->blobs);
}

TEST(AggregateState, SharesOneAccumulatorForSumAndMean) {
  StateLayout layout;
  const int column = layout.AddColumn({0, Type::kDouble});
  EXPECT_EQ(layout.AddAccumulator(AggregationKind::kSum, column),
            layout.AddAccumulator(AggregationKind::kMean, column));
}

TEST(AggregateState, MergesInAnyOrderToTheSameBytes) {
  const Fixture f;
  const uint64_t seed = 31337;
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 200; ++round) {
    std::vector<Row> rows;
    for (int64_t i = random.Between(1, 40); i > 0; --i) {
      std::optional<int64_t> n;
      std::optional<double> x;
      std::optional<std::string> s;
      if (random.Chance(0.8)) n = static_cast<int64_t>(random.Bits());
      if (random.Chance(0.8))
        x = std::ldexp(random.Unit() - 0.5, static_cast<int>(random.Between(-99, 99)));
      if (random.Chance(0.8)) s = std::string(random.Below(30), 'x');
      rows.push_back(MakeRow(f, random.Between(-5, 5), i, n, x, s));
    }
    State whole(f.layout);
    for (const Row& row : rows) Add(f, row, &whole);
    random.Shuffle(std::span<Row>(rows));
    std::vector<State> parts(3, State(f.layout));
    for (const Row& row : rows) Add(f, row, &parts[random.Below(3)]);
    State merged(f.layout);
    for (const size_t i : {2, 0, 1}) {
      MergeState(f.layout.ops(), parts[i].words.data(), parts[i].blobs, merged.words.data(),
                 &merged.blobs);
    }
    const std::string bytes = Encoded(f, whole, 100);
    EXPECT_EQ(absl::BytesToHexString(bytes), absl::BytesToHexString(Encoded(f, merged, 100)));
    State decoded(f.layout);
    absl::string_view in = bytes;
    ASSERT_TRUE(DecodeState(f.layout, 100, &in, decoded.words.data(), &decoded.blobs));
    EXPECT_TRUE(in.empty());
    EXPECT_EQ(Encoded(f, decoded, 100), bytes);
    for (size_t cut = 0; cut < bytes.size(); ++cut) {
      State partial(f.layout);
      absl::string_view prefix = absl::string_view(bytes).substr(0, cut);
      EXPECT_FALSE(DecodeState(f.layout, 100, &prefix, partial.words.data(), &partial.blobs));
    }
  }
}

TEST(AggregateState, BytesAreThoseOfTheFormatPage) {
  const Fixture f;
  State state(f.layout);
  Add(f, MakeRow(f, 1010, 5, 7, 1.5, "b"), &state);
  Add(f, MakeRow(f, 1000, 9, -2, std::nullopt, "a"), &state);
  EXPECT_EQ(absl::BytesToHexString(Encoded(f, state, 1000)),
            "02"
            "00"
            "14"  // records, first and last time after the base
            "01"
            "14"  // condition 1: records, newest
            "02"
            "01"
            "02"  // values per column
            "0a"  // int sum 5
            "01"
            "01"
            "3ff8000000000000"  // double sum: addends, components, 1.5
            "03"                // min int -2
            "3ff8000000000000"  // max double
            "0162"              // max string "b"
            "14"
            "00"
            "02"
            "0a"
            "3ff8000000000000");  // last: time, source, partition, offset, 1.5
  EXPECT_EQ(absl::BytesToHexString(Encoded(f, State(f.layout), 1000)), "00");
}

TEST(AggregateState, IntegerSumsOverflowAloudAndComeBack) {
  const Fixture f;
  State state(f.layout);
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  Value value;
  const auto sum = [&] {
    return FinaliseState(f.layout, AggregationKind::kSum, 0, f.ints,
                         &f.layout.accumulator(f.int_sum), state.words.data(), state.blobs, &value);
  };
  Add(f, MakeRow(f, 0, 0, kMax, {}, {}), &state);
  Add(f, MakeRow(f, 0, 1, 1, {}, {}), &state);
  EXPECT_EQ(sum(), ResultState::kOverflow);
  EXPECT_TRUE(value.is_null());
  EXPECT_EQ(
      FinaliseState(f.layout, AggregationKind::kMean, 0, f.ints, &f.layout.accumulator(f.int_sum),
                    state.words.data(), state.blobs, &value),
      ResultState::kPresent);
  EXPECT_EQ(value.double_value(), 0x1p62);
  Add(f, MakeRow(f, 0, 2, -1, {}, {}), &state);
  EXPECT_EQ(sum(), ResultState::kPresent);
  EXPECT_EQ(value.int_value(), kMax);
}

TEST(AggregateState, HugeAddendsCountAsNullInSumsOnly) {
  const Fixture f;
  State state(f.layout);
  Add(f, MakeRow(f, 0, 0, {}, 1e300, {}), &state);
  Value value;
  EXPECT_EQ(
      FinaliseState(f.layout, AggregationKind::kMean, f.filter, f.doubles,
                    &f.layout.accumulator(f.double_sum), state.words.data(), state.blobs, &value),
      ResultState::kNull);
  EXPECT_EQ(FinaliseState(f.layout, AggregationKind::kLast, f.filter, f.doubles,
                          &f.layout.accumulator(f.last), state.words.data(), state.blobs, &value),
            ResultState::kPresent);
  EXPECT_EQ(value.double_value(), 1e300);
}

}  // namespace
}  // namespace millrace
