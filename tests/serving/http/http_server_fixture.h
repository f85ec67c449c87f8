// An HTTP server over fake services, for its tests.

#ifndef MILLRACE_TESTS_SERVING_HTTP_HTTP_SERVER_FIXTURE_H_
#define MILLRACE_TESTS_SERVING_HTTP_HTTP_SERVER_FIXTURE_H_

#include <cstdint>
#include <memory>

#include "core/clock.h"
#include "gtest/gtest.h"
#include "serving/http/http_server.h"
#include "tests/serving/fake_services.h"
#include "tests/serving/http/raw_client.h"

namespace millrace {

inline constexpr char kFeatures[] = R"({"features":["v.f"],"keys":[{"k":1}]})";
inline constexpr char kRecorded[] = R"({"task":"delayed","request":[{"id":"r"}]})";

class HttpServerTest : public testing::Test {
 protected:
  HttpServerOptions Options() {
    HttpServerOptions options;
    options.address = "127.0.0.1:0";
    return options;
  }
  void Start(const HttpServerOptions& options) {
    auto server = HttpServer::Start(options, {&features_, &scores_, &records_, &status_}, registry_,
                                    Clock::Real());
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  void Start() { Start(Options()); }
  uint16_t port() { return server_->port(); }
  // A server that answers this is well.
  void ExpectWell() {
    RawClient client(port());
    const RawAnswer answer = client.Post("/api/v1/features", kFeatures);
    EXPECT_EQ(answer.status, 200) << answer.body;
  }
  uint64_t Shed(const char* reason) {
    return registry_
        .GetCounter("millrace_request_shed_total",
                    "Requests and connections refused or dropped to stay within limits.",
                    {{"reason", reason}})
        .value();
  }

  FakeFeatures features_;
  FakeScores scores_;
  FakeRecords records_;
  FakeStatus status_;
  Registry registry_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_SERVING_HTTP_HTTP_SERVER_FIXTURE_H_
