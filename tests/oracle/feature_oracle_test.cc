// The oracle against the cases the specification works out: its table of what peers get wrong, and
// the rules of windows, retractions and statuses.

#include "tests/oracle/feature_oracle.h"

#include <gtest/gtest.h>

#include "tests/oracle/tiny_view.h"
#include "tests/oracle/window_members.h"

namespace millrace::oracle {
namespace {

constexpr int64_t kMinute = 60'000;
constexpr int64_t kHour = 60 * kMinute;

Window Session(int64_t gap_ms) {
  Window window;
  window.kind = WindowKind::kSession;
  window.gap_ms = gap_ms;
  return window;
}

TEST(Oracle, WindowsStartAtTheMillisecond) {
  TinyView view;
  view.Add(8 * kHour + 2 * kMinute, Int(3))
      .Add(8 * kHour + 9 * kMinute, Int(4))
      .Add(9 * kHour + 30 * kMinute, Int(5));
  EXPECT_EQ(view.Value(Of("sum", "x", Sliding(2 * kHour)), 10 * kHour + 4 * kMinute), Int(9));
}

TEST(Oracle, TiesGoByOffsetForLastAndLastK) {
  TinyView view;
  view.Add(5, Datum("x")).Add(5, Datum("y"));
  std::swap(view.records()[0], view.records()[1]);  // arrival does not matter
  Feature newest = Of("last_k");
  newest.k = 1;
  EXPECT_EQ(view.Value(Of("last"), 6), Datum("y"));
  EXPECT_EQ(view.Value(newest, 6), Strings({"y"}));
}

TEST(Oracle, ValuesLeaveTheWindowWithoutANewEvent) {
  TinyView view;
  view.Add(0, Int(1));
  const Feature count = Of("count", "*", Sliding(10 * kMinute));
  EXPECT_EQ(view.Value(count, 0), Int(0));
  EXPECT_EQ(view.Value(count, 10 * kMinute), Int(1));
  EXPECT_EQ(view.Value(count, 10 * kMinute + 1), Int(0));
  EXPECT_EQ(view.Ask(count, 10 * kMinute + 1).status, Status::kPresent);
}

TEST(Oracle, ExtremesAndDeviationOfFourValues) {
  TinyView view;
  view.Add(0, Int(4)).Add(320'000, Int(9)).Add(640'000, Int(2)).Add(950'000, Int(6));
  EXPECT_EQ(view.Value(Of("max", "x", Sliding(kHour)), 1'200'000), Int(9));
  EXPECT_EQ(view.Value(Of("min", "x", Sliding(kHour)), 1'200'000), Int(2));
  EXPECT_NEAR(view.Double(Of("std_samp", "x", Sliding(kHour)), 1'200'000), 2.9860788111948193,
              1e-15);
}

TEST(Oracle, ExpiredGoesByTheEntitysNewestEvent) {
  TinyView view;
  view.view().ttl_ms = 30 * kMinute;
  view.Add(10 * kHour, Datum(12.5));
  const Answer answer = view.Ask(Of("last", "x", Sliding(24 * kHour)), 11 * kHour + 15 * kMinute);
  EXPECT_EQ(answer.status, Status::kExpired);
  EXPECT_TRUE(answer.value.is_null());
  EXPECT_EQ(answer.age_ms, 4'500'000);
  EXPECT_EQ(view.Ask(Of("count"), 10 * kHour + 30 * kMinute).status, Status::kPresent);
}

TEST(Oracle, CompositeKeysAreNotJoined) {
  const View view = {{"a", "b"}, {}, {}, {}};
  const std::vector<Record> records = {
      {{1, 0, 0, 0}, Change::kInsert, {{"a", Datum("r|7")}, {"b", Datum("")}}},
      {{2, 0, 0, 1}, Change::kInsert, {{"a", Datum("r")}, {"b", Datum("7|")}}},
      {{3, 0, 0, 2}, Change::kInsert, {{"a", Datum("r")}}}};
  const FeatureOracle oracle(view, records);
  EXPECT_EQ(oracle.At(Of("count", "*"), {{{"a", Datum("r|7")}, {"b", Datum("")}}, 9, {}, {}}).value,
            Int(1));
  EXPECT_EQ(oracle.At(Of("sum"), {{{"a", Datum("r")}, {"b", Datum()}}, 9, {}, {}}).status,
            Status::kMissing);
}

TEST(Oracle, TumblingWindowsFloorBefore1970) {
  EXPECT_EQ(Floor(-1, 300'000), -300'000);
  EXPECT_EQ(Floor(-300'000, 300'000), -300'000);
  EXPECT_EQ(Floor(3'700'000, kHour, 1'800'000), 1'800'000);
  Window window = Sliding(300'000);
  window.kind = WindowKind::kTumbling;
  EXPECT_EQ(SpanAt(window, -1), (Span{-300'000, -1}));
  window.which = Which::kComplete;
  EXPECT_EQ(SpanAt(window, 300'000), (Span{0, 300'000}));
  EXPECT_EQ(SpanAt(window, 299'999), (Span{-300'000, 0}));
}

TEST(Oracle, LagAndBoundsMoveTheEnds) {
  Window window = Sliding(100);
  window.lag_ms = 30;
  EXPECT_EQ(SpanAt(window, 1000), (Span{870, 970}));
  window.start_open = window.end_closed = true;
  EXPECT_EQ(SpanAt(window, 1000), (Span{871, 971}));
  Window hopping = Sliding(100);
  hopping.kind = WindowKind::kHopping;
  hopping.hop_ms = 30;
  EXPECT_EQ(SpanAt(hopping, 100), (Span{-10, 90}));
}

TEST(Oracle, SessionsJoinSplitAndClose) {
  TinyView view;
  view.Add(0, Int(1)).Add(100, Int(2)).Add(201, Int(4));
  EXPECT_EQ(view.Value(Of("sum", "x", Session(100)), 200), Int(3));
  EXPECT_EQ(view.Ask(Of("sum", "x", Session(100)), 201).status, Status::kMissing);
  EXPECT_EQ(view.Value(Of("sum", "x", Session(100)), 202), Int(4));
  Window complete = Session(100);
  complete.which = Which::kComplete;
  EXPECT_EQ(view.Value(Of("sum", "x", complete), 202), Int(3));
  EXPECT_EQ(view.Value(Of("sum", "x", complete), 302), Int(4));
  view.Retract(100, Int(2));
  EXPECT_EQ(view.Value(Of("sum", "x", complete), 202), Int(1));
  Window longest = Session(100);
  longest.max_length_ms = 150;
  view.Add(100, Int(2)).Add(150, Int(8));
  EXPECT_EQ(view.Value(Of("sum", "x", longest), 202), Int(4));
  longest.max_length_ms = 201;
  EXPECT_EQ(view.Value(Of("sum", "x", longest), 202), Int(15));
}

TEST(Oracle, LastNCountsRecordsBeforeWhereAndNulls) {
  TinyView view;
  view.Add(1, Int(1)).Add(2, Int(2)).Add(3, Datum()).Add(4, Int(-8));
  Window window;
  window.kind = WindowKind::kEvents;
  window.events = 3;
  Feature feature = Of("sum", "x", window);
  feature.where = Condition{"x > 0", [](const Record& r) {
                              const auto* x = r.Field("x").As<int64_t>();
                              return x == nullptr ? std::nullopt : std::optional(*x > 0);
                            }};
  EXPECT_EQ(view.Value(feature, 10), Int(2));
  feature.with_request = true;
  const FeatureOracle oracle(view.view(), view.records());
  EXPECT_EQ(oracle.At(feature, {{{"k", Datum("a")}}, 10, DatumMap{{"x", Int(5)}}, {}}).value,
            Int(5));
}

TEST(Oracle, RetractionsTakeBackWhatTheyMatchWheneverTheyCome) {
  TinyView view;
  view.Add(1000, Int(5)).Retract(2000, Int(7)).Add(2000, Int(7)).Add(3000, Int(9));
  EXPECT_EQ(view.Value(Of("count", "*"), 4000), Int(2));
  EXPECT_EQ(view.Value(Of("mean"), 4000), Datum(7.0));
  EXPECT_EQ(view.Value(Of("min"), 4000), Int(5));
}

TEST(Oracle, UnmatchedRetractionsSubtractAndLeaveTheRest) {
  TinyView view;
  view.Add(1000, Int(5)).Add(2000, Int(9)).Retract(2000, Int(8));
  EXPECT_EQ(view.Value(Of("count", "*"), 3000), Int(1));
  EXPECT_EQ(view.Value(Of("sum"), 3000), Int(6));
  EXPECT_EQ(view.Value(Of("min"), 3000), Int(5));
  EXPECT_EQ(view.Value(Of("max"), 3000), Int(9));
  TinyView nothing;
  nothing.Retract(1000, Int(5));
  EXPECT_EQ(nothing.Ask(Of("sum"), 2000).status, Status::kNull);
  EXPECT_EQ(nothing.Ask(Of("max"), 2000).status, Status::kMissing);
}

TEST(Oracle, EmptyNullAndFilteredAreDifferent) {
  TinyView view;
  view.Add(1000, Datum());
  EXPECT_EQ(view.Ask(Of("sum"), 2000).status, Status::kNull);
  EXPECT_EQ(view.Ask(Of("sum"), 1000).status, Status::kMissing);
  EXPECT_EQ(view.Value(Of("count"), 2000), Int(0));
  EXPECT_EQ(view.Ask(Of("ratio", "*"), 1000).status, Status::kMissing);
  Feature with_default = Of("sum");
  with_default.default_value = Int(-1);
  EXPECT_EQ(view.Value(with_default, 1000), Int(-1));
  EXPECT_EQ(view.Ask(with_default, 1000).status, Status::kMissing);
  EXPECT_TRUE(view.Value(with_default, 2000).is_null());
  Feature histogram = Of("histogram");
  EXPECT_EQ(view.Value(histogram, 2000), Datum(DatumMap()));
  EXPECT_EQ(view.Ask(histogram, 1000).status, Status::kMissing);
}

TEST(Oracle, CategoriesListsMapsAndVectors) {
  TinyView view;
  view.Add(1, Int(1), {{"c", Datum("p")}})
      .Add(2, Int(2), {{"c", Datum("q")}})
      .Add(3, Int(4), {{"c", Datum("p")}})
      .Add(4, Int(8));
  Feature feature = Of("sum");
  feature.by = "c";
  EXPECT_EQ(view.Value(feature, 9), Datum(DatumMap{{"p", Int(5)}, {"q", Int(2)}}));
  feature.top = 1;
  EXPECT_EQ(view.Value(feature, 9), Datum(DatumMap{{"p", Int(5)}}));
  feature.top_by = TopBy::kKey;
  EXPECT_EQ(view.Value(feature, 9), Datum(DatumMap{{"q", Int(2)}}));

  TinyView lists;
  lists.Add(1, Datum(DatumList{Int(1), Datum(), Int(3)})).Add(2, Datum(DatumList{}));
  Feature flat = Of("sum");
  flat.shape = Shape::kList;
  EXPECT_EQ(lists.Value(flat, 9), Int(4));

  TinyView maps;
  maps.Add(1, Datum(DatumMap{{"u", Int(1)}, {"v", Int(2)}})).Add(2, Datum(DatumMap{{"u", Int(4)}}));
  Feature keyed = Of("sum");
  keyed.shape = Shape::kMap;
  EXPECT_EQ(maps.Value(keyed, 9), Datum(DatumMap{{"u", Int(5)}, {"v", Int(2)}}));

  TinyView vectors;
  vectors.view().vectors = {{"x", 2}};
  vectors.Add(1, Datum(DatumVector{1, 2}))
      .Add(2, Datum(DatumVector{3, 4}))
      .Add(3, Datum(DatumVector{9}));
  Feature elementwise = Of("mean");
  elementwise.shape = Shape::kVector;
  EXPECT_EQ(vectors.Value(elementwise, 9), Datum(DatumVector{2, 3}));
  EXPECT_EQ(vectors.Value(Of("count", "*"), 9), Int(2));
}

TEST(Oracle, ADeletionEndsWhatStandsBeforeItForReadsOfLaterTimes) {
  TinyView view;
  view.Add(1000, Int(1)).Delete(1000).Add(1000, Int(2)).Add(3000, Int(4)).Delete(2000);
  Window so_far = Lifetime();
  so_far.end_closed = true;
  const Feature sum = Of("sum", "x", so_far);
  EXPECT_EQ(view.Value(sum, 1000), Int(3));
  EXPECT_EQ(view.Value(sum, 1001), Int(2));
  EXPECT_EQ(view.Value(sum, 2000), Int(2));
  EXPECT_EQ(view.Ask(sum, 2001).status, Status::kMissing);
  EXPECT_EQ(view.Value(sum, 3000), Int(4));
}

TEST(Oracle, WhatWasKnownIsWhatHadComeByThen) {
  TinyView view;
  view.view().known_at = "known";
  view.Add(1000, Int(1), {{"known", Int(1500)}}).Add(1000, Int(2)).Retract(1000, Int(2));
  view.records()[1].appended_ms = 1200;
  view.records()[2].appended_ms = 1100;
  const auto sum = [&](int64_t known_ms) {
    Read read = {{{"k", Datum("a")}}, 2000, {}, {}, known_ms};
    return FeatureOracle(view.view(), view.records()).At(Of("sum"), read);
  };
  EXPECT_EQ(sum(1099).status, Status::kMissing);
  EXPECT_EQ(sum(1100).status, Status::kNull);  // taken back before it came
  EXPECT_EQ(sum(1499).status, Status::kMissing);
  EXPECT_EQ(sum(1500).value, Int(1));
}

TEST(Oracle, PartsOfAKeyStayApart) {
  TinyView view;
  view.view().key = {"k", "x"};
  view.Add(1000, Datum("bc"));
  const FeatureOracle oracle(view.view(), view.records());
  const auto count = [&](const DatumMap& key) {
    return oracle.At(Of("count", "*"), {key, 2000, {}, {}, {}});
  };
  EXPECT_EQ(count({{"k", Datum("a")}, {"x", Datum("bc")}}).value, Int(1));
  EXPECT_EQ(count({{"k", Datum("ab")}, {"x", Datum("c")}}).value, Int(0));
  EXPECT_EQ(count({{"k", Datum("a")}}).status, Status::kMissing);
}

}  // namespace
}  // namespace millrace::oracle
