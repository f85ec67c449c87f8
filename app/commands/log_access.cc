#include "app/commands/log_access.h"

#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "app/commands/remote_log.h"
#include "app/workers/topics.h"
#include "core/clock.h"
#include "core/closest_name.h"
#include "core/status_macros.h"
#include "stream/dead_letter.h"
#include "stream/embedded/embedded_log.h"
#include "stream/kafka/kafka_log.h"

namespace millrace {
namespace {

constexpr absl::string_view kOwnPrefix = "millrace.";
constexpr absl::Duration kBrokerTimeout = absl::Seconds(10);
constexpr int64_t kServerStartNs = 5'000'000'000;
constexpr absl::Duration kServerStartPoll = absl::Milliseconds(100);

struct OwnKind {
  absl::string_view word;
  TopicContent content;
};
constexpr OwnKind kOwnKinds[] = {{"predictions", TopicContent::kPredictions},
                                 {"examples", TopicContent::kExamples},
                                 {"models", TopicContent::kModels}};

int OpenRemote(const GlobalOptions& global, const std::string& what, LogAccess* access) {
  const int opened = OpenApi(global, what, &access->api);
  if (opened != kExitOk) return opened;
  access->log = std::make_unique<RemoteLog>(*access->api);
  return kExitOk;
}

// True when the server of the configuration answers, and for this project: another one may have
// taken the port.
bool ServerHasLog(const GlobalOptions& global, const Project& project) {
  const auto api = ApiClient::Make(ServerUrl(global));
  if (!api.ok()) return false;
  const absl::StatusOr<std::string> served = ServedProject(**api);
  if (!served.ok()) return absl::IsAborted(served.status());  // it is starting
  return *served == project.name;
}

absl::Status OpenEmbedded(const GlobalOptions& global, const Project& project, LogUse use,
                          LogAccess* access) {
  const std::string& path = project.log.path;
  std::error_code error;
  if (use == LogUse::kRead && !std::filesystem::exists(path, error)) {
    return absl::UnavailableError(absl::StrCat(
        "there is no log in ", path, " yet: `millrace serve` or `millrace produce` makes it"));
  }
  absl::StatusOr<std::unique_ptr<EmbeddedLog>> log = EmbeddedLog::Open(
      {.path = path,
       .durability = project.state.power_loss ? Durability::kPowerLoss : Durability::kProcess});
  if (absl::IsAborted(log.status())) {
    return absl::AbortedError(absl::StrCat(
        log.status().message(), "\n  hint: no server of project '", project.name, "' answers at ",
        ServerUrl(global), "; if it listens elsewhere, name it with --server URL"));
  }
  RETURN_IF_ERROR(log.status());
  access->log = *std::move(log);
  return use == LogUse::kWrite ? CreateTopics(project, *access->log) : absl::OkStatus();
}

absl::Status OpenDirect(const GlobalOptions& global, LogUse use, LogAccess* access) {
  const Project& project = *access->project;
  if (!project.log.kafka) return OpenEmbedded(global, project, use, access);
  ASSIGN_OR_RETURN(access->log, KafkaLog::Open({.brokers = project.log.brokers,
                                                .properties = project.log.properties,
                                                .request_timeout = kBrokerTimeout}));
  return absl::OkStatus();
}

}  // namespace

int OpenLogAccess(const GlobalOptions& global, const std::string& what, LogUse use,
                  LogAccess* access) {
  if (global.server_given) {
    access->project = FindProject(global);
    return OpenRemote(global, what, access);
  }
  if (!HasConfiguration(global)) return OpenRemote(global, what, access);
  access->project = LoadProject(global);
  if (access->project == nullptr) return kExitConfig;
  if (!access->project->log.kafka && ServerHasLog(global, *access->project)) {
    return OpenRemote(global, what, access);
  }
  absl::Status status = OpenDirect(global, use, access);
  // Whoever has the log may be a server that has not opened its port yet.
  Clock& clock = Clock::Real();
  const int64_t give_up_ns = clock.MonotonicNanos() + kServerStartNs;
  while (absl::IsAborted(status) && clock.MonotonicNanos() < give_up_ns) {
    if (ServerHasLog(global, *access->project)) return OpenRemote(global, what, access);
    clock.SleepFor(kServerStartPoll);
    status = OpenDirect(global, use, access);
  }
  return status.ok() ? static_cast<int>(kExitOk) : Fail(what, status);
}

int FailLog(const std::string& what, const LogAccess& access, const absl::Status& status) {
  if (access.api != nullptr) return FailRequest(what, status);
  const int code = Fail(what, status);
  switch (status.code()) {
    case absl::StatusCode::kNotFound: return kExitUsage;
    case absl::StatusCode::kOutOfRange: return kExitData;
    default: return code;
  }
}

NamedTopic DescribeTopic(const TopicInfo& info) {
  NamedTopic topic{info};
  const absl::string_view name = info.name;
  for (const OwnKind& kind : kOwnKinds) {
    // millrace.<project>.<kind>.<task>; neither project nor task has a dot.
    const std::string middle = absl::StrCat(".", kind.word, ".");
    const size_t at = name.rfind(middle);
    if (!absl::StartsWith(name, kOwnPrefix) || at == absl::string_view::npos) continue;
    topic.content = kind.content;
    topic.task = std::string(name.substr(at + middle.size()));
    return topic;
  }
  if (absl::StartsWith(name, kOwnPrefix)) {
    topic.content = TopicContent::kOther;
  } else if (absl::EndsWith(name, DeadLetterTopic(""))) {
    topic.content = TopicContent::kDeadLetters;
  }
  return topic;
}

absl::StatusOr<NamedTopic> FindTopic(absl::string_view name, const std::vector<TopicInfo>& topics,
                                     const Project* project) {
  std::vector<std::string> known;
  std::vector<const TopicInfo*> meant;
  for (const TopicInfo& info : topics) {
    if (absl::string_view(info.name) == name) return DescribeTopic(info);
    // Whoever looks for a topic means no dead letters, however close the names are.
    if (DescribeTopic(info).content == TopicContent::kDeadLetters) continue;
    known.push_back(info.name);
    absl::string_view rest = info.name;
    const std::string prefix =
        project == nullptr ? std::string(kOwnPrefix) : absl::StrCat(kOwnPrefix, project->name, ".");
    if (!absl::ConsumePrefix(&rest, prefix)) continue;
    if (project == nullptr) rest.remove_prefix(std::min(rest.size(), rest.find('.') + 1));
    if (rest == name || rest == absl::StrCat("predictions.", name)) meant.push_back(&info);
    known.emplace_back(rest);
    if (absl::ConsumePrefix(&rest, "predictions.")) known.emplace_back(rest);
  }
  if (meant.size() == 1) return DescribeTopic(*meant[0]);
  if (meant.size() > 1) {
    return absl::NotFoundError(absl::StrCat("several projects have '", name, "': say ",
                                            meant[0]->name, " or ", meant[1]->name));
  }
  if (project != nullptr) {
    for (const SourceSpec& source : project->sources) {
      if (source.name != name && source.topic != name) continue;
      for (const TopicInfo& info : topics) {
        if (info.name == source.topic) return DescribeTopic(info);
      }
      if (!project->log.kafka || source.topic.empty()) continue;
      return absl::NotFoundError(MissingTopicText(project->log.brokers, source.topic));
    }
  }
  std::string message = absl::StrCat("there is no topic, task or source '", name, "'");
  if (const std::string close = ClosestName(name, known); !close.empty()) {
    absl::StrAppend(&message, "; did you mean '", close, "'?");
  }
  return absl::NotFoundError(absl::StrCat(message, "\n  hint: `millrace topics` lists them"));
}

}  // namespace millrace
