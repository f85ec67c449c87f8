// From records to a configuration: what is proposed loads, and the source then reads the records it
// was inferred from.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "app/config/load.h"
#include "app/inference/source_text.h"
#include "app/workers/source_decoder.h"
#include "core/random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stream/decode/json_document.h"
#include "tests/app/inference/sampled.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kRest[] = R"(version: 1
project: shop
log: {embedded: {path: ./log}}
state: {path: ./state}
)";

struct Sent {
  std::string value;
  std::vector<Header> headers;
};

std::string YamlOf(const std::string& topic, const std::vector<Sent>& records,
                   ShowSamples samples = ShowSamples::kNo) {
  RecordSample sample;
  for (const Sent& record : records) sample.Add(RecordOf(record.value, record.headers));
  EXPECT_TRUE(sample.Check().ok()) << sample.Check();
  return InferredYaml(topic, sample, InferSource(sample.rows()), samples);
}

// Loads what is proposed and decodes the records with it; returns the proposal.
std::string RoundTrip(const std::string& topic, const std::vector<Sent>& records) {
  const std::string yaml = YamlOf(topic, records);
  LoadResult loaded =
      Load({.path = "inferred.yaml", .text = absl::StrCat(kRest, yaml), .directory = "/"});
  EXPECT_TRUE(loaded.project.has_value()) << Render(loaded.diagnostics, Color::kNever) << yaml;
  EXPECT_TRUE(loaded.diagnostics.empty()) << Render(loaded.diagnostics, Color::kNever);
  if (!loaded.project) return yaml;
  const SourceSpec& source = loaded.project->sources[0];
  EXPECT_EQ(source.topic, topic);
  const std::unique_ptr<Decoder> decoder = MakeDecoder(source);
  for (const Sent& record : records) {
    DecodedRecord decoded;
    const auto rejection = decoder->Decode(RecordOf(record.value, record.headers), &decoded);
    EXPECT_FALSE(rejection.has_value()) << rejection->message << "\n"
                                        << record.value << "\n"
                                        << yaml;
  }
  return yaml;
}

TEST(Infer, PlainRecordsRoundTrip) {
  std::vector<Sent> records;
  for (int i = 0; i < 60; ++i) {
    records.push_back({absl::StrCat("{\"at\":", 1'357'038'000'000 + 60'000 * i,
                                    ",\"flight_id\":", i, ",\"carrier\":\"c", i % 4,
                                    "\",\"delay\":", i % 10 == 0 ? "null" : absl::StrCat(i, ".5"),
                                    ",\"sched\":", 1'357'038'900'000 + 60'000 * i,
                                    ",\"late\":", i % 2 == 0 ? "true" : "false", "}"),
                       {}});
  }
  const std::string yaml = RoundTrip("flights.departures", records);
  EXPECT_EQ(yaml, R"(# From 60 records. A sample shows what was, not what may come: look it over.
sources:
  departures:
    topic: "flights.departures"
    format: json
    time: {field: at, unit: ms}  # its name, rises from record to record
    # id: flight_id  # each record has its own: take it in to drop those that come again
    schema:
      flight_id: int  # 0 to 59; each record has its own
      carrier: string  # 4 different
      delay: double  # 1.5 to 59.5; null or missing in 6 of 60
      sched: timestamp  # 1357038900000 to 1357042440000; near the event time, and in its unit; or int
      late: bool
entities:
  carrier: {key: [carrier]}  # 4 different
)");
}

TEST(Infer, AnIdThatIsTakenInLoads) {
  std::vector<Sent> records;
  for (int i = 0; i < 60; ++i) {
    records.push_back({absl::StrCat("{\"at\":", 1'357'038'000'000 + 60'000 * i, ",\"order_id\":\"o",
                                    i, "\",\"lines\":[", i, "]}"),
                       {}});
  }
  std::string yaml = RoundTrip("shop.orders", records);
  EXPECT_THAT(yaml, HasSubstr(" lines: list<int>  # 1 item\n"));
  yaml = absl::StrReplaceAll(yaml, {{"    # id: order_id  #", "    id: order_id  #"}});
  const LoadResult loaded =
      Load({.path = "inferred.yaml", .text = absl::StrCat(kRest, yaml), .directory = "/"});
  ASSERT_TRUE(loaded.project.has_value()) << Render(loaded.diagnostics, Color::kNever) << yaml;
  EXPECT_NE(loaded.project->sources[0].id, nullptr) << yaml;
}

TEST(Infer, CollectionsAndObjectsRoundTrip) {
  const std::string yaml = RoundTrip(
      "shop.baskets",
      {{R"({"ts":1700000000,"user":{"id":"a","geo":{"lat":1.5,"lon":2}},"items":["x","y"],"v":[1,2,3],"counts":{"a":1},"tags":[]})",
        {}},
       {R"({"ts":1700000001,"user":{"id":"b","geo":{"lat":2.5,"lon":3}},"items":[],"v":[4,5.5,6],"counts":{"b":2},"mixed":1})",
        {}},
       {R"({"ts":1700000002,"user":{"id":"a"},"items":["z"],"v":[0,0,0],"counts":{"c":2,"d":1},"mixed":"x"})",
        {}}});
  EXPECT_THAT(yaml, HasSubstr("time: {field: ts, unit: s}"));
  EXPECT_THAT(yaml, HasSubstr("user_geo_lat: {type: double, path: \"user.geo.lat\"}"));
  EXPECT_THAT(yaml, HasSubstr("items: list<string>"));
  EXPECT_THAT(yaml, HasSubstr("v: vector<3>"));
  EXPECT_THAT(yaml, HasSubstr("counts: map<int>"));
  EXPECT_THAT(yaml, HasSubstr("# tags  # "));
  EXPECT_THAT(yaml, HasSubstr("# mixed  # "));
  EXPECT_THAT(yaml, HasSubstr("user: {key: [user_id]}"));
}

TEST(Infer, AwkwardNamesRoundTrip) {
  const std::string yaml = RoundTrip(
      "no",
      {{R"({"y":1,"on":"a","max":2,"a b":3,"true":4,"é":5,"\"q\"":6,"time":"2023-11-14T22:13:20Z"})",
        {}}});
  EXPECT_THAT(yaml, HasSubstr("\"no\":\n"));
  EXPECT_THAT(yaml, HasSubstr("\"y\": int"));
  EXPECT_THAT(yaml, HasSubstr("f_true: {type: int, path: \"true\"}"));
  EXPECT_THAT(yaml, HasSubstr("f_max: {type: int, path: \"max\"}"));
  EXPECT_THAT(yaml, HasSubstr("time: {field: time, unit: rfc3339}"));
}

TEST(Infer, ARecordWithoutATimeRoundTrips) {
  const std::string yaml =
      RoundTrip("readings", {{R"({"value":1.5})", {}}, {R"({"value":2})", {}}});
  EXPECT_THAT(yaml, HasSubstr("time: record  # no field looks like the event time"));
  EXPECT_THAT(yaml, HasSubstr("# No field looks like the key of an entity"));
}

TEST(Infer, ATimeWithinAnObjectRoundTrips) {
  const std::string yaml =
      RoundTrip("nested", {{R"({"meta":{"occurred_at":1700000000000},"k":"a"})", {}}});
  EXPECT_THAT(yaml, HasSubstr("time: {field: meta_occurred_at, unit: ms}"));
}

TEST(Infer, CloudEventsRoundTrip) {
  const std::vector<Header> structured = {{"content-type", "application/cloudevents+json"}};
  const std::string yaml = RoundTrip(
      "events",
      {{R"({"specversion":"1.0","id":"1","source":"s","type":"t","time":"2023-11-14T22:00:00Z","data":{"user_id":"a","n":1}})",
        structured}});
  EXPECT_THAT(yaml, HasSubstr("time: record  # that of the event"));
  EXPECT_THAT(yaml, HasSubstr("user: {key: [user_id]}"));
}

TEST(Infer, DebeziumsChangesRoundTrip) {
  const std::vector<Sent> changes = {
      {R"({"op":"c","before":null,"after":{"id":1,"user":"a","updated_at":1700000000000},"ts_ms":1})",
       {}},
      {R"({"op":"u","before":{"id":1,"user":"a","updated_at":1700000000000},"after":{"id":1,"user":"b","updated_at":1700000001000},"ts_ms":1})",
       {}},
      {R"({"op":"d","before":{"id":1,"user":"b","updated_at":1700000001000},"after":null,"ts_ms":1})",
       {}}};
  const std::string yaml = RoundTrip("db.public.users", changes);
  EXPECT_THAT(yaml, HasSubstr("envelope: debezium"));
  EXPECT_THAT(yaml, HasSubstr("time: {field: updated_at, unit: ms}"));
  const std::string timeless = YamlOf("t", {{R"({"op":"c","after":{"id":1}})", {}}});
  EXPECT_THAT(timeless, HasSubstr("time: {field: event_time, unit: ms}  # no field looks"));
}

TEST(Infer, ValuesAreShownOnRequestOnly) {
  const std::vector<Sent> records = {{R"({"name":"secret\u001b[2J","n":12})", {}}};
  EXPECT_THAT(YamlOf("t", records), Not(HasSubstr("secret")));
  EXPECT_THAT(YamlOf("t", records, ShowSamples::kYes), HasSubstr("such as secret\\x1b[2J"));
  RecordSample sample;
  sample.Add(RecordOf(records[0].value));
  const InferredSource source = InferSource(sample.rows());
  EXPECT_THAT(InferredJson("t", sample, source, ShowSamples::kNo), Not(HasSubstr("secret")));
  EXPECT_TRUE(ParseJson(InferredJson("t", sample, source, ShowSamples::kYes)).ok());
}

// Whatever records of JSON objects are, what is proposed loads and reads most of them.
std::string RandomValue(Random& random, int depth) {
  switch (random.Below(depth > 2 ? 6 : 8)) {
    case 0: return "null";
    case 1: return random.Chance(0.5) ? "true" : "false";
    case 2: return absl::StrCat(random.Between(-5, 2'000'000'000'000));
    case 3: return absl::StrCat(random.Between(-5, 5), ".25");
    case 4: return "\"2013-01-01T00:00:00Z\"";
    case 5: return absl::StrCat("\"", random.Below(30), "\"");
    case 6: {
      std::string list = "[";
      for (uint64_t n = random.Below(4); n > 0; --n) {
        absl::StrAppend(&list, list.size() > 1 ? "," : "", RandomValue(random, depth + 1));
      }
      return list + "]";
    }
    default: {
      static constexpr const char* kNames[] = {"a",       "at",  "y",  "x.y",
                                               "user id", "max", "ts", "\\n"};
      std::string object = "{";
      for (const char* name : kNames) {
        if (random.Chance(0.5)) continue;
        absl::StrAppend(&object, object.size() > 1 ? "," : "", "\"", name,
                        "\":", RandomValue(random, depth + 1));
      }
      return object + "}";
    }
  }
}

TEST(Infer, WhateverIsProposedLoads) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Random random(seed);
    RecordSample sample;
    for (uint64_t n = 1 + random.Below(5); n > 0; --n) {
      sample.Add(RecordOf(absl::StrCat("{\"k\":1,\"o\":", RandomValue(random, 0),
                                       ",\"p\":", RandomValue(random, 0), "}")));
    }
    const std::string yaml =
        InferredYaml("t", sample, InferSource(sample.rows()), ShowSamples::kYes);
    const LoadResult loaded =
        Load({.path = "inferred.yaml", .text = absl::StrCat(kRest, yaml), .directory = "/"});
    ASSERT_TRUE(loaded.project.has_value()) << Render(loaded.diagnostics, Color::kNever) << yaml;
  }
}

}  // namespace
}  // namespace millrace
