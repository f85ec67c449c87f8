// What a client cannot take from the gRPC server: memory, connections and threads.

#include <memory>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/serving/grpc/grpc_server_fixture.h"
#include "tests/serving/grpc/stalled_client.h"

namespace millrace {
namespace {

using testing::HasSubstr;

TEST_F(GrpcServerTest, ShedsCallsBeyondThoseItCanHold) {
  GrpcServerOptions options = Options();
  options.blocking_threads = 1;
  options.max_blocking_calls = 1;
  Start(options);
  v1::ScoreRequest request = ScoreOf("delayed");
  request.mutable_rows(0)->mutable_id()->set_string_value("r");
  std::thread holder([&] {
    v1::ScoreResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(v1::Scores::NewStub(channel_)->Score(&context, request, &response).ok());
    EXPECT_EQ(response.scores(0).prediction_id().string_value(), "r");
  });
  scores_.AwaitHeld(1);
  v1::ScoreResponse response;
  grpc::ClientContext context;
  const grpc::Status status = v1::Scores::NewStub(channel_)->Score(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_details(), HasSubstr("google.rpc.RetryInfo"));
  v1::ReadFeaturesResponse features;
  EXPECT_TRUE(ReadFeatures("v.f", 1, &features).ok());
  scores_.Open();
  holder.join();
}

TEST_F(GrpcServerTest, ReadsThatWaitHoldUpNoOthers) {
  GrpcServerOptions options = Options();
  options.waiting_threads = 1;
  options.blocking_threads = 1;
  Start(options);
  v1::ReadFeaturesRequest waits;
  waits.add_features("v.f");
  waits.add_min_offsets()->set_topic("orders");
  const auto read = [&] {
    v1::ReadFeaturesResponse response;
    grpc::ClientContext context;
    return v1::Features::NewStub(channel_)->Read(&context, waits, &response).error_code();
  };
  std::thread holder([&] { EXPECT_EQ(read(), grpc::StatusCode::OK); });
  features_.gate.AwaitHeld(1);
  v1::ReadFeaturesResponse response;
  EXPECT_TRUE(ReadFeatures("v.f", 1, &response).ok());
  v1::AppendRequest append;
  append.set_topic("flights.arrivals");
  append.add_records()->set_value("{}");
  v1::AppendResponse appended;
  grpc::ClientContext context;
  EXPECT_TRUE(v1::Records::NewStub(channel_)->Append(&context, append, &appended).ok());
  EXPECT_EQ(read(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  features_.gate.Open();
  holder.join();
}

TEST_F(GrpcServerTest, BoundsTheAnswersThatNobodyReads) {
  GrpcServerOptions options = Options();
  options.max_answer_bytes = 100;
  Start(options);
  v1::ReadFeaturesResponse response;
  const grpc::Status status = ReadFeatures("v.f", 100, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_details(), HasSubstr("MILLRACE-4013"));
  // What was not sent is given back.
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(ReadFeatures("v.f", 1, &response).ok());
}

TEST_F(GrpcServerTest, BoundsTheRequestsUnderWay) {
  GrpcServerOptions options = Options();
  options.max_request_bytes_under_way = 200;
  Start(options);
  v1::ReadFeaturesResponse response;
  EXPECT_EQ(ReadFeatures("v.f", 100, &response).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(ReadFeatures("v.f", 1, &response).ok());
}

TEST_F(GrpcServerTest, CancelsAnswersThatNobodyReads) {
  GrpcServerOptions options = Options();
  options.answer_timeout = absl::Milliseconds(1);
  options.max_calls = 1;
  Start(options);
  v1::ReadFeaturesRequest request;
  request.add_features("v.f");
  (*request.add_keys()->mutable_fields())["k"].set_int_value(1);
  StalledClient stalled(server_->port(), "/millrace.v1.Features/Read", request.SerializeAsString());
  EXPECT_TRUE(stalled.AwaitReset());
  // Its place is free again.
  v1::ReadFeaturesResponse response;
  EXPECT_TRUE(ReadFeatures("v.f", 1, &response).ok());
}

TEST_F(GrpcServerTest, BoundsConnections) {
  GrpcServerOptions options = Options();
  options.max_connections_per_address = 3;
  Start(options);
  std::vector<std::unique_ptr<RawSocket>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<RawSocket>(server_->port()));
    EXPECT_TRUE(clients.back()->AwaitBytes());  // the server's settings
  }
  RawSocket refused(server_->port());
  EXPECT_FALSE(refused.AwaitBytes());
  clients.clear();
  // The places are free again once the server has seen the closes.
  bool served = false;
  for (int i = 0; i < 1000 && !served; ++i) served = RawSocket(server_->port()).AwaitBytes();
  EXPECT_TRUE(served);
}

}  // namespace
}  // namespace millrace
