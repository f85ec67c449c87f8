// An HTTP server over fake services, for its tests.

#ifndef MILLRACE_TESTS_SERVING_HTTP_HTTP_SERVER_FIXTURE_H_
#define MILLRACE_TESTS_SERVING_HTTP_HTTP_SERVER_FIXTURE_H_

#include <cstdint>

#include "gtest/gtest.h"
#include "serving/http/http_server.h"
#include "tests/serving/http/raw_client.h"
#include "tests/serving/server_fixture.h"

namespace millrace {

inline constexpr char kFeatures[] = R"({"features":["v.f"],"keys":[{"k":1}]})";
inline constexpr char kRecorded[] = R"({"task":"delayed","request":[{"id":"r"}]})";

class HttpServerTest : public ServerFixture<HttpServer, HttpServerOptions> {
 protected:
  using ServerFixture::Start;
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
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_SERVING_HTTP_HTTP_SERVER_FIXTURE_H_
