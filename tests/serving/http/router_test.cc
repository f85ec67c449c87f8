#include "serving/http/router.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stream/decode/json_document.h"
#include "tests/serving/fake_services.h"

namespace millrace {
namespace {

using testing::HasSubstr;

class RouterTest : public testing::Test {
 protected:
  RouterTest() : router_({&features_, &scores_, &records_, &status_, &catalog_}, registry_) {}

  static HttpCall Call(std::string method, std::string target, std::string body = "") {
    HttpCall call;
    call.method = std::move(method);
    call.target = std::move(target);
    call.body = std::move(body);
    return call;
  }
  HttpAnswer Answer(HttpCall call) {
    const std::atomic<bool> stopping{false};
    return router_.Prepare(std::move(call)).run(stopping);
  }

  FakeFeatures features_;
  FakeScores scores_;
  FakeRecords records_;
  FakeStatus status_;
  const std::string catalog_ = R"({"views":[]})";
  Registry registry_;
  Router router_;
};

TEST_F(RouterTest, AnswersEveryRoute) {
  struct {
    const char* method;
    const char* target;
    const char* body;
    const char* expected;
  } const kCases[] = {
      {"POST", "/api/v1/features", R"({"features":["v.f"],"keys":[{"k":1}]})",
       R"("v.f":{"value":1)"},
      {"POST", "/api/v1/score", R"({"task":"delayed","keys":[{"k":1}]})", R"("value":0.25)"},
      {"POST", "/api/v1/records/flights.arrivals", R"({"records":[{"value":{"a":1}}]})",
       R"({"offsets":[{"partition":0,"offset":0}]})"},
      {"GET", "/api/v1/records/flights.arrivals?limit=1", "", R"("value":"{\"a\":1}")"},
      {"GET", "/api/v1/records/flights%2Earrivals", "", R"("next_offset":1)"},
      {"GET", "/api/v1/topics", "", "flights.arrivals"},
      {"GET", "/api/v1/catalog", "", R"({"views":[]})"},
      {"GET", "/api/v1/status", "", R"({"project":"p"})"},
      {"GET", "/livez", "", "ok"},
      {"GET", "/healthz", "", "ok"},
      {"GET", "/readyz?verbose", "", "[+]log ok"},
      {"GET", "/startupz", "", "ok"},
      {"HEAD", "/livez", "", "ok"},
      {"GET", "/errors/MILLRACE-4004", "", "MILLRACE-4004: Unknown feature\n"},
      {"GET", "/", "", "GET   /errors/{code} "},
      {"GET", "/", "", "/api/v1/features"},
  };
  for (const auto& route : kCases) {
    const HttpAnswer answer = Answer(Call(route.method, route.target, route.body));
    EXPECT_EQ(answer.status, 200) << route.target << answer.body;
    EXPECT_THAT(answer.body, HasSubstr(route.expected)) << route.target;
  }
}

TEST_F(RouterTest, AnswersFaultsAsProblems) {
  struct {
    const char* method;
    const char* target;
    const char* body;
    int status;
    const char* code;
  } const kCases[] = {
      {"GET", "/nope", "", 404, "MILLRACE-4009"},
      {"GET", "/api/v1/features/x", "", 404, "MILLRACE-4009"},
      {"GET", "/api/v1/records/", "", 404, "MILLRACE-4009"},
      {"GET", "/errors/", "", 404, "MILLRACE-4009"},
      {"GET", "/errors/MILLRACE-9999", "", 404, "MILLRACE-4009"},
      {"GET", "/api/v1/features", "", 405, "MILLRACE-4010"},
      {"DELETE", "/api/v1/records/flights.arrivals", "", 405, "MILLRACE-4010"},
      {"POST", "/metrics", "", 405, "MILLRACE-4010"},
      {"POST", "/api/v1/features", "{", 400, "MILLRACE-4001"},
      {"POST", "/api/v1/features", R"({"features":["v.g"],"keys":[]})", 404, "MILLRACE-4004"},
      {"POST", "/api/v1/score", R"({"task":"nope","keys":[{}]})", 404, "MILLRACE-4006"},
      {"POST", "/api/v1/records/nope", R"({"records":[]})", 404, "MILLRACE-4007"},
      {"GET", "/api/v1/records/nope", "", 404, "MILLRACE-4007"},
      {"GET", "/api/v1/records/%zz", "", 400, "MILLRACE-4002"},
      {"GET", "/api/v1/records/flights.arrivals?limit=0", "", 400, "MILLRACE-4002"},
  };
  for (const auto& fault : kCases) {
    const HttpAnswer answer = Answer(Call(fault.method, fault.target, fault.body));
    EXPECT_EQ(answer.status, fault.status) << fault.target;
    EXPECT_EQ(answer.content_type, "application/problem+json");
    EXPECT_THAT(answer.body, HasSubstr(fault.code)) << fault.target;
  }
}

TEST_F(RouterTest, HasAPageAtTheTypeOfEveryProblem) {
  for (const ErrorKind& kind : ErrorKinds()) {
    ApiError error;
    error.code = kind.code;
    const absl::StatusOr<JsonValue> problem = ParseJson(ProblemJson(error, "/"));
    ASSERT_TRUE(problem.ok()) << problem.status();
    const HttpAnswer page = Answer(Call("GET", std::string(problem->Find("type")->string_value())));
    EXPECT_EQ(page.status, 200);
    EXPECT_THAT(page.body, HasSubstr(kind.title));
    EXPECT_THAT(page.body, HasSubstr(absl::StrCat("HTTP ", kind.http_status)));
  }
}

TEST_F(RouterTest, NamesTheMethodsAPathTakes) {
  const HttpAnswer answer = Answer(Call("PUT", "/api/v1/records/t"));
  EXPECT_THAT(answer.headers, testing::Contains(testing::Pair("Allow", "POST, GET")));
}

TEST_F(RouterTest, TakesJsonByItsMediaTypeOnly) {
  HttpCall call = Call("POST", "/api/v1/features", R"({"features":["v.f"],"keys":[]})");
  for (const char* media : {"", "application/json", "Application/JSON; charset=utf-8",
                            "application/x-www-form-urlencoded", "application/cloudevents+json"}) {
    call.content_type = media;
    EXPECT_EQ(Answer(call).status, 200) << media;
  }
  for (const char* media : {"text/plain", "multipart/form-data", "application/xml", "json"}) {
    call.content_type = media;
    EXPECT_EQ(Answer(call).status, 415) << media;
  }
  call.content_type = "application/json";
  call.content_encoding = "gzip";
  EXPECT_EQ(Answer(call).status, 415);
}

TEST_F(RouterTest, SaysNotReadyWithReasons) {
  status_.ready = false;
  const HttpAnswer answer = Answer(Call("GET", "/readyz"));
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr("[-]restore 63%"));
  EXPECT_EQ(Answer(Call("GET", "/livez")).status, 200);
}

TEST_F(RouterTest, PutsCallsThatBlockElsewhere) {
  const auto lane = [&](HttpCall call) { return router_.Prepare(std::move(call)).lane; };
  EXPECT_EQ(lane(Call("POST", "/api/v1/score", R"({"task":"t","keys":[{"k":1}]})")), Lane::kInline);
  EXPECT_EQ(lane(Call("POST", "/api/v1/score", R"({"task":"t","request":[{"id":1}]})")),
            Lane::kBlocking);
  EXPECT_EQ(lane(Call("POST", "/api/v1/records/t", R"({"records":[]})")), Lane::kBlocking);
  EXPECT_EQ(lane(Call("GET", "/api/v1/records/t")), Lane::kBlocking);
  EXPECT_EQ(lane(Call("GET", "/api/v1/records/t?wait=5s")), Lane::kWaiting);
  EXPECT_EQ(lane(Call("GET", "/livez")), Lane::kInline);
}

TEST_F(RouterTest, EndsAWaitWhenTheServerStops) {
  const std::atomic<bool> stopping{true};
  const PreparedCall call =
      router_.Prepare(Call("GET", "/api/v1/records/flights.arrivals?wait=25s"));
  EXPECT_THAT(call.run(stopping).body, HasSubstr(R"("records":[])"));
}

TEST_F(RouterTest, SaysWhatIsNotServed) {
  const Router empty({}, registry_);
  const std::atomic<bool> stopping{false};
  for (const char* target : {"/api/v1/topics", "/api/v1/status", "/livez"}) {
    EXPECT_EQ(empty.Prepare(Call("GET", target)).run(stopping).status, 501) << target;
  }
  EXPECT_EQ(empty.Prepare(Call("POST", "/api/v1/score", "{}")).run(stopping).status, 501);
}

TEST_F(RouterTest, ServesMetricsAsPrometheusText) {
  registry_.GetCounter("millrace_x_total", "X.").Add(3);
  const HttpAnswer answer = Answer(Call("GET", "/metrics"));
  EXPECT_THAT(answer.content_type, HasSubstr("version=0.0.4"));
  EXPECT_THAT(answer.body, HasSubstr("millrace_x_total 3"));
}

}  // namespace
}  // namespace millrace
