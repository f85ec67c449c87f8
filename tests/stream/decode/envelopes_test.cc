// Debezium, CloudEvents and retractions over JSON. The messages are those of the documentation of
// Debezium 2.x ("Data change events") and of the CloudEvents specification 1.0.2 ("Kafka Protocol
// Binding", "JSON Event Format"), with our fields.

#include <string>

#include "gtest/gtest.h"
#include "tests/stream/decode/decoding.h"

namespace millrace {
namespace {

DecoderOptions Options(Envelope envelope) {
  DecoderOptions options;
  options.schema = {{{"id", Type::kInt}, {"first_name", Type::kString}}};
  options.envelope = envelope;
  return options;
}

DecoderOptions Debezium() {
  DecoderOptions options = Options(Envelope::kDebezium);
  options.time_field = "at";
  return options;
}

const char kCreated[] =
    R"({"before": null, "after": {"id": 1, "first_name": "Anne", "at": 1000},
        "source": {"connector": "postgresql", "ts_ms": 9}, "op": "c", "ts_ms": 1559033904863})";
const char kUpdated[] =
    R"({"before": {"id": 1, "first_name": "Anne", "at": 1000},
        "after": {"id": 1, "first_name": "Anna", "at": 2000}, "op": "u"})";
const char kDeleted[] =
    R"({"before": {"id": 1, "first_name": "Anna", "at": 2000}, "after": null, "op": "d"})";

TEST(Debezium, ACreationAndASnapshotInsert) {
  Decoding decoded(Debezium());
  std::string snapshot = kCreated;
  snapshot.replace(snapshot.find("\"c\""), 3, "\"r\"");
  for (const std::string& text : {std::string(kCreated), snapshot}) {
    ASSERT_EQ(decoded.Verdict(text), "ok");
    EXPECT_TRUE(decoded.out().inserts);
    EXPECT_FALSE(decoded.out().retracts);
    EXPECT_EQ(decoded.Row(), "id: 1, first_name: Anne");
    EXPECT_EQ(decoded.out().row.event_time_ms, 1000);
  }
}

TEST(Debezium, AnUpdateTakesBackAndInserts) {
  Decoding decoded(Debezium());
  ASSERT_EQ(decoded.Verdict(kUpdated), "ok");
  EXPECT_TRUE(decoded.out().inserts);
  EXPECT_TRUE(decoded.out().retracts);
  EXPECT_EQ(decoded.RowBefore(), "id: 1, first_name: Anne");
  EXPECT_EQ(decoded.out().before.event_time_ms, 1000);
  EXPECT_EQ(decoded.Row(), "id: 1, first_name: Anna");
  EXPECT_EQ(decoded.out().row.event_time_ms, 2000);
}

TEST(Debezium, ADeletionTakesBackAndItsTombstoneSaysNothing) {
  Decoding decoded(Debezium());
  ASSERT_EQ(decoded.Verdict(kDeleted), "ok");
  EXPECT_FALSE(decoded.out().inserts);
  EXPECT_TRUE(decoded.out().retracts);
  EXPECT_EQ(decoded.RowBefore(), "id: 1, first_name: Anna");
  ASSERT_EQ(decoded.Verdict(std::nullopt), "ok");
  EXPECT_FALSE(decoded.out().inserts);
  EXPECT_FALSE(decoded.out().retracts);
}

TEST(Debezium, AMessageOfTheLogConcernsNoRow) {
  Decoding decoded(Debezium());
  ASSERT_EQ(decoded.Verdict(R"({"op": "m", "message": {"prefix": "p"}})"), "ok");
  EXPECT_FALSE(decoded.out().inserts);
  EXPECT_FALSE(decoded.out().retracts);
}

TEST(Debezium, TheEnvelopeMayStandBesideItsSchema) {
  Decoding decoded(Debezium());
  ASSERT_EQ(decoded.Verdict(std::string(R"({"schema": {"type": "struct", "fields": []},
                                            "payload": )") +
                            kUpdated + "}"),
            "ok");
  EXPECT_EQ(decoded.Row(), "id: 1, first_name: Anna");
  EXPECT_EQ(decoded.RowBefore(), "id: 1, first_name: Anne");
}

TEST(Debezium, WhatCannotBeAppliedIsRejectedWithAReason) {
  Decoding decoded(Debezium());
  EXPECT_EQ(decoded.Verdict(R"({"op": "t", "before": null, "after": null})"),
            "schema: a truncation (op 't') names no rows that could be taken back");
  EXPECT_EQ(decoded.Verdict(R"({"op": "x"})"), "malformed: unknown op 'x'");
  EXPECT_EQ(decoded.Verdict(R"({"id": 1, "at": 1})"),
            "malformed: no change of Debezium: 'op' is missing or null");
  EXPECT_EQ(decoded.Verdict(R"({"op": 1})"), "schema: field 'op' must be string, found an integer");
  EXPECT_EQ(decoded.Verdict(R"({"op": "c"})"),
            "schema: op 'c' needs 'after', which is missing or null");
  EXPECT_EQ(decoded.Verdict(R"({"op": "u", "before": null, "after": {"id": 1, "at": 1}})"),
            "schema: op 'u' needs 'before', which is missing or null: the database must log whole "
            "rows (REPLICA IDENTITY FULL)");
  EXPECT_EQ(decoded.Verdict(R"({"op": "d", "before": {"id": 1}})"),
            "time: event time 'at' of 'before' is missing or null");
  EXPECT_EQ(decoded.Verdict(R"({"op": "c", "after": [1]})"),
            "schema: field 'after' must be an object, found an array");
  EXPECT_EQ(decoded.Verdict(R"({"op": "c", "op": "d"})"), "malformed: field 'op' stands twice");
}

TEST(Retractions, TheHeaderTakesBackWhatTheRecordSays) {
  Decoding plain(Options(Envelope::kAuto));
  const Decoding::Headers retract = {{"millrace-retract", "true"}};
  ASSERT_EQ(plain.Verdict(R"({"id": 1, "first_name": "Anne"})", retract), "ok");
  EXPECT_FALSE(plain.out().inserts);
  EXPECT_TRUE(plain.out().retracts);
  EXPECT_EQ(plain.RowBefore(), "id: 1, first_name: Anne");
  ASSERT_EQ(plain.Verdict(R"({"id": 1})", {{"millrace-retract", "false"}}), "ok");
  EXPECT_TRUE(plain.out().inserts);
  EXPECT_FALSE(plain.out().retracts);
  // Of a change it is the change back.
  Decoding changes(Debezium());
  ASSERT_EQ(changes.Verdict(kUpdated, retract), "ok");
  EXPECT_EQ(changes.Row(), "id: 1, first_name: Anne");
  EXPECT_EQ(changes.RowBefore(), "id: 1, first_name: Anna");
  ASSERT_EQ(changes.Verdict(kDeleted, retract), "ok");
  EXPECT_TRUE(changes.out().inserts);
  EXPECT_EQ(changes.Row(), "id: 1, first_name: Anna");
}

TEST(CloudEvents, BinaryModeHasItsAttributesInHeaders) {
  Decoding decoded(Options(Envelope::kAuto));
  Decoding::Headers headers = {{"ce_specversion", "1.0"},
                               {"ce_type", "com.example.someevent"},
                               {"ce_source", "/mycontext/subcontext"},
                               {"ce_id", "1234-1234-1234"},
                               {"ce_time", "2018-04-05T03:56:24Z"},
                               {"content-type", "application/json"}};
  ASSERT_EQ(decoded.Verdict(R"({"id": 7})", headers), "ok");
  EXPECT_EQ(decoded.Row(), "id: 7, first_name: null");
  EXPECT_EQ(decoded.out().row.event_time_ms, 1'522'900'584'000);
  // Length and bytes of the source, then the id.
  EXPECT_EQ(decoded.out().id, absl::string_view("\x15/mycontext/subcontext1234-1234-1234"));
  headers[4].first = "ce_other";
  ASSERT_EQ(decoded.Verdict(R"({"id": 7})", headers, 99), "ok");
  EXPECT_EQ(decoded.out().row.event_time_ms, 99);
}

TEST(CloudEvents, StructuredModeHasThemBesideTheData) {
  Decoding decoded(Options(Envelope::kAuto));
  const std::string event =
      R"({"specversion": "1.0", "type": "com.example.someevent", "source": "/mycontext", "id": "A234",
          "time": "2018-04-05T17:31:00Z", "comexampleothervalue": 5,
          "datacontenttype": "application/json", "data": {"id": 7, "first_name": "Anne"}})";
  for (const char* type : {"application/cloudevents+json; charset=UTF-8", "Application/CloudEvents",
                           "application/cloudevents+JSON"}) {
    // The content-type decides, whatever other headers say.
    ASSERT_EQ(decoded.Verdict(event, {{"ce_specversion", "9"}, {"Content-Type", type}}), "ok");
    EXPECT_EQ(decoded.Row(), "id: 7, first_name: Anne");
    EXPECT_EQ(decoded.out().id, absl::string_view("\x0a/mycontextA234"));
    EXPECT_EQ(decoded.out().row.event_time_ms, 1'522'949'460'000);
  }
  // Without the header it is a record like any other.
  ASSERT_EQ(decoded.Verdict(R"({"id": 3})", {{"content-type", "application/json"}}, 5), "ok");
  EXPECT_FALSE(decoded.out().id.has_value());
  EXPECT_EQ(decoded.out().row.event_time_ms, 5);
}

TEST(CloudEvents, DataMayBeBase64) {
  Decoding decoded(Options(Envelope::kAuto));
  const Decoding::Headers structured = {{"content-type", "application/cloudevents"}};
  ASSERT_EQ(decoded.Verdict(R"({"specversion": "1.0", "source": "s", "id": "i",
                                "data_base64": "eyJpZCI6IDd9"})",
                            structured),
            "ok");
  EXPECT_EQ(decoded["id"], Value::Int(7));
}

TEST(CloudEvents, AFieldOfTheDataIsTheEventTimeWhereTheSourceSaysSo) {
  DecoderOptions options = Options(Envelope::kAuto);
  options.time_field = "at";
  Decoding decoded(options);
  ASSERT_EQ(decoded.Verdict(R"({"specversion": "1.0", "source": "s", "id": "i",
                                "time": "2018-04-05T17:31:00Z", "data": {"at": 12}})",
                            {{"content-type", "application/cloudevents+json"}}),
            "ok");
  EXPECT_EQ(decoded.out().row.event_time_ms, 12);
}

TEST(CloudEvents, BrokenOnesAreRejectedWithAReason) {
  Decoding decoded(Options(Envelope::kAuto));
  const Decoding::Headers json = {{"content-type", "application/cloudevents+json"}};
  struct Row {
    const char* event;
    const char* verdict;
  };
  const Row kRows[] = {
      {R"({"source": "s", "id": "i", "data": {}})",
       "malformed: the CloudEvent has no 'specversion', or an empty one"},
      {R"({"specversion": "0.1", "source": "s", "id": "i", "data": {}})",
       "malformed: CloudEvents of version '0.1' are not known; 1.0 is"},
      {R"({"specversion": "1.0", "source": "s", "id": "", "data": {}})",
       "malformed: the CloudEvent has no 'id', or an empty one"},
      {R"({"specversion": "1.0", "id": "i", "data": {}})",
       "malformed: the CloudEvent has no 'source', or an empty one"},
      {R"({"specversion": "1.0", "source": "s", "id": "i", "time": "noon", "data": {}})",
       "time: the CloudEvent's 'time' is no time of RFC 3339"},
      {R"({"specversion": "1.0", "source": "s", "id": "i"})",
       "malformed: the CloudEvent has no 'data'"},
      {R"({"specversion": "1.0", "source": "s", "id": "i", "data": {}, "data_base64": "e30="})",
       "malformed: the CloudEvent has both 'data' and 'data_base64'"},
      {R"({"specversion": "1.0", "source": "s", "id": "i", "data": [1]})",
       "schema: field 'data' must be an object, found an array"},
      {R"({"specversion": "1.0", "source": "s", "id": "i", "data_base64": "e!"})",
       "schema: field 'data_base64' is not base64"},
      {R"({"specversion": "1.0", "source": "s", "id": "i", "data_base64": "e30"})", "ok"},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(decoded.Verdict(row.event, json), row.verdict) << row.event;
  }
  EXPECT_EQ(decoded.Verdict("{}", {{"ce_specversion", "1.0"}, {"ce_source", "s"}}),
            "malformed: the CloudEvent has no 'id', or an empty one");
  for (const char* type : {"application/cloudevents-batch+json", "application/cloudevents+avro"}) {
    EXPECT_EQ(decoded.Verdict("[]", {{"content-type", type}}),
              "malformed: CloudEvents are read one a record, in JSON or with their attributes in "
              "headers; the content-type says otherwise");
  }
}

TEST(CloudEvents, AreNotLookedForWhereTheSourceSaysNone) {
  Decoding decoded(Options(Envelope::kNone));
  ASSERT_EQ(decoded.Verdict(R"({"id": 3, "data": {"id": 4}})",
                            {{"content-type", "application/cloudevents+json"}}),
            "ok");
  EXPECT_EQ(decoded["id"], Value::Int(3));
  EXPECT_FALSE(decoded.out().id.has_value());
}

}  // namespace
}  // namespace millrace
