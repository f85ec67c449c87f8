// Bodies of requests and answers of /api/v1.

#include "core/collection.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "serving/errors.h"
#include "serving/json_requests.h"
#include "serving/json_responses.h"

namespace millrace {
namespace {

using testing::HasSubstr;

TEST(FeaturesBody, IsRead) {
  const auto request = ParseFeaturesRequest(
      R"({"features":["v.f","w.*"],"keys":[{"origin":"JFK","n":3}],"at":"2013-01-01T00:00:00Z","known_at":7,"max_age_ms":5})");
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_THAT(request->features, testing::ElementsAre("v.f", "w.*"));
  ASSERT_EQ(request->keys.size(), 1u);
  EXPECT_EQ(request->keys[0][0].name, "origin");
  EXPECT_EQ(request->keys[0][0].value.view(), Value::String("JFK"));
  EXPECT_EQ(request->keys[0][1].value.view(), Value::Int(3));
  EXPECT_EQ(request->at_ms, 1356998400000);
  EXPECT_EQ(request->known_at_ms, 7);
  EXPECT_EQ(request->max_age_ms, 5);
}

TEST(FeaturesBody, TakesWhatTheRequestBringsAlong) {
  const auto request = ParseFeaturesRequest(
      R"({"service":"s@2","keys":[{}],"request":[{"amount":2.5,"tags":["a","b"],"by":{"x":1}}],)"
      R"("metadata":true})");
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->service, "s@2");
  EXPECT_TRUE(request->metadata);
  ASSERT_EQ(request->request.size(), 1u);
  EXPECT_EQ(request->request[0][0].value.view(), Value::Double(2.5));
  EXPECT_EQ(CollectionSize(request->request[0][1].value.view()), 2);
  EXPECT_EQ(FindEntry(request->request[0][2].value.view(), "x"), Value::Int(1));
}

TEST(FeaturesBody, NamesRecordsToBeSeenOneOrSeveral) {
  const auto one = ParseFeaturesRequest(
      R"({"service":"s","keys":[],"min_offset":{"topic":"orders","partition":3,"offset":17}})");
  ASSERT_TRUE(one.ok()) << one.status();
  ASSERT_EQ(one->min_offsets.size(), 1u);
  EXPECT_EQ(one->min_offsets[0].topic, "orders");
  EXPECT_EQ(one->min_offsets[0].partition, 3);
  EXPECT_EQ(one->min_offsets[0].offset, 17);
  EXPECT_EQ(one->patience, kDefaultReadPatience);
  const auto two =
      ParseFeaturesRequest(R"({"service":"s","keys":[],"wait_ms":0,)"
                           R"("min_offset":[{"topic":"a","offset":1},{"topic":"b","offset":2}]})");
  ASSERT_TRUE(two.ok()) << two.status();
  EXPECT_EQ(two->min_offsets.size(), 2u);
  EXPECT_EQ(two->patience, absl::ZeroDuration());
}

struct BadBody {
  const char* body;
  ErrorCode code;
  const char* field;
};

void ExpectRefused(const BadBody& bad, const absl::Status& status) {
  ASSERT_FALSE(status.ok()) << bad.body;
  EXPECT_EQ(ErrorOf(status).code, bad.code) << bad.body;
  EXPECT_EQ(ErrorOf(status).field, bad.field) << bad.body;
}

TEST(FeaturesBody, IsRefusedWithThePlaceOfTheFault) {
  const BadBody kCases[] = {
      {"", ErrorCode::kMalformed, ""},
      {"{", ErrorCode::kMalformed, ""},
      {"[]", ErrorCode::kMalformed, ""},
      {"{\"features\":\"v.f\",\"keys\":[]}", ErrorCode::kBadField, "features"},
      {"{\"features\":[1],\"keys\":[]}", ErrorCode::kBadField, "features[0]"},
      {"{\"features\":[\"v.f\"],\"keys\":{}}", ErrorCode::kBadField, "keys"},
      {"{\"features\":[\"v.f\"],\"keys\":[1]}", ErrorCode::kBadField, "keys[0]"},
      {"{\"features\":[\"v.f\"],\"keys\":[{\"a\":[1]}]}", ErrorCode::kBadField, "keys[0].a"},
      {"{\"service\":1,\"keys\":[]}", ErrorCode::kBadField, "service"},
      {"{\"service\":\"s\",\"keys\":[],\"at\":\"noon\"}", ErrorCode::kBadField, "at"},
      {"{\"service\":\"s\",\"keys\":[],\"at\":1.5}", ErrorCode::kBadField, "at"},
      {"{\"service\":\"s\",\"keys\":[],\"at\":9223372036854775807}", ErrorCode::kBadField, "at"},
      {"{\"service\":\"s\",\"keys\":[],\"known_at\":\"then\"}", ErrorCode::kBadField, "known_at"},
      {"{\"service\":\"s\",\"keys\":[],\"max_age_ms\":-1}", ErrorCode::kBadField, "max_age_ms"},
      {"{\"service\":\"s\",\"kyes\":[]}", ErrorCode::kBadField, "kyes"},
      {R"({"service":"s","keys":[],"request":[{"a":[[1]]}]})", ErrorCode::kBadField,
       "request[0].a"},
      {R"({"service":"s","keys":[],"metadata":1})", ErrorCode::kBadField, "metadata"},
      {R"({"service":"s","keys":[],"wait_ms":10001})", ErrorCode::kBadField, "wait_ms"},
      {R"({"service":"s","keys":[],"wait_ms":-1})", ErrorCode::kBadField, "wait_ms"},
      {R"({"service":"s","keys":[],"min_offset":7})", ErrorCode::kBadField, "min_offset"},
      {R"({"service":"s","keys":[],"min_offset":{"offset":1}})", ErrorCode::kBadField,
       "min_offset.topic"},
      {R"({"service":"s","keys":[],"min_offset":[{"topic":"t"}]})", ErrorCode::kBadField,
       "min_offset[0].offset"},
      {R"({"service":"s","keys":[],"min_offset":[{"topic":"t","offset":-1}]})",
       ErrorCode::kBadField, "min_offset[0].offset"},
      {R"({"service":"s","keys":[],"min_offset":{"topic":"t","offset":1,"partition":4294967296}})",
       ErrorCode::kBadField, "min_offset.partition"},
      {R"({"service":"s","keys":[],"min_offset":{"topic":"t","ofset":1}})", ErrorCode::kBadField,
       "min_offset.ofset"},
  };
  for (const BadBody& bad : kCases) ExpectRefused(bad, ParseFeaturesRequest(bad.body).status());
  EXPECT_EQ(ErrorOf(ParseFeaturesRequest("{\"kyes\":[]}").status()).did_you_mean, "keys");
}

TEST(ScoreBody, MergesKeysAndRequestRowByRow) {
  const auto request = ParseScoreRequest(
      R"({"task":"delayed","keys":[{"origin":"ORD"}],"request":[{"distance":867,"id":"r1"},{"distance":9}],"explain":true})");
  ASSERT_TRUE(request.ok()) << request.status();
  ASSERT_EQ(request->rows.size(), 2u);
  EXPECT_TRUE(request->explain);
  EXPECT_EQ(request->rows[0].fields.size(), 2u);
  EXPECT_EQ(request->rows[0].fields[0].name, "origin");
  EXPECT_EQ(request->rows[1].fields[0].value.view(), Value::String("ORD"));
  EXPECT_EQ(request->rows[0].id->view(), Value::String("r1"));
  EXPECT_FALSE(request->rows[1].id);
}

TEST(ScoreBody, IsRefusedWithThePlaceOfTheFault) {
  const BadBody kCases[] = {
      {"{\"keys\":[{}]}", ErrorCode::kBadField, "task"},
      {"{\"task\":\"t\"}", ErrorCode::kBadField, "keys"},
      {"{\"task\":\"t\",\"keys\":[{},{}],\"request\":[{},{},{}]}", ErrorCode::kBadField, "request"},
      {"{\"task\":\"t\",\"keys\":[{\"a\":1}],\"request\":[{\"a\":2}]}", ErrorCode::kBadField,
       "request[0].a"},
      {"{\"task\":\"t\",\"keys\":[{}],\"explain\":1}", ErrorCode::kBadField, "explain"},
      {"{\"task\":\"t\",\"keys\":[{}],\"max_staleness_ms\":\"1\"}", ErrorCode::kBadField,
       "max_staleness_ms"},
  };
  for (const BadBody& bad : kCases) ExpectRefused(bad, ParseScoreRequest(bad.body).status());
}

TEST(AppendBody, TakesTextBytesJsonAndTombstones) {
  const auto records = ParseAppendRequest(
      R"({"records":[{"key":"k","value":"text","headers":{"h":"1"},"timestamp":5,"partition":2},)"
      R"({"value":{"b":1.0,"a":[true,null,"x"]}},{"value":null},{"value_base64":"AP8="}]})");
  ASSERT_TRUE(records.ok()) << records.status();
  ASSERT_EQ(records->size(), 4u);
  EXPECT_EQ((*records)[0].key, "k");
  EXPECT_EQ((*records)[0].value, "text");
  EXPECT_EQ((*records)[0].headers[0].second, "1");
  EXPECT_EQ((*records)[0].timestamp_ms, 5);
  EXPECT_EQ((*records)[0].partition, 2);
  EXPECT_EQ((*records)[1].value, R"({"b":1.0,"a":[true,null,"x"]})");
  EXPECT_FALSE((*records)[2].value);
  EXPECT_EQ((*records)[3].value, std::string("\0\xff", 2));
}

TEST(AppendBody, IsRefusedWithThePlaceOfTheFault) {
  const BadBody kCases[] = {
      {"{}", ErrorCode::kBadField, "records"},
      {"{\"records\":[{}]}", ErrorCode::kBadField, "records[0]"},
      {"{\"records\":[{\"value\":1,\"value_base64\":\"\"}]}", ErrorCode::kBadField, "records[0]"},
      {"{\"records\":[{\"value\":1},{\"key\":1,\"value\":1}]}", ErrorCode::kBadField,
       "records[1].key"},
      {"{\"records\":[{\"value_base64\":\"???\"}]}", ErrorCode::kBadField,
       "records[0].value_base64"},
      {"{\"records\":[{\"value\":1,\"headers\":{\"a\":1}}]}", ErrorCode::kBadField,
       "records[0].headers.a"},
      {"{\"records\":[{\"vlaue\":1}]}", ErrorCode::kBadField, "records[0].vlaue"},
      {"{\"records\":[{\"value\":1,\"partition\":4294967296}]}", ErrorCode::kBadField, "partition"},
  };
  for (const BadBody& bad : kCases) ExpectRefused(bad, ParseAppendRequest(bad.body).status());
}

TEST(ReadQuery, IsReadAndChecked) {
  const auto request = ParseReadQuery("t", "partition=3&offset=12&limit=5&wait=1.5s");
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->partition, 3);
  EXPECT_EQ(request->offset, 12);
  EXPECT_EQ(request->limit, 5);
  EXPECT_EQ(request->wait, absl::Milliseconds(1500));
  EXPECT_EQ(ParseReadQuery("t", "wait=250")->wait, absl::Milliseconds(250));
  EXPECT_EQ(ParseReadQuery("t", "offse%74=1")->offset, 1);
  EXPECT_FALSE(ParseReadQuery("t", "")->offset);
  for (const char* bad :
       {"partition=-1", "partition=x", "offset=-1", "limit=0", "limit=1001", "wait=26s", "wait=-1",
        "wait=soon", "ofset=1", "limit=1&limit=2", "a=%", "a=%4", "a=%00", "wait=inf", "%zz=1"}) {
    EXPECT_FALSE(ParseReadQuery("t", bad).ok()) << bad;
  }
}

TEST(FeaturesBody, IsAnsweredWithStatusAndAge) {
  FeaturesResponse response;
  response.names = {"v.a", "v.b"};
  response.at_ms = 10;
  response.generation = 3;
  FeatureValue present;
  present.value.Assign(Value::Double(1));
  present.status = FeatureStatus::kPresent;
  present.age_ms = 4;
  present.asked = present.effective = {0, 10};
  present.count = 3;
  present.max_event_time_ms = 6;
  FeatureValue partial;
  partial.asked = {0, 10};
  partial.effective = {5, 10};
  partial.completeness = 0.5;
  response.rows.push_back({{present, partial}});
  EXPECT_EQ(FeaturesJson(response),
            R"({"rows":[{"features":{"v.a":{"value":1.0,"status":"present","age_ms":4},)"
            R"("v.b":{"value":null,"status":"missing","age_ms":null,"effective":[5,10],)"
            R"("completeness":0.5}}}],"at":10,"generation":3,"offsets":[],"watermark":null})");
  response.metadata = true;
  response.rows[0].values.pop_back();
  EXPECT_THAT(FeaturesJson(response),
              HasSubstr(R"("age_ms":4,"effective":[0,10],"completeness":1.0,"count":3,)"
                        R"("max_event_time":6})"));
}

TEST(FeaturesBody, TellsWhereAWindowIsNotTheOneAskedFor) {
  FeaturesResponse response;
  response.names = {"v.more", "v.ever"};
  FeatureValue more;  // a tail tile taken whole: all that was asked for, and something before
  more.asked = {5, 10};
  more.effective = {4, 10};
  FeatureValue ever;
  ever.asked = {kBeginningOfTime, 10};
  ever.effective = {kBeginningOfTime, 9};
  ever.completeness = 0.75;
  response.rows.push_back({{more, ever}});
  EXPECT_THAT(FeaturesJson(response), HasSubstr(R"("effective":[4,10],"completeness":1.0)"));
  EXPECT_THAT(FeaturesJson(response), HasSubstr(R"("effective":[null,9],"completeness":0.75)"));
}

TEST(FeaturesBody, HasTheErrorOfAnEstimate) {
  FeaturesResponse response;
  response.names = {"v.about"};
  FeatureValue estimate;
  estimate.error = 0.016;
  response.rows.push_back({{estimate}});
  EXPECT_THAT(FeaturesJson(response), HasSubstr(R"("age_ms":null,"error":0.016})"));
}

TEST(FeaturesBody, NamesTheServiceAndWhatIsApplied) {
  const TopicPartition orders{"orders", 2};
  FeaturesResponse response;
  response.service = "basket";
  response.service_version = 4;
  response.offsets = {{&orders, 18, 12}};
  response.watermark_ms = 99;
  EXPECT_EQ(FeaturesJson(response),
            R"({"rows":[],"service":"basket","service_version":4,"at":0,"generation":0,)"
            R"("offsets":[{"topic":"orders","partition":2,"applied":18,"durable":12}],)"
            R"("watermark":99})");
}

TEST(ScoreBody, IsAnsweredWithModelAndContributions) {
  ScoreResponse response;
  RowScore row;
  row.value = 0.25;
  row.explain = {{"v.f", 0.5}, {"", -1.5}};
  response.scores.push_back(std::move(row));
  response.model = {"delayed.ftrl", "champion", 13, 128433, 640, std::nullopt};
  EXPECT_EQ(
      ScoresJson(response),
      R"({"scores":[{"value":0.25,"status":"ok","prediction_id":null,"features":{},)"
      R"("explain":[{"input":"v.f","contribution":0.5},{"input":null,"contribution":-1.5}]}],)"
      R"("model":{"name":"delayed.ftrl","alias":"champion","generation":13,"step":128433,)"
      R"("age_ms":640,"staleness_ms":null}})");
}

TEST(RecordsBody, ShowsTextAsTextAndBytesAsBase64) {
  ReadRecordsResponse response;
  Record record;
  record.offset = 4;
  record.timestamp_ms = 9;
  record.key = absl::string_view("\xff", 1);
  record.value = absl::string_view("{\"a\":1}");
  const Header header{"h", "v"};
  record.headers = std::span<const Header>(&header, 1);
  response.records.Add(record);
  response.range = {2, 5};
  response.next_offset = 5;
  EXPECT_EQ(RecordsJson(response),
            R"({"records":[{"partition":0,"offset":4,"timestamp":9,"key_base64":"/w==",)"
            R"("value":"{\"a\":1}","headers":[{"name":"h","value":"v"}]}],)"
            R"("begin":2,"end":5,"next_offset":5})");
}

}  // namespace
}  // namespace millrace
