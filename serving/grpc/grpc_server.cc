#include "serving/grpc/grpc_server.h"

#include <pthread.h>

#include <array>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "grpcpp/alarm.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/resource_quota.h"
#include "schemas/api.grpc.pb.h"
#include "serving/errors.h"
#include "serving/grpc/acceptor.h"
#include "serving/grpc/convert.h"
#include "serving/grpc/library_log.h"
#include "serving/grpc/unary_call.h"
#include "serving/request_metrics.h"

namespace millrace {
namespace {

// Calls of a method that are asked for ahead. Those that gRPC has not handed over when the server
// stops are cancelled, so it hands over early.
constexpr int kCallsAhead = 16;
constexpr absl::Duration kSweepInterval = absl::Seconds(1);

// The methods with their messages as bytes.
using FeaturesService = v1::Features::WithRawMethod_Read<v1::Features::Service>;
using ScoresService = v1::Scores::WithRawMethod_Score<v1::Scores::Service>;
using RecordsService = v1::Records::WithRawMethod_Append<v1::Records::Service>;

template <typename Service>
auto ListenTo(Service& service, void (Service::*request)(grpc::ServerContext*, grpc::ByteBuffer*,
                                                         CallWriter*, grpc::CompletionQueue*,
                                                         grpc::ServerCompletionQueue*, void*)) {
  return [&service, request](grpc::ServerContext* context, grpc::ByteBuffer* bytes,
                             CallWriter* writer, grpc::ServerCompletionQueue* queue, void* tag) {
    (service.*request)(context, bytes, writer, queue, queue, tag);
  };
}

template <typename Message>
absl::Status Parse(grpc::ByteBuffer* bytes, Message* message) {
  if (grpc::SerializationTraits<Message>::Deserialize(bytes, message).ok()) {
    return absl::OkStatus();
  }
  ApiError error;
  error.code = ErrorCode::kMalformed;
  error.detail = absl::StrCat("not a ", message->GetTypeName());
  return error.ToStatus();
}

template <typename Message>
absl::StatusOr<grpc::ByteBuffer> Serialize(const Message& message) {
  grpc::ByteBuffer bytes;
  bool own_buffer;
  if (!grpc::SerializationTraits<Message>::Serialize(message, &bytes, &own_buffer).ok()) {
    return absl::InternalError("the answer does not serialise");
  }
  return bytes;
}

absl::Status NotServed() { return absl::UnimplementedError("this process does not serve that"); }

absl::StatusOr<PreparedCallWork> PrepareRead(FeatureService* port, grpc::ByteBuffer* bytes) {
  if (port == nullptr) return NotServed();
  v1::ReadFeaturesRequest proto;
  RETURN_IF_ERROR(Parse(bytes, &proto));
  ASSIGN_OR_RETURN(FeaturesRequest request, FromProto(proto));
  PreparedCallWork work;
  work.rows = request.keys.size();
  if (port->MayBlock(request)) work.lane = CallLane::kWaiting;
  work.answer = [port, request = std::move(request)]() -> absl::StatusOr<grpc::ByteBuffer> {
    ASSIGN_OR_RETURN(const FeaturesResponse response, port->ReadFeatures(request));
    v1::ReadFeaturesResponse out;
    ToProto(response, &out);
    return Serialize(out);
  };
  return work;
}

absl::StatusOr<PreparedCallWork> PrepareScore(ScoreService* port, grpc::ByteBuffer* bytes) {
  if (port == nullptr) return NotServed();
  v1::ScoreRequest proto;
  RETURN_IF_ERROR(Parse(bytes, &proto));
  ASSIGN_OR_RETURN(ScoreRequest request, FromProto(proto));
  PreparedCallWork work;
  work.rows = request.rows.size();
  if (port->MayBlock(request)) work.lane = CallLane::kBlocking;
  work.answer = [port, request = std::move(request)]() -> absl::StatusOr<grpc::ByteBuffer> {
    ASSIGN_OR_RETURN(const ScoreResponse response, port->Score(request));
    v1::ScoreResponse out;
    ToProto(response, &out);
    return Serialize(out);
  };
  return work;
}

absl::StatusOr<PreparedCallWork> PrepareAppend(RecordService* port, grpc::ByteBuffer* bytes) {
  if (port == nullptr) return NotServed();
  v1::AppendRequest proto;
  RETURN_IF_ERROR(Parse(bytes, &proto));
  ASSIGN_OR_RETURN(std::vector<NewRecord> records, FromProto(proto));
  PreparedCallWork work;
  work.rows = records.size();
  work.lane = CallLane::kBlocking;
  work.answer = [port, topic = proto.topic(),
                 records = std::move(records)]() -> absl::StatusOr<grpc::ByteBuffer> {
    ASSIGN_OR_RETURN(const auto positions, port->Append(topic, records));
    v1::AppendResponse out;
    ToProto(positions, &out);
    return Serialize(out);
  };
  return work;
}

// Closes the queue from the polling thread, so that no operation is begun on a closed queue: gRPC
// aborts the process when one is.
class CloseTag final : public CallTag {
 public:
  explicit CloseTag(CallGroup* group) : group_(group) {}
  void Proceed(bool) override {
    group_->closed = true;
    group_->queue->Shutdown();
  }

 private:
  CallGroup* const group_;
};

}  // namespace

class GrpcServer::Impl {
 public:
  Impl(const GrpcServerOptions& options, const Services& services, Registry& registry, Clock& clock)
      : options_(options),
        services_(services),
        metrics_(registry, "grpc"),
        calls_(options_, metrics_, clock) {
    methods_[0] = {"features", ListenTo(features_, &FeaturesService::RequestRead),
                   [port = services.features](auto* bytes) { return PrepareRead(port, bytes); }};
    methods_[1] = {"score", ListenTo(scores_, &ScoresService::RequestScore),
                   [port = services.scores](auto* bytes) { return PrepareScore(port, bytes); }};
    methods_[2] = {"records_append", ListenTo(records_, &RecordsService::RequestAppend),
                   [port = services.records](auto* bytes) { return PrepareAppend(port, bytes); }};
  }
  ~Impl() { Stop(absl::ZeroDuration()); }

  absl::Status Listen(const ListenAddress& address);
  uint16_t port() const { return acceptor_->port(); }
  void UpdateHealth();
  void Stop(absl::Duration timeout);

 private:
  void Poll();

  const GrpcServerOptions options_;
  const Services services_;
  RequestMetrics metrics_;
  CallGroup calls_;
  FeaturesService features_;
  ScoresService scores_;
  RecordsService records_;
  std::array<UnaryMethod, 3> methods_;
  std::unique_ptr<Acceptor> acceptor_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> connections_;
  std::unique_ptr<grpc::Server> server_;
  std::thread thread_;
};

absl::Status GrpcServer::Impl::Listen(const ListenAddress& address) {
  ASSIGN_OR_RETURN(acceptor_, Acceptor::Listen(address,
                                               {.max_connections = options_.max_connections,
                                                .max_connections_per_address =
                                                    options_.max_connections_per_address},
                                               metrics_));
  CaptureLibraryLog();
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  connections_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::InsecureServerCredentials());
  builder.RegisterService(&features_);
  builder.RegisterService(&scores_);
  builder.RegisterService(&records_);
  builder.SetMaxReceiveMessageSize(static_cast<int>(options_.max_request_bytes));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options_.max_streams_per_connection);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE,
                             static_cast<int>(options_.max_header_bytes));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  // Compressed requests could unfold to far more than they weigh.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  grpc::ResourceQuota quota("millrace");
  quota.Resize(options_.memory_bytes);
  builder.SetResourceQuota(quota);
  calls_.queue = builder.AddCompletionQueue();
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) {
    return absl::UnavailableError(absl::StrCat("cannot serve gRPC on ", address.ToString()));
  }
  UpdateHealth();
  metrics_.Listening(address);
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "grpc");
    Poll();
  });
  acceptor_->Start([this](int fd) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
    connection.fd = fd;
    connections_->HandleNewConnection(&connection);
  });
  return absl::OkStatus();
}

void GrpcServer::Impl::UpdateHealth() {
  grpc::HealthCheckServiceInterface* health = server_->GetHealthCheckService();
  if (health == nullptr) return;
  const bool ready = services_.status == nullptr || services_.status->GetHealth().ready;
  // "" stands for the server as a whole.
  for (const char* service :
       {"", "millrace.v1.Features", "millrace.v1.Scores", "millrace.v1.Records"}) {
    health->SetServingStatus(service, ready);
  }
}

void GrpcServer::Impl::Poll() {
  for (const UnaryMethod& method : methods_) {
    for (int i = 0; i < kCallsAhead; ++i) UnaryCall::Listen(&calls_, &method);
  }
  absl::Time next_sweep = calls_.clock.Now() + kSweepInterval;
  for (;;) {
    void* tag = nullptr;
    bool ok = false;
    switch (calls_.queue->AsyncNext(&tag, &ok, absl::ToChronoTime(next_sweep))) {
      case grpc::CompletionQueue::SHUTDOWN: return;
      case grpc::CompletionQueue::GOT_EVENT: static_cast<CallTag*>(tag)->Proceed(ok); break;
      case grpc::CompletionQueue::TIMEOUT: break;
    }
    if (const absl::Time now = calls_.clock.Now(); now >= next_sweep) {
      calls_.CancelUnread();
      next_sweep = now + kSweepInterval;
    }
  }
}

void GrpcServer::Impl::Stop(absl::Duration timeout) {
  if (acceptor_ != nullptr) acceptor_->Stop();
  if (server_ == nullptr) {
    if (calls_.queue != nullptr) {
      // Never started: the queue must still be shut down and emptied before it may go.
      calls_.queue->Shutdown();
      void* tag;
      bool ok;
      while (calls_.queue->Next(&tag, &ok)) {
      }
      calls_.queue = nullptr;
    }
    return;
  }
  server_->Shutdown(absl::ToChronoTime(calls_.clock.Now() + timeout));
  calls_.blocking.Join();
  calls_.waiting.Join();
  CloseTag close(&calls_);
  grpc::Alarm alarm;
  alarm.Set(calls_.queue.get(), absl::ToChronoTime(absl::UnixEpoch()), &close);  // at once
  thread_.join();
  server_ = nullptr;
  calls_.queue = nullptr;
}

GrpcServer::GrpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GrpcServer::~GrpcServer() = default;

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(const GrpcServerOptions& options,
                                                              const Services& services,
                                                              Registry& registry, Clock& clock) {
  ASSIGN_OR_RETURN(const ListenAddress address, ParseListenAddress(options.address, options.trust));
  auto impl = std::make_unique<Impl>(options, services, registry, clock);
  RETURN_IF_ERROR(impl->Listen(address));
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(impl)));
}

uint16_t GrpcServer::port() const { return impl_->port(); }
void GrpcServer::UpdateHealth() { impl_->UpdateHealth(); }
void GrpcServer::Drain(absl::Duration timeout) { impl_->Stop(timeout); }
void GrpcServer::Stop() { impl_->Stop(absl::ZeroDuration()); }

}  // namespace millrace
