#include <atomic>
#include <cmath>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"
#include "tests/serving/grpc/grpc_server_fixture.h"
#include "tests/serving/grpc/stalled_client.h"

namespace millrace {
namespace {

using testing::HasSubstr;

TEST_F(GrpcServerTest, ReadsFeatures) {
  Start();
  v1::ReadFeaturesResponse response;
  const grpc::Status status = ReadFeatures("v.f", 2, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.names(0), "v.f");
  ASSERT_EQ(response.rows_size(), 2);
  EXPECT_EQ(response.rows(0).values(0).value().int_value(), 2);
  EXPECT_EQ(response.rows(0).values(0).status(), v1::FEATURE_STATUS_PRESENT);
  EXPECT_EQ(response.rows(0).values(0).age_ms(), 3);
  EXPECT_EQ(response.at_ms(), 7);
}

TEST_F(GrpcServerTest, TellsWhatAnAnswerSawAndWhatItsValuesAreOf) {
  Start();
  v1::ReadFeaturesRequest request;
  request.set_service("v@2");
  request.add_keys();
  request.set_metadata(true);
  v1::ReadFeaturesResponse response;
  grpc::ClientContext context;
  const grpc::Status status = v1::Features::NewStub(channel_)->Read(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.service(), "v@2");
  EXPECT_EQ(response.generation(), 3u);
  EXPECT_EQ(response.watermark_ms(), 6);
  ASSERT_EQ(response.offsets_size(), 1);
  EXPECT_EQ(response.offsets(0).topic(), "orders");
  EXPECT_EQ(response.offsets(0).partition(), 2);
  EXPECT_EQ(response.offsets(0).applied(), 18);
  EXPECT_EQ(response.offsets(0).durable(), 12);
  const v1::FeatureAnswer& value = response.rows(0).values(0);
  EXPECT_EQ(value.effective().end_ms(), 10);
  EXPECT_EQ(value.completeness(), 1.0);
  EXPECT_EQ(value.count(), 2);
  EXPECT_EQ(value.max_event_time_ms(), 4);
  EXPECT_EQ(value.error(), 0.5);
}

TEST_F(GrpcServerTest, TellsOfAValueByDefaultWhatSaysSomething) {
  Start();
  v1::ReadFeaturesResponse response;
  ASSERT_TRUE(ReadFeatures("v.f", 1, &response).ok());
  const v1::FeatureAnswer& value = response.rows(0).values(0);
  EXPECT_EQ(value.error(), 0.5);
  EXPECT_FALSE(value.has_effective());
  EXPECT_FALSE(value.has_completeness());
  EXPECT_FALSE(value.has_count());
  EXPECT_FALSE(value.has_max_event_time_ms());
}

TEST_F(GrpcServerTest, RefusesOffsetsAndWaitsOutOfRange) {
  Start();
  const auto code_of = [this](int64_t offset, int64_t wait_ms) {
    v1::ReadFeaturesRequest request;
    request.add_features("v.f");
    v1::MinOffset* const wanted = request.add_min_offsets();
    wanted->set_topic("orders");
    wanted->set_offset(offset);
    request.set_wait_ms(wait_ms);
    v1::ReadFeaturesResponse response;
    grpc::ClientContext context;
    return v1::Features::NewStub(channel_)->Read(&context, request, &response).error_code();
  };
  features_.gate.Open();
  EXPECT_EQ(code_of(1, 10'000), grpc::StatusCode::OK);
  EXPECT_EQ(code_of(-1, 0), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(code_of(1, -1), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(code_of(1, 10'001), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(GrpcServerTest, PassesOnWhenThingsWereKnown) {
  Start();
  v1::ReadFeaturesRequest request;
  request.add_features("v.f");
  request.set_known_at_ms(-5);
  v1::ReadFeaturesResponse response;
  grpc::ClientContext context, far;
  ASSERT_TRUE(v1::Features::NewStub(channel_)->Read(&context, request, &response).ok());
  EXPECT_EQ(features_.last_known_at_ms, -5);
  request.set_known_at_ms(INT64_MIN);
  EXPECT_EQ(v1::Features::NewStub(channel_)->Read(&far, request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(GrpcServerTest, ScoresAndExplains) {
  Start();
  v1::ScoreRequest request = ScoreOf("delayed");
  request.set_explain(true);
  v1::ScoreResponse response;
  grpc::ClientContext context;
  const grpc::Status status = v1::Scores::NewStub(channel_)->Score(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.scores(0).value(), 0.25);
  EXPECT_FALSE(response.scores(0).has_prediction_id());
  EXPECT_EQ(response.scores(0).features(0).name(), "v.f");
  EXPECT_EQ(response.scores(0).explain_size(), 2);
  EXPECT_EQ(response.model().name(), "delayed.ftrl");
  EXPECT_EQ(response.model().step(), 128433u);
  EXPECT_EQ(response.model().staleness_ms(), 1490);
}

TEST_F(GrpcServerTest, AppendsRecords) {
  Start();
  v1::AppendRequest request;
  request.set_topic("flights.arrivals");
  request.add_records()->set_value("a");
  request.add_records()->set_key("tombstone");
  v1::AppendResponse response;
  grpc::ClientContext context;
  const grpc::Status status = v1::Records::NewStub(channel_)->Append(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response.positions_size(), 2);
  EXPECT_EQ(response.positions(1).offset(), 1);
}

TEST_F(GrpcServerTest, AnswersErrorsWithCodeReasonAndField) {
  Start();
  v1::ReadFeaturesResponse response;
  const grpc::Status status = ReadFeatures("v.g", 1, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(status.error_message(), HasSubstr("did you mean 'f'?"));
  // google.rpc.Status with ErrorInfo and BadRequest.
  EXPECT_THAT(status.error_details(), HasSubstr("type.googleapis.com/google.rpc.ErrorInfo"));
  EXPECT_THAT(status.error_details(), HasSubstr("MILLRACE-4004"));
  EXPECT_THAT(status.error_details(), HasSubstr("type.googleapis.com/google.rpc.BadRequest"));
}

TEST_F(GrpcServerTest, RefusesWhatDoesNotFit) {
  Start();
  const auto scores = v1::Scores::NewStub(channel_);
  v1::ScoreResponse response;
  const auto code = [&](const v1::ScoreRequest& request) {
    grpc::ClientContext context;
    return scores->Score(&context, request, &response).error_code();
  };
  EXPECT_EQ(code(ScoreOf("nope")), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(code(ScoreOf("")), grpc::StatusCode::INVALID_ARGUMENT);
  v1::ScoreRequest none;
  none.set_task("delayed");
  EXPECT_EQ(code(none), grpc::StatusCode::INVALID_ARGUMENT);
  v1::ScoreRequest nan = ScoreOf("delayed");
  (*nan.mutable_rows(0)->mutable_fields())["x"].set_double_value(std::nan(""));
  EXPECT_EQ(code(nan), grpc::StatusCode::INVALID_ARGUMENT);
  v1::ScoreRequest far = ScoreOf("delayed");
  far.set_at_ms(INT64_MAX);
  EXPECT_EQ(code(far), grpc::StatusCode::INVALID_ARGUMENT);
  v1::ScoreRequest many = ScoreOf("delayed");
  for (int i = 0; i < 1000; ++i) many.add_rows();
  EXPECT_EQ(code(many), grpc::StatusCode::INVALID_ARGUMENT);
  v1::ScoreRequest large = ScoreOf(std::string(2 << 20, 'x'));
  EXPECT_EQ(code(large), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(GrpcServerTest, HonoursDeadlines) {
  Start();
  v1::ScoreRequest request = ScoreOf("delayed");
  request.mutable_rows(0)->mutable_id()->set_string_value("r");  // held until Open
  v1::ScoreResponse response;
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(Clock::Real().Now() + absl::Milliseconds(50)));
  EXPECT_EQ(v1::Scores::NewStub(channel_)->Score(&context, request, &response).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  scores_.Open();
}

TEST_F(GrpcServerTest, SaysHowItIs) {
  Start();
  // HealthCheckRequest{} → HealthCheckResponse{status = 1}: 1 SERVING, 2 NOT_SERVING.
  std::string answer;
  ASSERT_TRUE(CallBytes("/grpc.health.v1.Health/Check", "", &answer).ok());
  EXPECT_EQ(answer, "\x08\x01");
  status_.ready = false;
  server_->UpdateHealth();
  ASSERT_TRUE(CallBytes("/grpc.health.v1.Health/Check", "", &answer).ok());
  EXPECT_EQ(answer, "\x08\x02");
  ASSERT_TRUE(
      CallBytes("/grpc.health.v1.Health/Check", "\n\x14millrace.v1.Features", &answer).ok());
  EXPECT_EQ(answer, "\x08\x02");
}

TEST_F(GrpcServerTest, ListsItsServicesByReflection) {
  Start();
  // ServerReflectionRequest{list_services = 7: ""}, over its bidirectional stream.
  grpc::GenericStub stub(channel_);
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const auto next = [&] {
    void* tag;
    bool ok = false;
    queue.Next(&tag, &ok);
    return ok;
  };
  auto call = stub.PrepareCall(
      &context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  call->StartCall(nullptr);
  ASSERT_TRUE(next());
  const grpc::Slice slice(std::string("\x3a\x00", 2));
  call->Write(grpc::ByteBuffer(&slice, 1), nullptr);
  ASSERT_TRUE(next());
  grpc::ByteBuffer response;
  call->Read(&response, nullptr);
  ASSERT_TRUE(next());
  grpc::Slice whole;
  ASSERT_TRUE(response.DumpToSingleSlice(&whole).ok());
  const std::string text(reinterpret_cast<const char*>(whole.begin()), whole.size());
  EXPECT_THAT(text, HasSubstr("millrace.v1.Features"));
  EXPECT_THAT(text, HasSubstr("millrace.v1.Scores"));
  context.TryCancel();
  grpc::Status status;
  call->Finish(&status, nullptr);
  next();
  queue.Shutdown();
  while (next()) {
  }
}

TEST_F(GrpcServerTest, AnswersMessagesThatDoNotParse) {
  Start();
  const uint64_t seed = 20130101;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  RecordProperty("seed", std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 200; ++i) {
    std::string bytes(random() % 100, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    std::string answer;
    for (const char* method : {"/millrace.v1.Features/Read", "/millrace.v1.Scores/Score",
                               "/millrace.v1.Records/Append"}) {
      (void)CallBytes(method, bytes, &answer);
    }
  }
  EXPECT_EQ(CallBytes("/millrace.v1.Nope/Nope", "", nullptr).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  v1::ReadFeaturesResponse response;
  EXPECT_TRUE(ReadFeatures("v.f", 1, &response).ok());
}

TEST_F(GrpcServerTest, ExplainsAndCountsMessagesThatDoNotParse) {
  Start();
  for (const absl::string_view bytes :
       {absl::string_view("\x0a\x02\xff\xfe"), absl::string_view("\xff\xff\xff\xff")}) {
    const grpc::Status status =
        CallBytes("/millrace.v1.Features/Read", std::string(bytes), nullptr);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(), HasSubstr("not a millrace.v1.ReadFeaturesRequest"));
    EXPECT_THAT(status.error_details(), HasSubstr("MILLRACE-4001"));
  }
  EXPECT_THAT(registry_.Text(), HasSubstr("millrace_request_duration_seconds_count{code=\"3\","
                                          "method=\"features\",protocol=\"grpc\"} 2"));
}

TEST_F(GrpcServerTest, SurvivesConnectionsThatAreNotGrpc) {
  Start();
  const uint64_t seed = 20130101;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 100; ++i) {
    RawSocket client(server_->port());
    std::string bytes = i % 2 ? "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" : "";
    for (uint64_t n = random() % 300; n > 0; --n) bytes.push_back(static_cast<char>(random()));
    client.Send(bytes);
  }
  v1::ReadFeaturesResponse response;
  EXPECT_TRUE(ReadFeatures("v.f", 1, &response).ok());
}

TEST_F(GrpcServerTest, ServesManyCallsAtOnceAndCountsThem) {
  Start();
  std::vector<std::thread> clients;
  for (int c = 0; c < 4; ++c) {
    clients.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        v1::ReadFeaturesResponse response;
        ASSERT_TRUE(ReadFeatures("v.f", 1, &response).ok());
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_THAT(registry_.Text(), HasSubstr("millrace_request_rows_total{method=\"features\"} 400"));
}

TEST_F(GrpcServerTest, FinishesWhatIsUnderWayWhenDrained) {
  Start();
  v1::ScoreRequest request = ScoreOf("delayed");
  request.mutable_rows(0)->mutable_id()->set_string_value("r");
  std::thread caller([&] {
    v1::ScoreResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(v1::Scores::NewStub(channel_)->Score(&context, request, &response).ok());
  });
  scores_.AwaitHeld(1);
  std::thread drainer([&] { server_->Drain(absl::Seconds(20)); });
  scores_.Open();
  caller.join();
  drainer.join();
  server_->Stop();
}

TEST_F(GrpcServerTest, StopsWithCallsUnderWay) {
  Start();
  std::atomic<bool> stopped{false};
  std::vector<std::thread> callers;
  for (int c = 0; c < 3; ++c) {
    callers.emplace_back([&] {
      while (!stopped) {
        v1::ReadFeaturesResponse response;
        (void)ReadFeatures("v.f", 1, &response);
      }
    });
  }
  v1::ReadFeaturesResponse response;
  EXPECT_TRUE(ReadFeatures("v.f", 1, &response).ok());
  server_->Stop();
  stopped = true;
  for (std::thread& caller : callers) caller.join();
}

TEST_F(GrpcServerTest, RefusesAddressesItMayNotServe) {
  GrpcServerOptions options = Options();
  options.address = "0.0.0.0:0";
  EXPECT_EQ(GrpcServer::Start(options, {}, registry_, Clock::Real()).status().code(),
            absl::StatusCode::kFailedPrecondition);
  Start();
  GrpcServerOptions taken = Options();
  taken.address = absl::StrCat("127.0.0.1:", server_->port());
  EXPECT_EQ(GrpcServer::Start(taken, {}, registry_, Clock::Real()).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(GrpcServerTest, SaysWhatIsNotServed) {
  auto server = GrpcServer::Start(Options(), {}, registry_, Clock::Real());
  ASSERT_TRUE(server.ok());
  channel_ = grpc::CreateChannel(absl::StrCat("127.0.0.1:", (*server)->port()),
                                 grpc::InsecureChannelCredentials());
  v1::ReadFeaturesResponse response;
  EXPECT_EQ(ReadFeatures("v.f", 1, &response).error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace millrace
