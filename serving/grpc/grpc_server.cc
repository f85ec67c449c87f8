#include "serving/grpc/grpc_server.h"

#include <pthread.h>

#include <atomic>
#include <deque>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "core/status_macros.h"
#include "grpcpp/alarm.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/resource_quota.h"
#include "schemas/api.grpc.pb.h"
#include "serving/errors.h"
#include "serving/grpc/convert.h"
#include "serving/grpc/error_details.h"
#include "serving/request_metrics.h"

namespace millrace {
namespace {

// Threads for calls that block, with a bounded queue. Thread-safe; Join belongs to the owner.
class CallQueue {
 public:
  CallQueue(int threads, size_t max_calls) : max_calls_(max_calls) {
    for (int i = 0; i < std::max(threads, 1); ++i) {
      threads_.emplace_back([this] {
        pthread_setname_np(pthread_self(), "grpc-calls");
        Work();
      });
    }
  }
  ~CallQueue() { Join(); }

  // False when it is full or ending.
  bool Add(std::function<void()> call) {
    absl::MutexLock lock(&mutex_);
    if (ending_ || calls_.size() + running_ >= max_calls_) return false;
    calls_.push_back(std::move(call));
    return true;
  }

  // Runs what was added, then ends the threads.
  void Join() {
    {
      absl::MutexLock lock(&mutex_);
      ending_ = true;
    }
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

 private:
  void Work() {
    for (;;) {
      std::function<void()> call;
      {
        absl::MutexLock lock(&mutex_);
        mutex_.Await(absl::Condition(this, &CallQueue::HasWork));
        if (calls_.empty()) return;
        call = std::move(calls_.front());
        calls_.pop_front();
        ++running_;
      }
      call();
      absl::MutexLock lock(&mutex_);
      --running_;
    }
  }
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !calls_.empty() || ending_; }

  const size_t max_calls_;
  absl::Mutex mutex_;
  std::deque<std::function<void()>> calls_ ABSL_GUARDED_BY(mutex_);
  size_t running_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

// What stands behind a tag of the completion queue.
class Tag {
 public:
  virtual ~Tag() = default;
  // The operation is over; `ok` as gRPC says. May delete itself.
  virtual void Proceed(bool ok) = 0;
};

// What all calls of a server share.
struct Shared {
  Services services;
  Clock& clock;
  RequestMetrics metrics;
  CallQueue blocking;
  std::unique_ptr<grpc::ServerCompletionQueue> queue;
  v1::Features::AsyncService features;
  v1::Scores::AsyncService scores;
  v1::Records::AsyncService records;
  // The polling thread's: the queue takes no more operations.
  bool closed = false;
};

// Closes the queue from the polling thread, so that no operation is begun on a closed queue: gRPC
// aborts the process when one is.
class CloseTag final : public Tag {
 public:
  explicit CloseTag(Shared* shared) : shared_(shared) {}
  void Proceed(bool) override {
    shared_->closed = true;
    shared_->queue->Shutdown();
  }

 private:
  Shared* const shared_;
};

// One unary method: what a call of it needs.
template <typename Service, typename Request, typename Response>
struct Method {
  using Call = void (Service::*)(grpc::ServerContext*, Request*,
                                 grpc::ServerAsyncResponseWriter<Response>*, grpc::CompletionQueue*,
                                 grpc::ServerCompletionQueue*, void*);
  const char* label;
  Service* service;
  Call request;
  // Runs on the polling thread: says how many rows there are and whether answering may block.
  // Not OK: the answer.
  std::function<absl::Status(const Request&, size_t* rows, bool* may_block,
                             std::function<absl::Status(Response*)>* answer)>
      prepare;
};

// One call: waits for a request, answers it, deletes itself; a new one takes its place as soon as
// it has its request.
template <typename Service, typename Request, typename Response>
class UnaryCall final : public Tag {
 public:
  using ServedMethod = Method<Service, Request, Response>;

  static void Listen(Shared* shared, const ServedMethod* method) {
    auto* call = new UnaryCall(shared, method);
    (method->service->*method->request)(&call->context_, &call->request_, &call->writer_,
                                        shared->queue.get(), shared->queue.get(), call);
  }

  void Proceed(bool ok) override {
    if (answered_ || !ok || shared_->closed) {  // written, or the server stops
      delete this;
      return;
    }
    Listen(shared_, method_);
    start_nanos_ = shared_->clock.MonotonicNanos();
    size_t rows = 0;
    bool may_block = false;
    std::function<absl::Status(Response*)> answer;
    const absl::Status prepared = method_->prepare(request_, &rows, &may_block, &answer);
    if (rows > 0) shared_->metrics.Rows(method_->label, rows);
    if (!prepared.ok()) {
      Finish(prepared);
    } else if (!may_block) {
      Answer(answer);
    } else if (!shared_->blocking.Add([this, answer = std::move(answer)] { Answer(answer); })) {
      shared_->metrics.Shed("busy");
      Finish(ApiError{.code = ErrorCode::kOverloaded,
                      .detail = "as many calls of this kind are under way as may be",
                      .field = "",
                      .did_you_mean = "",
                      .hint = ""}
                 .ToStatus());
    }
  }

 private:
  UnaryCall(Shared* shared, const ServedMethod* method)
      : shared_(shared), method_(method), writer_(&context_) {}

  void Answer(const std::function<absl::Status(Response*)>& answer) {
    // An answer that nobody waits for any more is not worth its work.
    if (absl::FromChrono(context_.deadline()) <= shared_->clock.Now()) {
      Finish(absl::DeadlineExceededError("the deadline passed before the call was begun"));
      return;
    }
    Finish(answer(&response_));
  }

  // After this the polling thread owns the call.
  void Finish(const absl::Status& status) {
    const double seconds =
        static_cast<double>(shared_->clock.MonotonicNanos() - start_nanos_) * 1e-9;
    shared_->metrics.Answered(method_->label, static_cast<int>(status.code()), seconds);
    answered_ = true;
    if (status.ok()) {
      writer_.Finish(response_, grpc::Status::OK, this);
    } else {
      writer_.FinishWithError(ToGrpcStatus(ErrorOf(status)), this);
    }
  }

  Shared* const shared_;
  const ServedMethod* const method_;
  grpc::ServerContext context_;
  Request request_;
  Response response_;
  grpc::ServerAsyncResponseWriter<Response> writer_;
  int64_t start_nanos_ = 0;
  bool answered_ = false;
};

absl::Status NotServed() { return absl::UnimplementedError("this process does not serve that"); }

}  // namespace

class GrpcServer::Impl {
 public:
  Impl(const GrpcServerOptions& options, const Services& services, Registry& registry, Clock& clock)
      : options_(options),
        shared_{.services = services,
                .clock = clock,
                .metrics = RequestMetrics(registry, "grpc"),
                .blocking = CallQueue(options.blocking_threads, options.max_blocking_calls),
                .queue = nullptr,
                .features = {},
                .scores = {},
                .records = {},
                .closed = false} {
    DefineMethods();
  }
  ~Impl() { Stop(absl::ZeroDuration()); }

  absl::Status Listen(const ListenAddress& address);
  uint16_t port() const { return static_cast<uint16_t>(port_); }
  void UpdateHealth();
  void Stop(absl::Duration timeout);

 private:
  using ReadMethod =
      Method<v1::Features::AsyncService, v1::ReadFeaturesRequest, v1::ReadFeaturesResponse>;
  using ScoreMethod = Method<v1::Scores::AsyncService, v1::ScoreRequest, v1::ScoreResponse>;
  using AppendMethod = Method<v1::Records::AsyncService, v1::AppendRequest, v1::AppendResponse>;

  void DefineMethods();
  void Poll();

  const GrpcServerOptions options_;
  Shared shared_;
  ReadMethod read_;
  ScoreMethod score_;
  AppendMethod append_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::thread thread_;
};

void GrpcServer::Impl::DefineMethods() {
  const Services services = shared_.services;
  read_ = {"features", &shared_.features, &v1::Features::AsyncService::RequestRead,
           [port = services.features](const v1::ReadFeaturesRequest& proto, size_t* rows, bool*,
                                      auto* answer) -> absl::Status {
             if (port == nullptr) return NotServed();
             ASSIGN_OR_RETURN(FeaturesRequest request, FromProto(proto));
             *rows = request.keys.size();
             *answer = [port, request = std::move(request)](
                           v1::ReadFeaturesResponse* out) -> absl::Status {
               ASSIGN_OR_RETURN(const FeaturesResponse response, port->ReadFeatures(request));
               ToProto(response, out);
               return absl::OkStatus();
             };
             return absl::OkStatus();
           }};
  score_ = {"score", &shared_.scores, &v1::Scores::AsyncService::RequestScore,
            [port = services.scores](const v1::ScoreRequest& proto, size_t* rows, bool* may_block,
                                     auto* answer) -> absl::Status {
              if (port == nullptr) return NotServed();
              ASSIGN_OR_RETURN(ScoreRequest request, FromProto(proto));
              *rows = request.rows.size();
              *may_block = port->MayBlock(request);
              *answer = [port,
                         request = std::move(request)](v1::ScoreResponse* out) -> absl::Status {
                ASSIGN_OR_RETURN(const ScoreResponse response, port->Score(request));
                ToProto(response, out);
                return absl::OkStatus();
              };
              return absl::OkStatus();
            }};
  append_ = {"records_append", &shared_.records, &v1::Records::AsyncService::RequestAppend,
             [port = services.records](const v1::AppendRequest& proto, size_t* rows,
                                       bool* may_block, auto* answer) -> absl::Status {
               if (port == nullptr) return NotServed();
               ASSIGN_OR_RETURN(std::vector<NewRecord> records, FromProto(proto));
               *rows = records.size();
               *may_block = true;
               *answer = [port, topic = proto.topic(),
                          records = std::move(records)](v1::AppendResponse* out) -> absl::Status {
                 ASSIGN_OR_RETURN(const auto positions, port->Append(topic, records));
                 ToProto(positions, out);
                 return absl::OkStatus();
               };
               return absl::OkStatus();
             }};
}

absl::Status GrpcServer::Impl::Listen(const ListenAddress& address) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address.ToString(), grpc::InsecureServerCredentials(), &port_);
  builder.RegisterService(&shared_.features);
  builder.RegisterService(&shared_.scores);
  builder.RegisterService(&shared_.records);
  builder.SetMaxReceiveMessageSize(static_cast<int>(options_.max_request_bytes));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options_.max_streams_per_connection);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE,
                             static_cast<int>(options_.max_header_bytes));
  // Two servers on one port would share it silently.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  // Compressed requests could unfold to far more than they weigh.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  grpc::ResourceQuota quota("millrace");
  quota.Resize(options_.memory_bytes);
  builder.SetResourceQuota(quota);
  shared_.queue = builder.AddCompletionQueue();
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port_ == 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", address.ToString(), " (the address may be in use)"));
  }
  shared_.metrics.Listening(address);
  UpdateHealth();
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "grpc");
    Poll();
  });
  return absl::OkStatus();
}

void GrpcServer::Impl::UpdateHealth() {
  grpc::HealthCheckServiceInterface* health = server_->GetHealthCheckService();
  if (health == nullptr) return;
  const bool ready =
      shared_.services.status == nullptr || shared_.services.status->GetHealth().ready;
  // "" stands for the server as a whole.
  for (const char* service :
       {"", "millrace.v1.Features", "millrace.v1.Scores", "millrace.v1.Records"}) {
    health->SetServingStatus(service, ready);
  }
}

void GrpcServer::Impl::Poll() {
  UnaryCall<v1::Features::AsyncService, v1::ReadFeaturesRequest, v1::ReadFeaturesResponse>::Listen(
      &shared_, &read_);
  UnaryCall<v1::Scores::AsyncService, v1::ScoreRequest, v1::ScoreResponse>::Listen(&shared_,
                                                                                   &score_);
  UnaryCall<v1::Records::AsyncService, v1::AppendRequest, v1::AppendResponse>::Listen(&shared_,
                                                                                      &append_);
  void* tag = nullptr;
  bool ok = false;
  while (shared_.queue->Next(&tag, &ok)) static_cast<Tag*>(tag)->Proceed(ok);
}

void GrpcServer::Impl::Stop(absl::Duration timeout) {
  if (server_ == nullptr) {
    if (shared_.queue != nullptr) {
      // Never started: the queue must still be shut down and emptied before it may go.
      shared_.queue->Shutdown();
      void* tag;
      bool ok;
      while (shared_.queue->Next(&tag, &ok)) {
      }
      shared_.queue = nullptr;
    }
    return;
  }
  server_->Shutdown(absl::ToChronoTime(shared_.clock.Now() + timeout));
  shared_.blocking.Join();
  CloseTag close(&shared_);
  grpc::Alarm alarm;
  alarm.Set(shared_.queue.get(), absl::ToChronoTime(absl::UnixEpoch()), &close);  // at once
  thread_.join();
  server_ = nullptr;
  shared_.queue = nullptr;
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
