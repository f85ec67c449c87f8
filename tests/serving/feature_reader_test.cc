#include "serving/feature_reader.h"

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
        reader_(store_, {.now_ms = [] { return int64_t{5'000}; },
                         .services = {{"both", {"route.n", "origin_out.*"}}},
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
  FeatureReader reader(store, {.now_ms = [] { return int64_t{5'000}; }});
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

TEST_F(FeatureReaderTest, PassesOnWhatTheStoreSays) {
  store_.FailReads(absl::DataLossError("tile 42"));
  EXPECT_EQ(reader_.ReadFeatures(Ask({"origin_out.*"}, {jfk_})).status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace millrace
