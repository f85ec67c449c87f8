// The values of the API: errors, names, types, addresses, JSON text.

#include <bit>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>

#include "absl/strings/str_cat.h"
#include "core/closest_name.h"
#include "core/collection.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "serving/errors.h"
#include "serving/json.h"
#include "serving/listen_address.h"
#include "serving/typed_value.h"
#include "stream/decode/json_document.h"

namespace millrace {
namespace {

using testing::HasSubstr;

TEST(ClosestName, FindsTheNearestWithinTwoEdits) {
  const std::vector<std::string> known = {"late_rate_1h", "late_rate_24h", "n_1h"};
  EXPECT_EQ(ClosestName("late_rate_1hr", known), "late_rate_1h");
  EXPECT_EQ(ClosestName("late_raet_1h", known), "late_rate_1h");
  EXPECT_EQ(ClosestName("completely_else", known), "");
  EXPECT_EQ(ClosestName("", {}), "");
}

TEST(ClosestName, AllowsShortNamesOneEditOnly) {
  EXPECT_EQ(ClosestName("ab", {"xy"}), "");
  EXPECT_EQ(ClosestName("ab", {"abc"}), "abc");
}

TEST(ClosestName, CountsASwapAsOneEdit) {
  EXPECT_EQ(EditDistance("cuont", "count", 2), 1);
  EXPECT_EQ(EditDistance("", "ab", 2), 2);
  EXPECT_EQ(EditDistance("abc", "abc", 2), 0);
  EXPECT_EQ(EditDistance("kitten", "sitting", 5), 3);
  EXPECT_EQ(EditDistance("kitten", "sitting", 2), 3);  // limit + 1
}

TEST(ApiError, SurvivesTheWayThroughAStatus) {
  ApiError error;
  error.code = ErrorCode::kUnknownFeature;
  error.detail = "v has no feature 'g'";
  error.field = "features";
  error.did_you_mean = "f";
  error.hint = "look";
  const absl::Status status = error.ToStatus();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "MILLRACE-4004: v has no feature 'g' (did you mean 'f'?)");
  const ApiError back = ErrorOf(status);
  EXPECT_EQ(back.code, error.code);
  EXPECT_EQ(back.detail, error.detail);
  EXPECT_EQ(back.field, error.field);
  EXPECT_EQ(back.did_you_mean, error.did_you_mean);
  EXPECT_EQ(back.hint, error.hint);
}

TEST(ApiError, GivesEveryForeignStatusACode) {
  const std::pair<absl::Status, int> kCases[] = {
      {absl::InvalidArgumentError("x"), 400},  {absl::NotFoundError("x"), 404},
      {absl::OutOfRangeError("x"), 400},       {absl::FailedPreconditionError("x"), 409},
      {absl::PermissionDeniedError("x"), 403}, {absl::ResourceExhaustedError("x"), 429},
      {absl::UnavailableError("x"), 503},      {absl::UnimplementedError("x"), 501},
      {absl::DataLossError("x"), 500},         {absl::DeadlineExceededError("x"), 504},
      {absl::InternalError("x"), 500},         {absl::UnknownError("x"), 500}};
  for (const auto& [status, http] : kCases) {
    EXPECT_EQ(ErrorOf(status).kind().http_status, http) << status;
  }
}

TEST(ApiError, KeepsTheMessageOfADefectToItself) {
  EXPECT_THAT(ErrorOf(absl::InternalError("secret path")).detail, Not(HasSubstr("secret")));
}

TEST(ApiError, HasEachCodeOnceAscending) {
  int last = 0;
  for (const ErrorKind& kind : ErrorKinds()) {
    EXPECT_GT(static_cast<int>(kind.code), last);
    last = static_cast<int>(kind.code);
  }
}

TEST(ApiError, StandsInTheReferencePage) {
  std::ifstream file(MILLRACE_SOURCE_DIR "/docs/reference/http.md");
  const std::string page((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  for (const ErrorKind& kind : ErrorKinds()) {
    EXPECT_THAT(
        page, HasSubstr(absl::StrCat("| MILLRACE-", static_cast<int>(kind.code), " | ",
                                     kind.http_status, " | ", absl::StatusCodeToString(kind.status),
                                     " | ", kind.meaning, " |")));
  }
}

TEST(ApiError, IsProblemDetailsInJson) {
  ApiError error;
  error.code = ErrorCode::kUnknownFeature;
  error.detail = "a \"quoted\" name";
  error.did_you_mean = "f";
  EXPECT_EQ(ProblemJson(error, "/api/v1/features"),
            R"({"type":"/errors/MILLRACE-4004","title":"Unknown feature","status":404,)"
            R"("code":"MILLRACE-4004","detail":"a \"quoted\" name","did_you_mean":"f",)"
            R"("instance":"/api/v1/features"})");
}

TEST(TypedValue, FitsWhatLosesNothing) {
  EXPECT_EQ(FitValue(Value::Int(3), Type::kDouble)->view(), Value::Double(3.0));
  EXPECT_EQ(FitValue(Value::Double(3.0), Type::kInt)->view(), Value::Int(3));
  EXPECT_EQ(FitValue(Value::Int(5), Type::kTimestamp)->view(), Value::Timestamp(5));
  EXPECT_EQ(FitValue(Value::String("2013-01-01T10:00:00+01:00"), Type::kTimestamp)->view(),
            Value::Timestamp(1357030800000));
  EXPECT_EQ(FitValue(Value::String("90s"), Type::kDuration)->view(), Value::Duration(90'000));
  EXPECT_EQ(FitValue(Value::String("AQI="), Type::kBytes)->view(),
            Value::Bytes(absl::string_view("\1\2")));
  EXPECT_TRUE(FitValue(Value::Null(), Type::kInt)->is_null());
}

Value ListOf(ListBuilder* list, std::initializer_list<Value> items) {
  for (const Value& item : items) list->Add(item);
  return list->value();
}

TEST(TypedValue, FitsCollectionsItemByItem) {
  ListBuilder list, fitted;
  const Value ints = ListOf(&list, {Value::Int(1), Value::Double(2), Value::Null()});
  const Value doubles = ListOf(&fitted, {Value::Double(1), Value::Double(2), Value::Null()});
  EXPECT_EQ(FitValue(ints, ValueType(Type::kList, Type::kDouble))->view(), doubles);
  EXPECT_FALSE(FitValue(ints, ValueType(Type::kList, Type::kString)));
  EXPECT_FALSE(FitValue(ints, Type::kInt));
  EXPECT_FALSE(FitValue(Value::Int(1), ValueType(Type::kList, Type::kInt)));
  MapBuilder map;
  map.Add("a", Value::Int(1));
  const Value entries = map.Finish();
  EXPECT_EQ(FindEntry(FitValue(entries, ValueType(Type::kMap, Type::kDouble))->view(), "a"),
            Value::Double(1));
  EXPECT_FALSE(FitValue(entries, ValueType(Type::kList, Type::kInt)));
}

TEST(TypedValue, MakesVectorsOfTheRightLengthOnly) {
  ListBuilder list, with_null;
  const Value two = ListOf(&list, {Value::Int(1), Value::Double(2)});
  std::string bytes;
  const double components[] = {1, 2};
  EXPECT_EQ(FitValue(two, ValueType(Type::kVector, Type::kNull, 2))->view(),
            MakeVector(components, &bytes));
  EXPECT_FALSE(FitValue(two, ValueType(Type::kVector, Type::kNull, 3)));
  EXPECT_FALSE(FitValue(ListOf(&with_null, {Value::Int(1), Value::Null()}),
                        ValueType(Type::kVector, Type::kNull, 2)));
}

TEST(TypedValue, RefusesWhatDoesNotFit) {
  EXPECT_FALSE(FitValue(Value::Double(3.5), Type::kInt));
  EXPECT_FALSE(FitValue(Value::Double(std::nan("")), Type::kDouble));
  EXPECT_FALSE(FitValue(Value::Double(1e300), Type::kInt));
  EXPECT_FALSE(FitValue(Value::Int((int64_t{1} << 53) + 1), Type::kDouble));
  EXPECT_FALSE(FitValue(Value::String("3"), Type::kInt));
  EXPECT_FALSE(FitValue(Value::Bool(true), Type::kInt));
  EXPECT_FALSE(FitValue(Value::String("yesterday"), Type::kTimestamp));
  EXPECT_FALSE(FitValue(Value::String("infinite-future"), Type::kTimestamp));
  EXPECT_FALSE(FitValue(Value::String("inf"), Type::kDuration));
}

TEST(ListenAddress, TakesLoopbackOnlyUnlessTrusted) {
  for (const char* text : {"127.0.0.1:0", "localhost:7470", "[::1]:1", "127.9.9.9:65535"}) {
    const auto address = ParseListenAddress(text, NetworkTrust::kLoopbackOnly);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_TRUE(address->loopback) << text;
  }
  for (const char* text : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "[::ffff:127.0.0.1]:1"}) {
    EXPECT_EQ(ParseListenAddress(text, NetworkTrust::kLoopbackOnly).status().code(),
              absl::StatusCode::kFailedPrecondition)
        << text;
    EXPECT_TRUE(ParseListenAddress(text, NetworkTrust::kTrustedNetwork).ok()) << text;
  }
}

TEST(ListenAddress, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536",
                           "127.0.0.1:-1", "example.org:80", "::1:80", "[127.0.0.1]:80", ":80"}) {
    EXPECT_EQ(ParseListenAddress(text, NetworkTrust::kTrustedNetwork).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

std::string Text(double v) {
  std::string out;
  JsonWriter(&out).Double(v);
  return out;
}

TEST(JsonWriter, WritesDoublesThatReadBackAsTheSameBits) {
  EXPECT_EQ(Text(0.1), "0.1");
  EXPECT_EQ(Text(1), "1.0");
  EXPECT_EQ(Text(-0.0), "-0.0");
  EXPECT_EQ(Text(1e300), "1e+300");
  EXPECT_EQ(Text(std::nan("")), "null");
  EXPECT_EQ(Text(std::numeric_limits<double>::infinity()), "null");
  const uint64_t seed = 20130101;
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const double v = std::bit_cast<double>(random());
    if (!std::isfinite(v)) continue;
    const auto parsed = ParseJson("[" + Text(v) + "]");
    ASSERT_TRUE(parsed.ok()) << Text(v) << parsed.status();
    ASSERT_EQ(parsed->items()[0].kind(), JsonKind::kDouble) << Text(v);
    ASSERT_EQ(std::bit_cast<uint64_t>(parsed->items()[0].double_value()),
              std::bit_cast<uint64_t>(v))
        << Text(v);
  }
}

TEST(JsonWriter, EscapesAndRepairsStrings) {
  std::string out;
  AppendJsonString(absl::string_view("a\"\\\n\x01\x7f\xc3\xa9\xff\xed\xa0\x80z"), &out);
  EXPECT_EQ(out,
            "\"a\\\"\\\\\\n\\u0001\x7f\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"");
}

TEST(JsonWriter, AnyBytesBecomeAStringThatParses) {
  const uint64_t seed = 20130101;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 3000; ++i) {
    std::string bytes(random() % 40, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    std::string json = "[";
    AppendJsonString(bytes, &json);
    json += "]";
    const auto parsed = ParseJson(json);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    if (IsUtf8(bytes)) {
      ASSERT_EQ(parsed->items()[0].string_value(), bytes);
    }
  }
}

TEST(JsonWriter, PutsCommasWhereTheyBelong) {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject().Key("a").BeginArray().Int(1).Null().BeginObject().EndObject().EndArray();
  json.Key("b").Bool(true).Key("c").BeginObject().Key("d").Uint(UINT64_MAX).EndObject().EndObject();
  EXPECT_EQ(out, R"({"a":[1,null,{}],"b":true,"c":{"d":18446744073709551615}})");
}

}  // namespace
}  // namespace millrace
