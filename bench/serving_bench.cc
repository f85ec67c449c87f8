// What a decision, and a request around it, costs: reading 24 features of 6 views of one entity as
// of a time, scoring a logistic model, the JSON around it, and the whole way over a loopback
// connection with the client on the same machine.
//
//   serving_bench --benchmark_repetitions=5 --benchmark_report_aggregates_only=true

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/latency.h"
#include "bench/served_task.h"
#include "benchmark/benchmark.h"
#include "core/check.h"
#include "core/clock.h"
#include "grpcpp/grpcpp.h"
#include "schemas/api.grpc.pb.h"
#include "serving/grpc/grpc_server.h"
#include "serving/http/http_server.h"
#include "serving/json_requests.h"
#include "serving/json_responses.h"
#include "tests/serving/http/raw_client.h"

namespace millrace {
namespace {

constexpr char kScoreBody[] =
    R"({"task":"delayed","keys":[{"key":"airport7"}],"request":[{"distance":867.0}]})";
constexpr char kFeaturesBody[] =
    R"({"features":["view0.*","view1.*","view2.*"],"keys":[{"key":"airport7"}]})";

std::vector<std::string> Keys() {
  std::vector<std::string> keys;
  for (size_t i = 0; i < ServedTask::kKeys; ++i) keys.push_back(ServedTask::Key(i));
  return keys;
}

// --- in process ---

void BM_Assemble(benchmark::State& state) {
  const ServedTask& task = ServedTask::Get();
  const std::vector<std::string> keys = Keys();
  DecisionRow row;
  size_t i = 0;
  for (auto _ : state) {
    const Value fields[2] = {Value::String(keys[i++ % keys.size()]), Value::Double(867)};
    CHECK(task.scorer().Assemble(fields, task.now_ms(), &row).ok());
    benchmark::DoNotOptimize(row.inputs.data());
  }
}
BENCHMARK(BM_Assemble);

// As the event loop does for each decision.
void BM_AssembleAndScore(benchmark::State& state) {
  const ServedTask& task = ServedTask::Get();
  const std::vector<std::string> keys = Keys();
  DecisionRow row;
  size_t i = 0;
  for (auto _ : state) {
    const Value fields[2] = {Value::String(keys[i++ % keys.size()]), Value::Double(867)};
    CHECK(task.scorer().Assemble(fields, task.now_ms(), &row).ok());
    task.scorer().Score(*task.live().Read(), &row);
    benchmark::DoNotOptimize(row.scores.data());
  }
}
BENCHMARK(BM_AssembleAndScore);

void BM_ParseScoreBody(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(ParseScoreRequest(kScoreBody));
}
BENCHMARK(BM_ParseScoreBody);

// From the body of a request to the body of its answer.
void BM_ScoreBodyToBody(benchmark::State& state) {
  RequestScorer& scorer = ServedTask::Get().request_scorer();
  for (auto _ : state) {
    const auto response = scorer.Score(*ParseScoreRequest(kScoreBody));
    CHECK(response.ok());
    benchmark::DoNotOptimize(ScoresJson(*response));
  }
}
BENCHMARK(BM_ScoreBodyToBody);

void BM_FeaturesBodyToBody(benchmark::State& state) {
  FeatureReader& reader = ServedTask::Get().feature_reader();
  for (auto _ : state) {
    const auto response = reader.ReadFeatures(*ParseFeaturesRequest(kFeaturesBody));
    CHECK(response.ok());
    benchmark::DoNotOptimize(FeaturesJson(*response));
  }
}
BENCHMARK(BM_FeaturesBodyToBody);

// --- over a connection: one request at a time on each of so many ---

uint16_t HttpPort() {
  static Registry* const registry = new Registry;
  static HttpServer* const server = [] {
    auto started = HttpServer::Start({.address = "127.0.0.1:0"}, ServedTask::Get().services(),
                                     *registry, Clock::Real());
    CHECK(started.ok());
    return started->release();
  }();
  return server->port();
}

void PostRepeatedly(benchmark::State& state, const char* path, const char* body) {
  RawClient client(HttpPort());
  Latency latency;
  for (auto _ : state) latency.Time([&] { CHECK(client.Post(path, body).status == 200); });
  latency.Report(state);
  state.SetItemsProcessed(state.iterations());
}

void BM_HttpScore(benchmark::State& state) { PostRepeatedly(state, "/api/v1/score", kScoreBody); }
BENCHMARK(BM_HttpScore)->Threads(1)->Threads(8)->UseRealTime();

void BM_HttpFeatures(benchmark::State& state) {
  PostRepeatedly(state, "/api/v1/features", kFeaturesBody);
}
BENCHMARK(BM_HttpFeatures)->Threads(1)->Threads(8)->UseRealTime();

std::shared_ptr<grpc::Channel> GrpcChannel() {
  static Registry* const registry = new Registry;
  static GrpcServer* const server = [] {
    auto started = GrpcServer::Start({.address = "127.0.0.1:0"}, ServedTask::Get().services(),
                                     *registry, Clock::Real());
    CHECK(started.ok());
    return started->release();
  }();
  grpc::ChannelArguments own_connection;
  own_connection.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", server->port()),
                                   grpc::InsecureChannelCredentials(), own_connection);
}

void BM_GrpcScore(benchmark::State& state) {
  const auto stub = v1::Scores::NewStub(GrpcChannel());
  v1::ScoreRequest request;
  request.set_task("delayed");
  auto& fields = *request.add_rows()->mutable_fields();
  fields["key"].set_string_value("airport7");
  fields["distance"].set_double_value(867);
  Latency latency;
  for (auto _ : state) {
    latency.Time([&] {
      grpc::ClientContext context;
      v1::ScoreResponse response;
      CHECK(stub->Score(&context, request, &response).ok());
    });
  }
  latency.Report(state);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_GrpcScore)->Threads(1)->Threads(8)->UseRealTime();

void BM_GrpcFeatures(benchmark::State& state) {
  const auto stub = v1::Features::NewStub(GrpcChannel());
  v1::ReadFeaturesRequest request;
  for (const char* view : {"view0.*", "view1.*", "view2.*"}) request.add_features(view);
  (*request.add_keys()->mutable_fields())["key"].set_string_value("airport7");
  Latency latency;
  for (auto _ : state) {
    latency.Time([&] {
      grpc::ClientContext context;
      v1::ReadFeaturesResponse response;
      CHECK(stub->Read(&context, request, &response).ok());
    });
  }
  latency.Report(state);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_GrpcFeatures)->Threads(1)->Threads(8)->UseRealTime();

}  // namespace
}  // namespace millrace

BENCHMARK_MAIN();
