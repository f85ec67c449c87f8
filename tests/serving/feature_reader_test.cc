#include "serving/feature_reader.h"

#include "core/simulated_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "serving/errors.h"
#include "tests/serving/fake_online_store.h"

namespace millrace {
namespace {

class FeatureReaderTest : public testing::Test {
 protected:
  FeatureReaderTest()
      : store_({MakeView("origin_out", {{"origin", Type::kString}},
                         {{"late_1h", Type::kDouble}, {"left_6h", Type::kInt}}),
                MakeView("route", {{"origin", Type::kString}, {"number", Type::kInt}},
                         {{"n", Type::kInt}})}),
        reader_(store_, positions_,
                {.now_ms = [] { return int64_t{5'000}; },
                 .services = {{"both", {{1, {"route.n"}}, {3, {"route.n", "origin_out.*"}}}}},
                 .partitions = {{0, 1}, {2}},
                 .generation = 7,
                 .max_rows = 3,
                 .max_key_bytes = 16}) {
    store_.Set(0, {Value::String("JFK")}, 0, Present(Value::Double(0.5), 10));
    store_.Set(0, {Value::String("JFK")}, 1, Present(Value::Int(7), 20));
    store_.Set(1, {Value::String("JFK"), Value::Int(12)}, 0, Present(Value::Int(3), 30));
    store_.keep_times = true;
  }

  static NamedValues Key(std::initializer_list<std::pair<const char*, Value>> fields) {
    NamedValues key;
    for (const auto& [name, value] : fields) key.push_back({name, OwnedValue(value)});
    return key;
  }
  static FeaturesRequest Ask(std::vector<std::string> features, std::vector<NamedValues> keys) {
    FeaturesRequest request;
    request.features = std::move(features);
    request.keys = std::move(keys);
    return request;
  }
  void ExpectError(const FeaturesRequest& request, ErrorCode code, const char* field,
                   const char* did_you_mean = "") {
    const auto response = reader_.ReadFeatures(request);
    ASSERT_FALSE(response.ok());
    const ApiError error = ErrorOf(response.status());
    EXPECT_EQ(error.code, code) << response.status();
    EXPECT_EQ(error.field, field);
    EXPECT_EQ(error.did_you_mean, did_you_mean);
  }

  FakeOnlineStore store_;
  SimulatedClock clock_;
  LogPositions positions_{{{"departures", 0}, {"departures", 1}, {"trips", 0}}, clock_};
  FeatureReader reader_;
  const NamedValues jfk_ = Key({{"origin", Value::String("JFK")}});
};

TEST_F(FeatureReaderTest, AnswersNamedFeaturesInTheOrderAsked) {
  const auto response =
      reader_.ReadFeatures(Ask({"origin_out.left_6h", "origin_out.late_1h"}, {jfk_}));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_THAT(response->names, testing::ElementsAre("origin_out.left_6h", "origin_out.late_1h"));
  EXPECT_EQ(response->rows[0].values[0].value.view(), Value::Int(7));
  EXPECT_EQ(response->rows[0].values[1].value.view(), Value::Double(0.5));
  EXPECT_EQ(response->rows[0].values[1].age_ms, 10);
}

TEST_F(FeatureReaderTest, ExpandsStarsAndNamesEachFeatureOnce) {
  const auto response = reader_.ReadFeatures(Ask({"origin_out.left_6h", "origin_out.*"}, {jfk_}));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_THAT(response->names, testing::ElementsAre("origin_out.left_6h", "origin_out.late_1h"));
}

TEST_F(FeatureReaderTest, ReadsAServiceOverSeveralViews) {
  FeaturesRequest request;
  request.service = "both";
  request.keys = {Key({{"origin", Value::String("JFK")}, {"number", Value::Double(12)}})};
  const auto response = reader_.ReadFeatures(request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_THAT(response->names,
              testing::ElementsAre("route.n", "origin_out.late_1h", "origin_out.left_6h"));
  EXPECT_EQ(response->rows[0].values[0].value.view(), Value::Int(3));
}

TEST_F(FeatureReaderTest, ReadsNowUnlessATimeIsGiven) {
  FeaturesRequest request =
      Ask({"route.n"}, {Key({{"origin", Value::String("X")}, {"number", Value::Int(1)}})});
  EXPECT_EQ(reader_.ReadFeatures(request)->at_ms, 5'000);
  request.at_ms = 77;
  const auto response = reader_.ReadFeatures(request);
  EXPECT_EQ(response->at_ms, 77);
  EXPECT_THAT(store_.read_times, testing::ElementsAre(5'000, 77));
}

TEST_F(FeatureReaderTest, AsksForWhatWasKnownWhereThatIsKept) {
  FeaturesRequest request = Ask({"origin_out.*"}, {jfk_});
  request.known_at_ms = 4'000;
  ExpectError(request, ErrorCode::kBadField, "known_at");
  const auto keeping = MakeView("origin_out", {{"origin", Type::kString}}, {{"n", Type::kInt}});
  keeping->keeps_known_time = true;
  FakeOnlineStore store({keeping});
  store.keep_times = true;
  FeatureReader reader(store, positions_, {.now_ms = [] { return int64_t{5'000}; }});
  EXPECT_TRUE(reader.ReadFeatures(request).ok());
  request.known_at_ms.reset();
  EXPECT_TRUE(reader.ReadFeatures(request).ok());
  EXPECT_THAT(store.known_times,
              testing::ElementsAre(testing::Optional(int64_t{4'000}), std::nullopt));
}

TEST_F(FeatureReaderTest, AnswersUnknownEntitiesAsMissing) {
  const auto response =
      reader_.ReadFeatures(Ask({"origin_out.*"}, {Key({{"origin", Value::String("ZZZ")}})}));
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->rows[0].values[0].status, FeatureStatus::kMissing);
}

TEST_F(FeatureReaderTest, SaysWhichTimesAreKeptAsTimes) {
  store_.stream_time_ms = 1'357'045'200'000;  // 2013-01-01T13:00Z; as_of is an hour
  store_.FailReads(absl::OutOfRangeError("gone"));
  FeaturesRequest request = Ask({"origin_out.late_1h"}, {jfk_});
  request.at_ms = 1'000;
  const ApiError error = ErrorOf(reader_.ReadFeatures(request).status());
  EXPECT_EQ(error.code, ErrorCode::kOutOfRange);
  EXPECT_EQ(error.field, "at");
  EXPECT_EQ(error.detail,
            "view 'origin_out' keeps nothing of 1970-01-01T00:00:01.000Z any more; the oldest time "
            "that can be read in full is 2013-01-01T12:00:00.000Z");
}

TEST_F(FeatureReaderTest, SaysYearsInFourDigits) {
  store_.stream_time_ms = -62'135'589'600'000;  // 0001-01-01T02:00Z
  store_.FailReads(absl::OutOfRangeError("gone"));
  FeaturesRequest request = Ask({"origin_out.late_1h"}, {jfk_});
  request.at_ms = -62'135'597'599'999;
  EXPECT_EQ(ErrorOf(reader_.ReadFeatures(request).status()).detail,
            "view 'origin_out' keeps nothing of 0000-12-31T23:46:40.001Z any more; the oldest time "
            "that can be read in full is 0001-01-01T01:00:00.000Z");
}

TEST_F(FeatureReaderTest, SuggestsCloseNames) {
  ExpectError(Ask({"origin_out.late_1"}, {jfk_}), ErrorCode::kUnknownFeature, "features",
              "late_1h");
  ExpectError(Ask({"orgin_out.late_1h"}, {jfk_}), ErrorCode::kUnknownView, "features",
              "origin_out");
  ExpectError(Ask({"origin_out.late_1h"}, {Key({{"orign", Value::String("JFK")}})}),
              ErrorCode::kBadKey, "keys[0].orign", "origin");
  FeaturesRequest service;
  service.service = "bot";
  ExpectError(service, ErrorCode::kUnknownService, "service", "both");
}

TEST_F(FeatureReaderTest, RefusesWhatDoesNotFit) {
  ExpectError(Ask({}, {jfk_}), ErrorCode::kBadField, "features");
  FeaturesRequest both = Ask({"origin_out.*"}, {jfk_});
  both.service = "both";
  ExpectError(both, ErrorCode::kBadField, "features");
  for (const char* name : {"origin_out", ".", "origin_out.", ".late_1h", ""}) {
    ExpectError(Ask({name}, {jfk_}), ErrorCode::kBadField, "features");
  }
  ExpectError(Ask({"route.n"}, {jfk_}), ErrorCode::kBadKey, "keys[0]");
  ExpectError(
      Ask({"route.n"}, {Key({{"origin", Value::String("J")}, {"number", Value::String("1")}})}),
      ErrorCode::kBadKey, "keys[0].number");
  ExpectError(Ask({"origin_out.*"}, {}), ErrorCode::kBadField, "keys");
  ExpectError(Ask({"origin_out.*"}, {jfk_, jfk_, jfk_, jfk_}), ErrorCode::kBadField, "keys");
  ExpectError(Ask({"origin_out.*"}, {Key({{"origin", Value::String(std::string(17, 'x'))}})}),
              ErrorCode::kBadKey, "keys[0]");
}

TEST_F(FeatureReaderTest, RefusesValuesOlderThanAllowed) {
  FeaturesRequest request = Ask({"origin_out.*"}, {jfk_});
  request.max_age_ms = 20;
  EXPECT_TRUE(reader_.ReadFeatures(request).ok());
  request.max_age_ms = 19;
  ExpectError(request, ErrorCode::kTooOld, "max_age_ms");
}

TEST_F(FeatureReaderTest, ReadsTheNewestVersionOfAServiceOrTheOneNamed) {
  FeaturesRequest request;
  request.service = "both@1";
  request.keys = {Key({{"origin", Value::String("JFK")}, {"number", Value::Int(12)}})};
  const auto first = reader_.ReadFeatures(request);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_THAT(first->names, testing::ElementsAre("route.n"));
  EXPECT_EQ(first->service, "both");
  EXPECT_EQ(first->service_version, 1);
  request.service = "both";
  EXPECT_EQ(reader_.ReadFeatures(request)->service_version, 3);
  EXPECT_EQ(reader_.ReadFeatures(request)->names.size(), 3u);
  for (const char* unknown : {"both@2", "both@", "both@three", "both@-1"}) {
    request.service = unknown;
    ExpectError(request, ErrorCode::kUnknownService, "service", "both@3");
  }
  request.service = "bot@1";
  ExpectError(request, ErrorCode::kUnknownService, "service", "both");
}

TEST_F(FeatureReaderTest, TellsWhatWasAppliedOfThePartitionsOfItsViews) {
  positions_.SetApplied(0, 18, 900);
  positions_.SetApplied(1, 4, 800);
  positions_.SetApplied(2, 9, 100);
  positions_.SetDurable(0, 12);
  const auto response = reader_.ReadFeatures(Ask({"origin_out.*"}, {jfk_}));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->generation, 7u);
  EXPECT_EQ(response->watermark_ms, 800);
  ASSERT_EQ(response->offsets.size(), 2u);
  EXPECT_EQ(*response->offsets[0].partition, (TopicPartition{"departures", 0}));
  EXPECT_EQ(response->offsets[0].applied, 18);
  EXPECT_EQ(response->offsets[0].durable, 12);
  EXPECT_EQ(response->offsets[1].applied, 4);
}

TEST_F(FeatureReaderTest, KnowsNoWatermarkBeforeAPartitionHasOne) {
  positions_.SetApplied(0, 18, 900);
  EXPECT_FALSE(reader_.ReadFeatures(Ask({"origin_out.*"}, {jfk_}))->watermark_ms);
}

TEST_F(FeatureReaderTest, ReadsOnceTheRecordsNamedAreApplied) {
  FeaturesRequest request = Ask({"origin_out.*"}, {jfk_});
  request.min_offsets = {{"departures", 0, 17}, {"trips", 0, 3}};
  EXPECT_TRUE(reader_.MayBlock(request));
  positions_.SetApplied(0, 18, 900);
  positions_.SetApplied(2, 3, 900);
  EXPECT_TRUE(reader_.MayBlock(request));
  request.patience = absl::ZeroDuration();
  EXPECT_FALSE(reader_.MayBlock(request));
  ExpectError(request, ErrorCode::kNotYetApplied, "min_offset[1]");
  EXPECT_EQ(ErrorOf(reader_.ReadFeatures(request).status()).applied_offset, 3);
  EXPECT_TRUE(store_.read_times.empty());
  positions_.SetApplied(2, 4, 900);
  EXPECT_FALSE(reader_.MayBlock(request));
  EXPECT_TRUE(reader_.ReadFeatures(request).ok());
}

TEST_F(FeatureReaderTest, RefusesRecordsOfWhatIsNotRead) {
  FeaturesRequest request = Ask({"origin_out.*"}, {jfk_});
  request.min_offsets = {{"departurs", 0, 17}};
  EXPECT_FALSE(reader_.MayBlock(request));
  ExpectError(request, ErrorCode::kUnknownTopic, "min_offset[0].topic", "departures");
  request.min_offsets = {{"departures", 0, 0}, {"departures", 2, 17}};
  ExpectError(request, ErrorCode::kUnknownTopic, "min_offset[1].partition");
}

TEST_F(FeatureReaderTest, WaitsForNothingWhereNothingIsAppliedAnyMore) {
  FeaturesRequest request = Ask({"origin_out.*"}, {jfk_});
  request.min_offsets = {{"departures", 0, 17}};
  positions_.Close();
  EXPECT_EQ(reader_.ReadFeatures(request).status().code(), absl::StatusCode::kUnavailable);
}

// Views whose records have an amount, and tags.
class RequestFieldsTest : public FeatureReaderTest {
 protected:
  RequestFieldsTest() {
    const auto spend = MakeView("spend", {{"user", Type::kString}}, {{"ratio", Type::kDouble}});
    spend->request.fields = {{"user", Type::kString},
                             {"amount", Type::kDouble},
                             {"tags", ValueType(Type::kList, Type::kString)}};
    const auto visits = MakeView("visits", {{"user", Type::kString}}, {{"n", Type::kInt}});
    visits->request.fields = {{"page", Type::kString}};
    with_request_ = std::make_unique<FakeOnlineStore>(
        std::vector<std::shared_ptr<const ViewSpec>>{spend, visits});
    with_request_->keep_times = true;
    asking_ = std::make_unique<FeatureReader>(
        *with_request_, positions_,
        FeatureReaderOptions{
            .now_ms = [] { return int64_t{5'000}; }, .services = {}, .partitions = {}});
    request_ = Ask({"spend.ratio", "visits.n"},
                   {Key({{"user", Value::String("u")}}), Key({{"user", Value::String("v")}})});
  }

  std::unique_ptr<FakeOnlineStore> with_request_;
  std::unique_ptr<FeatureReader> asking_;
  FeaturesRequest request_;
};

TEST_F(RequestFieldsTest, GivesEachViewTheFieldsOfItsRecords) {
  request_.request = {Key({{"amount", Value::Int(3)}})};
  ASSERT_TRUE(asking_->ReadFeatures(request_).ok());
  const std::vector<std::string> expected = {"null 3 null", "", "null 3 null", ""};
  EXPECT_EQ(with_request_->requests, expected);
}

TEST_F(RequestFieldsTest, TakesOneRowForAllOrOneEach) {
  request_.request = {Key({{"amount", Value::Double(1)}}), Key({{"page", Value::String("p")}})};
  ASSERT_TRUE(asking_->ReadFeatures(request_).ok());
  EXPECT_EQ(with_request_->requests, (std::vector<std::string>{"null 1 null", "", "", "p"}));
  request_.request.emplace_back();
  EXPECT_EQ(ErrorOf(asking_->ReadFeatures(request_).status()).field, "request");
}

TEST_F(RequestFieldsTest, RefusesUnknownFieldsAndOtherTypesWhereTheyStand) {
  request_.request = {Key({{"amout", Value::Double(1)}})};
  ApiError error = ErrorOf(asking_->ReadFeatures(request_).status());
  EXPECT_EQ(error.code, ErrorCode::kBadField);
  EXPECT_EQ(error.field, "request[0].amout");
  EXPECT_EQ(error.did_you_mean, "amount");
  request_.request = {Key({{"amount", Value::String("much")}})};
  error = ErrorOf(asking_->ReadFeatures(request_).status());
  EXPECT_EQ(error.field, "request[0].amount");
  EXPECT_EQ(error.detail, "'amount' of the records of view 'spend' is a double, not a string");
}

TEST_F(FeatureReaderTest, PassesOnWhatTheStoreSays) {
  store_.FailReads(absl::DataLossError("tile 42"));
  EXPECT_EQ(reader_.ReadFeatures(Ask({"origin_out.*"}, {jfk_})).status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace millrace
