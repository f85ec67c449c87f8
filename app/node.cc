#include "app/node.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "app/catalog/catalog_json.h"
#include "app/descriptors.h"
#include "app/state_fit.h"
#include "app/workers/task_records.h"
#include "app/workers/topics.h"
#include "core/log_line.h"
#include "core/status_macros.h"
#include "core/value_coding.h"
#include "featurestore/rocks/rocks_state_store.h"
#include "stream/embedded/embedded_log.h"
#include "stream/kafka/kafka_log.h"

namespace millrace {
namespace {

constexpr absl::Duration kHousekeepEvery = absl::Milliseconds(500);
constexpr int kMeasureStateEveryTurns = 20;
constexpr int kRetentionEveryTurns = 20;
constexpr int kPingEveryTurns = 4;

}  // namespace

Node::Node(std::shared_ptr<const Project> project, const NodeOptions& options)
    : project_(std::move(project)), options_(options) {}

absl::StatusOr<std::unique_ptr<Node>> Node::Open(std::shared_ptr<const Project> project,
                                                 const NodeOptions& options) {
  auto node = std::unique_ptr<Node>(new Node(std::move(project), options));
  RETURN_IF_ERROR(node->OpenLog());
  RETURN_IF_ERROR(WithStateAdvice(node->OpenState(), *node->project_));
  RETURN_IF_ERROR(WithStateAdvice(node->OpenEngine(), *node->project_));
  node->OpenServices();
  return node;
}

Node::~Node() {
  Stop().IgnoreError();  // reported by whoever called Stop or WaitForEnd before
}

absl::Status Node::OpenLog() {
  const LogSpec& spec = project_->log;
  const bool power_loss = project_->state.power_loss;
  if (spec.kafka) {
    ASSIGN_OR_RETURN(log_, KafkaLog::Open({.brokers = spec.brokers,
                                           .properties = spec.properties,
                                           .clock = options_.clock,
                                           .registry = &registry_}));
    log_identity_ = absl::StrCat("kafka ", spec.brokers);
  } else {
    ASSIGN_OR_RETURN(
        std::unique_ptr<EmbeddedLog> embedded,
        EmbeddedLog::Open({.path = spec.path,
                           .durability = power_loss ? Durability::kPowerLoss : Durability::kProcess,
                           .clock = options_.clock}));
    log_identity_ = absl::StrCat("embedded ", embedded->epoch());
    enforce_retention_ = [log = embedded.get()] { return log->EnforceRetention(); };
    log_ = std::move(embedded);
  }
  return CheckSourceTopics(*project_, *log_);
}

absl::Status Node::OpenState() {
  ASSIGN_OR_RETURN(state_, OpenRocksStateStore({.path = project_->state.path,
                                                .durability = project_->state.power_loss
                                                                  ? StateDurability::kPowerLoss
                                                                  : StateDurability::kProcess,
                                                .memory_bytes = project_->state.memory_bytes / 2}));
  RETURN_IF_ERROR(CheckStateFits(*project_, log_identity_, state_.get()));
  ASSIGN_OR_RETURN(
      store_,
      OnlineStore::Open(*state_, project_->views,
                        {.shards = project_->state.shards,
                         .cache_bytes = static_cast<size_t>(project_->state.memory_bytes / 4)}));
  return absl::OkStatus();
}

absl::Status Node::OpenEngine() {
  RETURN_IF_ERROR(CreateTopics(*project_, *log_));
  ASSIGN_OR_RETURN(outbox_, Outbox::Open(*state_));
  RETURN_IF_ERROR(WithSuccessorAdvice(OpenChannels(*project_, *log_, *outbox_), *project_));
  RETURN_IF_ERROR(outbox_->Ship(*log_, outbox_->TakeUnshipped()));
  committer_ = std::make_unique<Committer>(*state_, *log_, *outbox_, *options_.clock);
  ASSIGN_OR_RETURN(
      engine_, Engine::Open({project_.get(), log_.get(), state_.get(), store_.get(), outbox_.get(),
                             committer_.get(), options_.clock, &registry_},
                            options_.mode));
  return absl::OkStatus();
}

void Node::OpenServices() {
  // "Now" of a read: the clock, but never before what was applied, so that a replay of the past
  // answers as of its own time.
  const bool simulation = options_.mode == Engine::Mode::kSimulation;
  const auto now_ms = [this, simulation]() -> int64_t {
    const int64_t stream_ms = store_->StreamTime();
    const int64_t clock_ms = ToEpochMillis(options_.clock->Now());
    if (stream_ms == INT64_MIN) return clock_ms;
    return simulation ? stream_ms + 1 : std::max(clock_ms, stream_ms + 1);
  };
  FeatureReaderOptions features{.now_ms = now_ms, .services = {}, .partitions = {}};
  for (const auto& [key, service] : project_->services) {
    features.services[service.name][service.version] = service.features;
  }
  for (const auto& view : project_->views) features.partitions.push_back(PartitionsOf(*view));
  features_ = std::make_unique<FeatureReader>(*store_, engine_->positions(), std::move(features));
  ScoredTasks tasks;
  for (int t = 0; t < static_cast<int>(project_->tasks.size()); ++t) {
    tasks[project_->tasks[t].name] = {&engine_->scorer(t), &engine_->deployment(t),
                                      MakeRecorder(t)};
  }
  scores_ =
      std::make_unique<RequestScorer>(std::move(tasks), RequestScorerOptions{.now_ms = now_ms});
  records_ = std::make_unique<LogRecords>(*log_, *options_.clock,
                                          LogRecordsOptions{.own_prefix = project_->OwnTopic("")});
  catalog_ = CatalogJson(*project_);
  log_watch_ = std::make_unique<LogWatch>(*log_, *options_.clock);
  status_ = std::make_unique<NodeStatus>(*project_, *engine_, *store_, *committer_, *log_watch_,
                                         *options_.clock, registry_);
}

// The partitions, by their place in Engine::inputs(), whose records the view is computed from.
std::vector<size_t> Node::PartitionsOf(const ViewSpec& view) const {
  std::vector<size_t> partitions;
  for (const ViewInput& input : view.inputs) {
    const std::vector<int32_t> sources = project_->TopicSources(input.source);
    for (size_t i = 0; i < engine_->inputs().size(); ++i) {
      const int32_t source = engine_->inputs()[i].source;
      if (std::find(sources.begin(), sources.end(), source) != sources.end()) {
        partitions.push_back(i);
      }
    }
  }
  return partitions;
}

DecisionRecorder Node::MakeRecorder(int task) {
  return [this, task](const OwnedValue& id, const DecisionRow& row,
                      const Deployment& deployment) -> absl::StatusOr<RecordedDecision> {
    DecisionRequest request;
    request.id = EncodeId(id.view());
    request.at_ms = row.at_ms;
    const v1::Prediction prediction =
        MakePrediction(project_->tasks[task].name, request.id, row, deployment);
    request.prediction = prediction.SerializeAsString();
    ASSIGN_OR_RETURN(const DecisionAnswer answer,
                     engine_->RecordDecision(task, std::move(request)));
    RecordedDecision recorded{id, std::nullopt};
    if (answer.duplicate && !recorded.first.emplace().ParseFromString(answer.prediction)) {
      return absl::DataLossError("the stored answer to this id does not parse");
    }
    return recorded;
  };
}

Services Node::services() {
  return {features_.get(), scores_.get(), records_.get(), status_.get(), &catalog_};
}

absl::Status Node::Serve() {
  const ServerSpec& server = project_->server;
  const NetworkTrust trust =
      server.trusted_network ? NetworkTrust::kTrustedNetwork : NetworkTrust::kLoopbackOnly;
  if (server.trusted_network) {
    LogLine(LogLevel::kWarn, "server_plaintext")
        .With("http", server.http)
        .With("grpc", server.grpc)
        .With("reason",
              "server.trusted_network is true: anyone who reaches the ports may read and write");
  }
  const size_t descriptors = RaiseDescriptorLimit();
  const ConnectionLimits limits = ConnectionsWithin(descriptors);
  if (limits.http < ConnectionLimits().http) {
    LogLine(LogLevel::kWarn, "few_descriptors")
        .With("open_files", descriptors)
        .With("http_connections", limits.http)
        .With("grpc_connections", limits.grpc)
        .With("hint", "raise the limit of open files (ulimit -Hn)");
  }
  ASSIGN_OR_RETURN(
      http_,
      HttpServer::Start({.address = server.http, .trust = trust, .max_connections = limits.http},
                        services(), registry_, *options_.clock));
  ASSIGN_OR_RETURN(
      grpc_,
      GrpcServer::Start({.address = server.grpc, .trust = trust, .max_connections = limits.grpc},
                        services(), registry_, *options_.clock));
  return absl::OkStatus();
}

void Node::Start() {
  {
    absl::MutexLock lock(&mutex_);
    started_ = true;
  }
  engine_thread_ = std::thread([this] {
    const absl::Status status = WithStateAdvice(engine_->Run(), *project_);
    if (!status.ok()) {
      LogLine(LogLevel::kError, "engine_stopped").With("error", status.ToString());
    }
    status_->EngineEnded(status);
    absl::MutexLock lock(&mutex_);
    ended_ = true;
    end_status_ = status;
  });
  housekeeper_ = std::thread([this] { Housekeep(); });
}

void Node::Housekeep() {
  for (int turn = 0;; ++turn) {
    if (turn % kPingEveryTurns == 0) engine_->SetLogReachable(log_watch_->Ask());
    if (turn % kMeasureStateEveryTurns == 0) status_->MeasureState();
    if (grpc_) grpc_->UpdateHealth();
    if (enforce_retention_ && turn % kRetentionEveryTurns == 0) {
      const absl::Status status = enforce_retention_();
      if (!status.ok()) {
        LogLine(LogLevel::kWarn, "retention_failed").With("error", status.ToString());
      }
    }
    absl::MutexLock lock(&mutex_);
    if (options_.clock->AwaitWithTimeout(mutex_, absl::Condition(&stopping_), kHousekeepEvery)) {
      return;
    }
  }
}

absl::Status Node::WaitForEnd() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(&ended_));
  return end_status_;
}

bool Node::ended() const {
  absl::MutexLock lock(&mutex_);
  return ended_;
}

absl::Status Node::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_) return end_status_;
    stopping_ = true;
  }
  if (status_) status_->Draining();
  if (engine_) engine_->positions().Close();
  const absl::Duration drain = absl::Milliseconds(project_->server.drain_ms);
  if (grpc_) {
    grpc_->UpdateHealth();
    grpc_->Drain(drain);
  }
  if (http_) http_->Drain(drain);
  if (engine_) engine_->Stop();
  if (engine_thread_.joinable()) engine_thread_.join();
  if (housekeeper_.joinable()) housekeeper_.join();
  absl::MutexLock lock(&mutex_);
  return end_status_;
}

}  // namespace millrace
