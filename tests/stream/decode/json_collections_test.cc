#include <string>

#include "gtest/gtest.h"
#include "tests/stream/decode/decoding.h"

namespace millrace {
namespace {

DecoderOptions Options() {
  DecoderOptions options;
  options.schema = {{{"tags", ValueType(Type::kList, Type::kString)},
                     {"counts", ValueType(Type::kList, Type::kInt)},
                     {"times", ValueType(Type::kList, Type::kTimestamp)},
                     {"prices", ValueType(Type::kMap, Type::kDouble)},
                     {"place", ValueType(Type::kVector, Type::kDouble, 3)}}};
  return options;
}

TEST(JsonCollections, ListsMapsAndVectorsAreRead) {
  Decoding decoded(Options());
  ASSERT_EQ(decoded.Verdict(R"({"tags": ["b", null, "a"], "counts": [], "times": [0],
                                "prices": {"y": 2, "x": 1.5, "": null},
                                "place": [1, 2.5, -3e2]})"),
            "ok");
  EXPECT_EQ(decoded.Row(),
            "tags: [b, null, a], counts: [], times: [1970-01-01T00:00:00Z], "
            "prices: {: null, x: 1.5, y: 2}, place: [1, 2.5, -300]");
  ASSERT_EQ(decoded.Verdict(R"({"tags": null})"), "ok");
  EXPECT_EQ(decoded.Row(), "tags: null, counts: null, times: null, prices: null, place: null");
}

TEST(JsonCollections, WhatDoesNotFitIsLocated) {
  struct Row {
    const char* json;
    const char* verdict;
  };
  const Row kRows[] = {
      {R"({"tags": "a"})", "schema: field 'tags' must be list<string>, found a string"},
      {R"({"tags": {"a": "b"}})", "schema: field 'tags' must be list<string>, found an object"},
      {R"({"tags": ["a", 1]})", "schema: item 1 of field 'tags' must be string, found an integer"},
      {R"({"tags": [["a"]]})", "schema: item 0 of field 'tags' must be string, found an array"},
      {R"({"counts": [1, 2.5]})",
       "schema: item 1 of field 'counts' must be int, found a number with a fraction or exponent"},
      {R"({"counts": [18446744073709551615]})",
       "range: item 0 of field 'counts' does not fit an int of 64 bits"},
      {R"({"times": ["noon"]})", "schema: item 0 of field 'times' is no time of RFC 3339"},
      {R"({"prices": [1]})", "schema: field 'prices' must be map<double>, found an array"},
      {R"({"prices": {"a": true}})",
       "schema: entry 'a' of field 'prices' must be double, found a bool"},
      {R"({"prices": {"a": 1, "b": 2, "a": 3}})",
       "malformed: a key of field 'prices' stands twice"},
      {R"({"place": [1, 2]})", "schema: field 'place' must have 3 items, found 2"},
      {R"({"place": []})", "schema: field 'place' must have 3 items, found 0"},
      {R"({"place": [1, null, 3]})", "schema: item 1 of field 'place' is null"},
      {R"({"place": [1, "NaN", 3]})",
       "schema: item 1 of field 'place' must be double, found a string"},
  };
  Decoding decoded(Options());
  for (const Row& row : kRows) EXPECT_EQ(decoded.Verdict(row.json), row.verdict) << row.json;
}

TEST(JsonCollections, ItemsAreLimited) {
  DecoderOptions options = Options();
  options.max_items = 3;
  Decoding decoded(options);
  EXPECT_EQ(decoded.Verdict(R"({"counts": [1, 2, 3]})"), "ok");
  EXPECT_EQ(decoded.Verdict(R"({"counts": [1, 2, 3, 4]})"),
            "too_large: field 'counts' has more than 3 items");
  EXPECT_EQ(decoded.Verdict(R"({"prices": {"a": 1, "b": 2, "c": 3, "d": 4}})"),
            "too_large: field 'prices' has more than 3 entries");
}

TEST(JsonPaths, FieldsMayStandDeeper) {
  DecoderOptions options;
  options.schema = {{{"city", Type::kString, {}, {}, "user.address.city"},
                     {"age", Type::kInt, 0, 150, "user.age"},
                     {"at", Type::kTimestamp, {}, {}, "meta.at"},
                     {"tags", ValueType(Type::kList, Type::kString), {}, {}, "user.tags"}}};
  options.time_field = "at";
  Decoding decoded(options);
  ASSERT_EQ(decoded.Verdict(R"({"user": {"age": 7, "address": {"city": "Bern"}, "tags": ["x"]},
                                "meta": {"at": 5}, "city": "other"})"),
            "ok");
  EXPECT_EQ(decoded.Row(), "city: Bern, age: 7, at: 1970-01-01T00:00:00.005Z, tags: [x]");
  EXPECT_EQ(decoded.out().row.event_time_ms, 5);
  EXPECT_EQ(decoded.Verdict(R"({"user": null, "meta": {"at": 5}})"), "ok");
  EXPECT_EQ(decoded.Verdict(R"({"user": 1, "meta": {"at": 5}})"),
            "schema: field 'user' must be an object, found an integer");
  EXPECT_EQ(decoded.Verdict(R"({"user": {"age": 1, "age": 2}})"),
            "malformed: field 'age' stands twice");
  EXPECT_EQ(decoded.Verdict(R"({"at": 5})"), "time: event time 'at' is missing or null");
}

}  // namespace
}  // namespace millrace
