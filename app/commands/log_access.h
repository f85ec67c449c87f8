// LogAccess: the log that topics, tail and produce work on: through a running server, or opened
// directly. And what their users may call a topic.

#ifndef MILLRACE_APP_COMMANDS_LOG_ACCESS_H_
#define MILLRACE_APP_COMMANDS_LOG_ACCESS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "app/commands/api_client.h"
#include "app/commands/command.h"
#include "app/project.h"
#include "stream/log.h"

namespace millrace {

struct LogAccess {
  std::shared_ptr<const Project> project;  // null when there is no configuration here
  std::unique_ptr<ApiClient> api;          // null when the log is opened directly
  std::unique_ptr<Log> log;
};

enum class LogUse : uint8_t { kRead, kWrite };

// Opens the log of the configuration: on Kafka directly; an embedded one through the server that
// has it open, if that answers, else directly, and for writing with the topics that a server would
// make. With --server, or without a configuration, through the server. An embedded log that another
// process has open is waited for some seconds: that may be a server at its start. Returns the exit
// code; unless that is 0 it has said why.
int OpenLogAccess(const GlobalOptions& global, const std::string& what, LogUse use,
                  LogAccess* access);

// Says what went wrong with the log: as FailRequest or Fail; a topic that is not there is wrong
// usage.
int FailLog(const std::string& what, const LogAccess& access, const absl::Status& status);

// What the values of a topic are.
enum class TopicContent : uint8_t {
  kRecords,
  kDeadLetters,
  kPredictions,
  kExamples,
  kModels,
  kOther
};

struct NamedTopic {
  TopicInfo info;
  TopicContent content = TopicContent::kRecords;
  std::string task;  // of predictions, examples and models
};

// The content of a topic by its name.
NamedTopic DescribeTopic(const TopicInfo& info);

// The topic meant by `name`: a topic's own name, "predictions.<task>" and the like without the
// prefix, a task for its predictions, or a source of the project. `project` may be null: then the
// only project that has it. NotFound with a suggestion.
absl::StatusOr<NamedTopic> FindTopic(absl::string_view name, const std::vector<TopicInfo>& topics,
                                     const Project* project);

}  // namespace millrace

#endif  // MILLRACE_APP_COMMANDS_LOG_ACCESS_H_
