#include "serving/http/http_server.h"

#include <random>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/serving/fake_services.h"
#include "tests/serving/http/raw_client.h"

namespace millrace {
namespace {

using testing::HasSubstr;

constexpr char kFeatures[] = R"({"features":["v.f"],"keys":[{"k":1}]})";
constexpr char kRecorded[] = R"({"task":"delayed","request":[{"id":"r"}]})";

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

TEST_F(HttpServerTest, AnswersManyRequestsOnOneConnection) {
  Start();
  RawClient client(port());
  for (int i = 0; i < 50; ++i) {
    const RawAnswer answer = client.Post("/api/v1/features", kFeatures);
    ASSERT_EQ(answer.status, 200);
    ASSERT_EQ(
        answer.body,
        R"({"rows":[{"features":{"v.f":{"value":1,"status":"present","age_ms":3}}}],"at":7})");
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

// Neither is body, so no limit of bodies counts it.
TEST_F(HttpServerTest, BoundsChunkExtensionsAndTrailers) {
  Start();
  const std::string head =
      "POST /api/v1/features HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
  RawClient extension(port());
  extension.Send(absl::StrCat(head, "2;x=", std::string(100'000, 'a')));
  EXPECT_EQ(extension.Read().status, 431);
  EXPECT_TRUE(extension.AwaitClose());
  RawClient trailer(port());
  std::string lines;
  for (int i = 0; i < 2000; ++i)
    absl::StrAppend(&lines, "X-Trailing-Field: ", std::string(40, 'b'), "\r\n");
  trailer.Send(absl::StrCat(head, "2\r\n{}\r\n0\r\n", lines));
  EXPECT_EQ(trailer.Read().status, 431);
  EXPECT_TRUE(trailer.AwaitClose());
  ExpectWell();
}

// Clients that ask and do not read.
TEST_F(HttpServerTest, BoundsTheAnswersThatNobodyReads) {
  HttpServerOptions options = Options();
  options.max_answer_bytes = 40;
  Start(options);
  RawClient client(port());
  const RawAnswer answer = client.Post("/api/v1/features", kFeatures);
  EXPECT_EQ(answer.status, 429);
  EXPECT_THAT(answer.body, HasSubstr("MILLRACE-4013"));
  EXPECT_EQ(Shed("memory"), 1u);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.Get("/livez").status, 200);  // given back
}

TEST_F(HttpServerTest, BoundsTheRequestsUnderWay) {
  HttpServerOptions options = Options();
  options.max_request_bytes_under_way = sizeof(kRecorded) + 10;
  Start(options);
  RawClient held(port());
  std::thread holder([&] { EXPECT_EQ(held.Post("/api/v1/score", kRecorded).status, 200); });
  scores_.AwaitHeld(1);
  RawClient client(port());
  EXPECT_EQ(client.Post("/api/v1/features", kFeatures).status, 429);
  EXPECT_EQ(Shed("memory"), 1u);
  scores_.Open();
  holder.join();
  EXPECT_EQ(client.Post("/api/v1/features", kFeatures).status, 200);
}

TEST_F(HttpServerTest, RefusesAChunkedBodyThatGrowsTooLarge) {
  HttpServerOptions options = Options();
  options.max_body_bytes = 1000;
  Start(options);
  RawClient client(port());
  client.Send(
      "POST /api/v1/score HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = absl::StrCat("190\r\n", std::string(400, ' '), "\r\n");
  for (int i = 0; i < 4; ++i) client.Send(chunk);
  EXPECT_EQ(client.Read().status, 413);
  ExpectWell();
}

TEST_F(HttpServerTest, TakesLargeBodiesOnlyOfAppendsThatSayTheirLength) {
  HttpServerOptions options = Options();
  options.max_body_bytes = 1000;
  options.max_append_body_bytes = 4000;
  Start(options);
  const std::string body =
      absl::StrCat(R"({"records":[{"value":")", std::string(2000, 'x'), R"("}]})");
  RawClient append(port());
  EXPECT_EQ(append.Post("/api/v1/records/flights.arrivals", body).status, 200);
  EXPECT_EQ(append.Post("/api/v1/records/flights.arrivals", body).status, 200);
  RawClient score(port());
  EXPECT_EQ(score.Post("/api/v1/score", body).status, 413);
  RawClient larger(port());
  const std::string beyond = body + std::string(2000, ' ');
  EXPECT_EQ(larger.Post("/api/v1/records/flights.arrivals", beyond).status, 413);
  RawClient chunked(port());
  chunked.Send(
      "POST /api/v1/records/flights.arrivals HTTP/1.1\r\nHost: localhost\r\n"
      "Transfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = absl::StrCat("190\r\n", std::string(400, ' '), "\r\n");
  for (int i = 0; i < 4; ++i) chunked.Send(chunk);
  EXPECT_EQ(chunked.Read().status, 413);
  ExpectWell();
}

TEST_F(HttpServerTest, TakesAFewLargeBodiesAtOnce) {
  HttpServerOptions options = Options();
  options.max_body_bytes = 1000;
  options.max_append_body_bytes = 4000;
  options.max_large_bodies = 1;
  Start(options);
  const std::string body =
      absl::StrCat(R"({"records":[{"value":")", std::string(2000, 'x'), R"("}]})");
  const std::string head = absl::StrCat(
      "POST /api/v1/records/flights.arrivals HTTP/1.1\r\nHost: localhost\r\n"
      "Expect: 100-continue\r\nContent-Length: ",
      body.size(), "\r\n\r\n");
  RawClient first(port());
  first.Send(head);
  EXPECT_EQ(first.Read().status, 100);  // it is admitted, and its body not yet here
  RawClient second(port());
  second.Send(head);
  EXPECT_EQ(second.Read().status, 429);
  first.Send(body);
  EXPECT_EQ(first.Read().status, 200);
  RawClient third(port());
  third.Send(head);
  EXPECT_EQ(third.Read().status, 100);
  ExpectWell();
}

TEST_F(HttpServerTest, KeepsTheConnectionAfterAnErrorOfTheApi) {
  Start();
  RawClient client(port());
  EXPECT_EQ(client.Post("/api/v1/features", "{").status, 400);
  EXPECT_EQ(client.Get("/nope").status, 404);
  EXPECT_EQ(client.Post("/livez", "").status, 405);
  EXPECT_EQ(client.Post("/api/v1/features", kFeatures).status, 200);
}

TEST_F(HttpServerTest, DropsClientsThatAreTooSlow) {
  HttpServerOptions options = Options();
  options.header_timeout = absl::Milliseconds(30);
  options.idle_timeout = absl::Milliseconds(60);
  options.request_timeout = absl::Milliseconds(60);
  Start(options);
  RawClient idle(port());
  RawClient header(port());
  header.Send("GET /liv");
  RawClient body(port());
  body.Send("POST /api/v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{");
  EXPECT_TRUE(idle.AwaitClose());
  EXPECT_TRUE(header.AwaitClose());
  EXPECT_TRUE(body.AwaitClose());
  EXPECT_EQ(Shed("timeout"), 2u);
  ExpectWell();
}

TEST_F(HttpServerTest, BoundsConnections) {
  HttpServerOptions options = Options();
  options.max_connections_per_address = 3;
  Start(options);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<RawClient>(port()));
    EXPECT_EQ(clients.back()->Get("/livez").status, 200);
  }
  RawClient refused(port());
  EXPECT_EQ(refused.Get("/livez").status, 0);
  EXPECT_EQ(Shed("connections"), 1u);
  clients[0]->Send("GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  clients[0]->Read();
  EXPECT_TRUE(clients[0]->AwaitClose());
  clients[0].reset();
  // The place is free again once the server has seen the close.
  int status = 0;
  for (int i = 0; i < 1000 && status != 200; ++i) status = RawClient(port()).Get("/livez").status;
  EXPECT_EQ(status, 200);
}

TEST_F(HttpServerTest, ShedsCallsBeyondThoseItCanHold) {
  HttpServerOptions options = Options();
  options.blocking_threads = 1;
  options.max_blocking_calls = 1;
  Start(options);
  RawClient held(port());
  std::thread holder([&] { EXPECT_EQ(held.Post("/api/v1/score", kRecorded).status, 200); });
  scores_.AwaitHeld(1);
  RawClient client(port());
  const RawAnswer shed = client.Post("/api/v1/score", kRecorded);
  EXPECT_EQ(shed.status, 429);
  EXPECT_THAT(shed.headers, HasSubstr("Retry-After"));
  EXPECT_THAT(shed.body, HasSubstr("MILLRACE-4013"));
  // What needs no waiting is answered meanwhile.
  EXPECT_EQ(client.Post("/api/v1/features", kFeatures).status, 200);
  scores_.Open();
  holder.join();
  EXPECT_EQ(Shed("busy"), 1u);
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
