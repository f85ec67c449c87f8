// What a client cannot take from the HTTP server: memory, connections, threads and time.

#include <memory>
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
  for (int i = 0; i < 2000; ++i) {
    absl::StrAppend(&lines, "X-Trailing-Field: ", std::string(40, 'b'), "\r\n");
  }
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

TEST_F(HttpServerTest, ReadsThatWaitHoldUpNoOthers) {
  HttpServerOptions options = Options();
  options.waiting_threads = 1;
  Start(options);
  constexpr char kWaits[] =
      R"({"features":["v.f"],"keys":[{"k":1}],"min_offset":{"topic":"orders","offset":9}})";
  RawClient held(port());
  std::thread holder([&] { EXPECT_EQ(held.Post("/api/v1/features", kWaits).status, 200); });
  features_.gate.AwaitHeld(1);
  RawClient client(port());
  EXPECT_EQ(client.Post("/api/v1/features", kFeatures).status, 200);
  EXPECT_EQ(client.Post("/api/v1/records/flights.arrivals", R"({"records":[{"value":1}]})").status,
            200);
  EXPECT_EQ(client.Post("/api/v1/features", kWaits).status, 429);
  features_.gate.Open();
  holder.join();
}

}  // namespace
}  // namespace millrace
