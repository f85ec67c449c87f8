// How closely an engine must agree: tolerances of doubles, and bounds beyond the exact range of
// sketches.

#include "tests/oracle/answer.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/oracle/tiny_view.h"

namespace millrace::oracle {
namespace {

bool Agrees(const Answer& expected, const Datum& value, Status status = Status::kPresent) {
  return Difference(expected, status, value).empty();
}

Datum Entry(const std::string& key, const Datum& value) {
  DatumMap map;
  map.emplace(key, value);
  return Datum(map);
}

// 1,000 values 0 … 999, so that the value at rank r is r.
TinyView Thousand() {
  TinyView view;
  for (int64_t i = 0; i < 1000; ++i) view.Add(i, Int(i));
  return view;
}

TEST(Answer, DoublesAgreeWithinTheToleranceAndTypesAndStatusesExactly) {
  const Answer expected = Present(Datum(1e6));
  EXPECT_TRUE(Agrees(expected, Datum(1e6 + 9e-7)));
  EXPECT_FALSE(Agrees(expected, Datum(1e6 + 2e-6)));
  EXPECT_FALSE(Agrees(expected, Int(1'000'000)));
  EXPECT_FALSE(Agrees(expected, Datum(1e6), Status::kTruncated));
  EXPECT_FALSE(Agrees(expected, Datum(std::numeric_limits<double>::quiet_NaN())));
}

TEST(Answer, ToleranceHoldsInsideListsMapsAndVectors) {
  const double near = 1 + 5e-13;
  EXPECT_TRUE(Agrees(Present(Datum(DatumVector{1, 2})), Datum(DatumVector{near, 2})));
  EXPECT_FALSE(Agrees(Present(Datum(DatumVector{1, 2})), Datum(DatumVector{1})));
  EXPECT_TRUE(Agrees(Present(Datum(DatumList{Datum(1.0)})), Datum(DatumList{Datum(near)})));
  EXPECT_TRUE(Agrees(Present(Entry("p", Datum(1.0))), Entry("p", Datum(near))));
  EXPECT_FALSE(Agrees(Present(Entry("p", Datum(1.0))), Entry("q", Datum(1.0))));
}

TEST(Answer, AnEstimateOfDistinctValuesMayMissBySixStandardErrors) {
  const Answer answer = Thousand().Ask(Of("approx_count_distinct"), 5000);
  EXPECT_TRUE(Agrees(answer, Int(1050)));
  EXPECT_FALSE(Agrees(answer, Int(850)));
  EXPECT_FALSE(Agrees(answer, Int(1150)));
}

TEST(Answer, AQuantileOfASketchMayMissByRank) {
  Feature feature = Of("quantile");
  feature.q = 0.5;
  const Answer answer = Thousand().Ask(feature, 5000);
  EXPECT_TRUE(Agrees(answer, Datum(470.0)));
  EXPECT_FALSE(Agrees(answer, Datum(440.0)));
  feature.q = 1.0;
  EXPECT_FALSE(Agrees(Thousand().Ask(feature, 5000), Datum(998.0)));
}

TEST(Answer, HeavyHittersMayBeUndercountedButNotOvercounted) {
  TinyView view = Thousand();
  for (int64_t i = 0; i < 100; ++i) view.Add(2000 + i, Int(7));
  Feature feature = Of("histogram");
  feature.k = 1;
  const Answer answer = view.Ask(feature, 5000);  // 7 came 101 times; N / (m + 1) is 1100 / 65
  EXPECT_TRUE(Agrees(answer, Entry("7", Int(101)), Status::kTruncated));
  EXPECT_TRUE(Agrees(answer, Entry("7", Int(90)), Status::kTruncated));
  EXPECT_FALSE(Agrees(answer, Entry("7", Int(80)), Status::kTruncated));
  EXPECT_FALSE(Agrees(answer, Entry("7", Int(102)), Status::kTruncated));
  EXPECT_FALSE(Agrees(answer, Entry("1001", Int(1)), Status::kTruncated));
}

TEST(Answer, ATruncatedListHoldsMembersWithoutRepeats) {
  Feature feature = Of("distinct");
  feature.max_values = 2;
  const Answer answer = Thousand().Ask(feature, 5000);
  EXPECT_TRUE(Agrees(answer, Datum(DatumList{Int(0), Int(1)}), Status::kTruncated));
  EXPECT_FALSE(Agrees(answer, Datum(DatumList{Int(0), Int(0)}), Status::kTruncated));
  EXPECT_FALSE(Agrees(answer, Datum(DatumList{Int(-1)}), Status::kTruncated));
  EXPECT_FALSE(Agrees(answer, Datum(DatumList{Int(0), Int(1), Int(2)}), Status::kTruncated));
}

}  // namespace
}  // namespace millrace::oracle
