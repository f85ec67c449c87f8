#include "app/inference/source_inference.h"

#include "absl/strings/str_cat.h"
#include "app/inference/field_inference.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/app/inference/sampled.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The type of the field `v` of records that have these values.
std::string TypeOf(const std::vector<std::string>& values) {
  RecordSample sample;
  for (const std::string& value : values) sample.Add(RecordOf(absl::StrCat("{\"v\":", value, "}")));
  std::string note;
  const auto type = InferType(*sample.rows().Find("v"), &note);
  return type ? ValueTypeName(*type) : absl::StrCat("none: ", note);
}

TEST(InferType, IsTheOneThatTakesAllValues) {
  EXPECT_EQ(TypeOf({"true", "false", "null"}), "bool");
  EXPECT_EQ(TypeOf({"1", "-2"}), "int");
  EXPECT_EQ(TypeOf({"1", "2.5"}), "double");
  EXPECT_EQ(TypeOf({"1.0"}), "double");
  EXPECT_EQ(TypeOf({"1", "100000000000000000000"}), "double");
  EXPECT_EQ(TypeOf({"\"a\"", "\"\""}), "string");
  EXPECT_EQ(TypeOf({"\"2013-01-01T00:00:00Z\"", "\"2013-01-01 10:00:00.5+01:00\""}), "timestamp");
  EXPECT_EQ(TypeOf({"\"2013-01-01T00:00:00Z\"", "\"soon\""}), "string");
  EXPECT_EQ(TypeOf({"[1, 2]", "[3]", "[]"}), "list<int>");
  EXPECT_EQ(TypeOf({"[\"a\", null]"}), "list<string>");
  EXPECT_EQ(TypeOf({"[1, 2]", "[3, 4.5]"}), "vector<2>");
  EXPECT_EQ(TypeOf({"[1]", "[3]"}), "list<int>") << "one number is no vector";
  EXPECT_EQ(TypeOf({"[1, null]", "[3, 4]"}), "list<int>");
  EXPECT_EQ(TypeOf({R"({"a":1,"b":2})", R"({"c":1})", R"({"d":5})"}), "map<int>");
}

TEST(InferType, SaysWhyThereIsNone) {
  EXPECT_EQ(TypeOf({"null"}), "none: only null was seen");
  EXPECT_EQ(TypeOf({"1", "\"a\""}), "none: no type takes 1 int, 1 string");
  EXPECT_EQ(TypeOf({"[]"}), "none: only empty lists were seen");
  EXPECT_EQ(TypeOf({"[{\"a\":1}]"}), "none: no list takes its items: 1 object");
  EXPECT_EQ(TypeOf({"1", "[1]"}), "none: no type takes 1 int, 1 list");
}

std::vector<std::string> NamesOf(const std::string& record) {
  std::vector<std::string> names;
  const RecordSample sample = SampleOf({record});
  for (const InferredField& field : InferFields(sample.rows())) {
    names.push_back(
        absl::StrCat(field.name, field.path.empty() ? "" : "=", field.path, field.type ? "" : "!"));
  }
  return names;
}

TEST(InferFields, ObjectsBecomeFieldsWithPaths) {
  EXPECT_THAT(NamesOf(R"({"id":1,"user":{"name":"x","address":{"city":"y"}}})"),
              ElementsAre("id", "user_name=user.name", "user_address_city=user.address.city"));
}

TEST(InferFields, NamesAreOnesThatAConfigurationMayUse) {
  EXPECT_THAT(NamesOf(R"({"max":1,"at":2,"2nd":3,"a-b":4,"a_b":5,"":6,"a.b":7})"),
              ElementsAre("f_max=max", "f_at=at", "f_2nd=2nd", "a_b=a-b", "a_b_2=a_b", "f_!",
                          "a_b_3=a.b!"));
}

InferredSource InferOf(const RecordSample& sample) { return InferSource(sample.rows()); }

std::vector<std::string> TimesOf(const std::vector<std::string>& values) {
  const RecordSample sample = SampleOf(values);
  std::vector<std::string> times;
  for (const TimeCandidate& time : InferOf(sample).times) {
    times.push_back(absl::StrCat(time.field, " ", TimeUnitWord(time.unit)));
  }
  return times;
}

TEST(InferSource, TheEventTimeGoesByNameAndMagnitude) {
  EXPECT_THAT(TimesOf({R"({"n":5,"ts":1700000000})", R"({"n":6,"ts":1700000001})"}),
              ElementsAre("ts s"));
  EXPECT_THAT(TimesOf({R"({"event_time":1357038000000})"}), ElementsAre("event_time ms"));
  EXPECT_THAT(TimesOf({R"({"createdAt":1700000000000000})"}), ElementsAre("createdAt us"));
  EXPECT_THAT(TimesOf({R"({"when":"2023-11-14T22:00:00Z"})"}), ElementsAre("when rfc3339"));
  EXPECT_THAT(TimesOf({R"({"time":12})"}), IsEmpty()) << "no time of our days";
  EXPECT_THAT(TimesOf({R"({"serial":1357038000000})"}), IsEmpty()) << "neither named so nor near";
  EXPECT_THAT(TimesOf({R"({"serial":1700000000500})"}), ElementsAre("serial ms"))
      << "when the log had it";
  EXPECT_THAT(TimesOf({R"({"ts":1700000000})", R"({"ts":null})"}), IsEmpty())
      << "not in every record";
}

TEST(InferSource, CandidatesAreListedBestFirst) {
  EXPECT_THAT(TimesOf({R"({"expires_at":1800000000000,"ts":1700000000000})"}),
              ElementsAre("ts ms", "expires_at ms"));
  const RecordSample sample = SampleOf({R"({"ts":1700000000000})"});
  EXPECT_EQ(InferOf(sample).times[0].reason,
            "its name, within a day of when the log had the record");
}

TEST(InferSource, NumbersNearTheEventTimeAreTimestamps) {
  const RecordSample sample =
      SampleOf({R"({"ts":1700000000000,"departs":1700001800000,"id":170000})"});
  const InferredSource source = InferOf(sample);
  EXPECT_EQ(*source.Find("departs")->type, Type::kTimestamp);
  EXPECT_THAT(source.Find("departs")->note, HasSubstr("or int"));
  EXPECT_EQ(*source.Find("id")->type, Type::kInt);
}

TEST(InferSource, KeysComeAgainAndIdsDoNot) {
  RecordSample sample;
  for (int i = 0; i < 100; ++i) {
    sample.Add(RecordOf(absl::StrCat(
        "{\"order_id\":", i, ",\"user_id\":", i % 7, ",\"carrier\":\"c", i % 3, "\",\"pieces\":",
        i % 5, ",\"kind\":\"same\",\"note\":\"", std::string(80, 'x'), i % 9, "\"}")));
  }
  const InferredSource source = InferOf(sample);
  EXPECT_THAT(source.ids, ElementsAre("order_id"));
  std::vector<std::string> keys;
  for (const KeyCandidate& key : source.keys) {
    keys.push_back(absl::StrCat(key.entity, " by ", key.field, " ", key.different));
  }
  EXPECT_THAT(keys, ElementsAre("user by user_id 7", "carrier by carrier 3"));
}

TEST(InferSource, WhatIsNullOrMissingIsCounted) {
  const RecordSample sample = SampleOf({R"({"a":1})", R"({"a":null})", R"({"b":1})"});
  EXPECT_EQ(InferOf(sample).Find("a")->without, 2);
  EXPECT_EQ(InferOf(sample).records, 3);
}

}  // namespace
}  // namespace millrace
