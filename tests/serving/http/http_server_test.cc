#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/serving/http/http_server_fixture.h"
#include "tests/serving/http/raw_client.h"

namespace millrace {
namespace {

using testing::HasSubstr;

TEST_F(HttpServerTest, AnswersManyRequestsOnOneConnection) {
  Start();
  RawClient client(port());
  for (int i = 0; i < 50; ++i) {
    const RawAnswer answer = client.Post("/api/v1/features", kFeatures);
    ASSERT_EQ(answer.status, 200);
    ASSERT_EQ(
        answer.body,
        R"({"rows":[{"features":{"v.f":{"value":1,"status":"present","age_ms":3,"error":0.5}}}],)"
        R"("at":7,"generation":3,)"
        R"("offsets":[{"topic":"orders","partition":2,"applied":18,"durable":12}],"watermark":6})");
    EXPECT_THAT(answer.headers, HasSubstr("Content-Type: application/json"));
  }
  EXPECT_EQ(client.Get("/livez").body, "ok\n");
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  Start();
  RawClient client(port());
  std::string requests;
  for (int i = 0; i < 5; ++i) {
    absl::StrAppend(&requests,
                    "POST /api/v1/records/flights.arrivals HTTP/1.1\r\nHost: localhost\r\n"
                    "Content-Length: 27\r\n\r\n{\"records\":[{\"value\":\"x\"}]}",
                    "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  ASSERT_TRUE(client.Send(requests));
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(client.Read().body,
              absl::StrCat("{\"offsets\":[{\"partition\":0,\"offset\":", i, "}]}"));
    EXPECT_EQ(client.Read().body, "ok\n");
  }
}

TEST_F(HttpServerTest, ClosesWhenAsked) {
  Start();
  RawClient client(port());
  client.Send("GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.Read().status, 200);
  EXPECT_TRUE(client.AwaitClose());
  RawClient old(port());
  old.Send("GET /livez HTTP/1.0\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(old.Read().status, 200);
  EXPECT_TRUE(old.AwaitClose());
}

TEST_F(HttpServerTest, AnswersHeadWithoutABody) {
  Start();
  RawClient client(port());
  client.head = true;
  client.Send("HEAD /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const RawAnswer answer = client.Read();
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.headers, HasSubstr("Content-Length: 3"));
  client.head = false;
  EXPECT_EQ(client.Get("/livez").body, "ok\n");
}

TEST_F(HttpServerTest, TellsWaitingClientsToContinue) {
  Start();
  RawClient client(port());
  client.Send(absl::StrCat("POST /api/v1/features HTTP/1.1\r\nHost: localhost\r\n",
                           "Expect: 100-continue\r\nContent-Length: ", sizeof(kFeatures) - 1,
                           "\r\n\r\n"));
  EXPECT_EQ(client.Read().status, 100);
  client.Send(kFeatures);
  EXPECT_EQ(client.Read().status, 200);
}

TEST_F(HttpServerTest, TakesChunkedBodies) {
  Start();
  RawClient client(port());
  client.Send(
      "POST /api/v1/features HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
      "10\r\n{\"features\":[\"v.\r\n15\r\nf\"],\"keys\":[{\"k\":1}]}\r\n0\r\n\r\n");
  EXPECT_EQ(client.Read().status, 200);
}

TEST_F(HttpServerTest, RefusesBadRequestsAndCloses) {
  Start();
  const std::string big_header =
      absl::StrCat("GET / HTTP/1.1\r\nHost: localhost\r\nX: ", std::string(9000, 'x'), "\r\n\r\n");
  std::string many_headers = "GET / HTTP/1.1\r\nHost: localhost\r\n";
  for (int i = 0; i < 70; ++i) absl::StrAppend(&many_headers, "X", i, ": 1\r\n");
  many_headers += "\r\n";
  struct {
    std::string request;
    int status;
  } const kCases[] = {
      {"nonsense\r\n\r\n", 400},
      {"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", 400},
      {"GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},                                        // no Host
      {"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400},  // two
      {"GET / HTTP/1.1\r\nHost: localhost\r\nbad header\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: "
       "chunked\r\n\r\n0\r\n\r\n",
       400},
      {"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\nGET /livez", 400},
      {"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\nGET /livez", 400},
      {"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
       400},
      {"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
       "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n",
       400},
      {"GET http://evil.example/livez HTTP/1.1\r\nHost: localhost\r\n\r\n", 403},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
      {big_header, 431},
      {many_headers, 431},
      {"POST /api/v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\n\r\n", 413},
      {"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403},  // a rebound name
      {"GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n\r\n", 403},
      {"GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n\r\n", 403},
  };
  for (const auto& bad : kCases) {
    RawClient client(port());
    client.Send(bad.request);
    const RawAnswer answer = client.Read();
    EXPECT_EQ(answer.status, bad.status) << bad.request.substr(0, 100) << "\n" << answer.body;
    EXPECT_THAT(answer.headers, HasSubstr("application/problem+json"));
    EXPECT_TRUE(client.AwaitClose()) << bad.request.substr(0, 100);
  }
  ExpectWell();
}

TEST_F(HttpServerTest, TakesTargetsInAbsoluteForm) {
  Start();
  RawClient client(port());
  client.Send("GET http://localhost/livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.Read().body, "ok\n");
  client.Send("GET http://127.0.0.1:7470 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(client.Read().body, HasSubstr("Millrace"));
}

TEST_F(HttpServerTest, RefusesHeadWithoutABody) {
  Start();
  RawClient client(port());
  client.head = true;
  client.Send("HEAD /livez HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  EXPECT_EQ(client.Read().status, 403);
  EXPECT_TRUE(client.AwaitClose());
}

TEST_F(HttpServerTest, DoesNotTellAnOldClientToContinue) {
  Start();
  RawClient client(port());
  client.Send(absl::StrCat("POST /api/v1/features HTTP/1.0\r\nHost: localhost\r\n",
                           "Expect: 100-continue\r\nContent-Length: ", sizeof(kFeatures) - 1,
                           "\r\n\r\n", kFeatures));
  EXPECT_EQ(client.Read().status, 200);
}

TEST_F(HttpServerTest, KeepsTheConnectionAfterAnErrorOfTheApi) {
  Start();
  RawClient client(port());
  EXPECT_EQ(client.Post("/api/v1/features", "{").status, 400);
  EXPECT_EQ(client.Get("/nope").status, 404);
  EXPECT_EQ(client.Post("/livez", "").status, 405);
  EXPECT_EQ(client.Post("/api/v1/features", kFeatures).status, 200);
}

TEST_F(HttpServerTest, WaitingReadsHoldUpNobody) {
  Start();
  RawClient waiting(port());
  std::thread waiter([&] {
    const RawAnswer answer = waiting.Get("/api/v1/records/flights.arrivals?wait=20s");
    EXPECT_THAT(answer.body, HasSubstr(R"("value":"now")"));
  });
  records_.AwaitReads(1);
  RawClient client(port());
  EXPECT_EQ(client.Post("/api/v1/features", kFeatures).status, 200);
  EXPECT_EQ(
      client.Post("/api/v1/records/flights.arrivals", R"({"records":[{"value":"now"}]})").status,
      200);
  waiter.join();
}

TEST_F(HttpServerTest, StopsWhileReadsWait) {
  Start();
  RawClient waiting(port());
  waiting.Send("GET /api/v1/records/flights.arrivals?wait=25s HTTP/1.1\r\nHost: localhost\r\n\r\n");
  records_.AwaitReads(1);
  server_->Stop();
  server_->Stop();
}

TEST_F(HttpServerTest, FinishesWhatIsUnderWayWhenDrained) {
  Start();
  RawClient idle(port());
  EXPECT_EQ(idle.Get("/livez").status, 200);
  RawClient busy(port());
  busy.Send(absl::StrCat("POST /api/v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Length: ",
                         sizeof(kRecorded) - 1, "\r\n\r\n", kRecorded));
  scores_.AwaitHeld(1);
  const uint16_t port = server_->port();
  std::thread drainer([&] { server_->Drain(absl::Seconds(20)); });
  EXPECT_TRUE(idle.AwaitClose());
  scores_.Open();
  const RawAnswer answer = busy.Read();
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.headers, HasSubstr("Connection: close"));
  EXPECT_TRUE(busy.AwaitClose());
  drainer.join();
  EXPECT_FALSE(RawClient(port).connected());
}

TEST_F(HttpServerTest, ServesManyClientsAtOnce) {
  Start();
  std::vector<std::thread> clients;
  for (int c = 0; c < 8; ++c) {
    clients.emplace_back([&] {
      RawClient client(port());
      for (int i = 0; i < 200; ++i) {
        ASSERT_EQ(client.Post("/api/v1/features", kFeatures).status, 200);
        if (i % 20 == 0) {
          ASSERT_EQ(
              client.Post("/api/v1/records/flights.arrivals", R"({"records":[{"value":"x"}]})")
                  .status,
              200);
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();
  const std::string text = registry_.Text();
  EXPECT_THAT(text, HasSubstr("millrace_request_rows_total{method=\"features\"} 1600"));
  EXPECT_THAT(text, HasSubstr("millrace_request_rows_total{method=\"records_append\"} 80"));
  EXPECT_THAT(text, HasSubstr("millrace_request_duration_seconds_count"));
}

// Garbage, and requests with bytes changed: an answer or a close, and the server stays well.
TEST_F(HttpServerTest, SurvivesRandomBytes) {
  HttpServerOptions options = Options();
  options.header_timeout = absl::Milliseconds(200);
  options.request_timeout = absl::Milliseconds(200);
  Start(options);
  const uint64_t seed = 20130101;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  RecordProperty("seed", std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::string valid =
      absl::StrCat("POST /api/v1/features?a=1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: ",
                   sizeof(kFeatures) - 1, "\r\n\r\n", kFeatures);
  for (int i = 0; i < 400; ++i) {
    std::string bytes;
    if (i % 2 == 0) {
      bytes.resize(random() % 2000);
      for (char& c : bytes) c = static_cast<char>(random());
    } else {
      bytes = valid;
      for (uint64_t n = 1 + random() % 4; n > 0; --n) {
        bytes[random() % bytes.size()] = static_cast<char>(random());
      }
    }
    RawClient client(port());
    client.Send(bytes);
    client.EndOfSending();
    EXPECT_TRUE(client.AwaitClose());
  }
  ExpectWell();
}

TEST_F(HttpServerTest, RefusesAddressesItMayNotServe) {
  HttpServerOptions options = Options();
  options.address = "0.0.0.0:0";
  const auto server = HttpServer::Start(options, {}, registry_, Clock::Real());
  EXPECT_EQ(server.status().code(), absl::StatusCode::kFailedPrecondition);
  Start();
  HttpServerOptions taken = Options();
  taken.address = absl::StrCat("127.0.0.1:", port());
  EXPECT_EQ(HttpServer::Start(taken, {}, registry_, Clock::Real()).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(HttpServerTest, SaysSoWhenPlainTextLeavesTheMachine) {
  HttpServerOptions options = Options();
  options.address = "0.0.0.0:0";
  options.trust = NetworkTrust::kTrustedNetwork;
  Start(options);
  EXPECT_THAT(registry_.Text(), HasSubstr("millrace_server_plaintext{protocol=\"http\"} 1"));
}

}  // namespace
}  // namespace millrace
