// Project: a configuration, checked and compiled: what the rest of the program works with.
// Immutable once built; thread-safe. Made by CompileProject (app/config/compile.h).

#ifndef MILLRACE_APP_PROJECT_H_
#define MILLRACE_APP_PROJECT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "app/source_spec.h"
#include "app/task_spec.h"
#include "stream/documentation.h"
#include "stream/log.h"
#include "stream/view_spec.h"

namespace millrace {

struct EntitySpec {
  std::string name;
  Documentation documentation;
  std::vector<std::string> key;  // field names, as in the sources
};

// One version of a list of features that are read together.
struct ServiceSpec {
  std::string name;
  int version = 1;
  Documentation documentation;
  std::vector<std::string> features;  // "view.feature" or "view.*"
};

struct LogSpec {
  bool kafka = false;
  std::string path;                               // embedded
  int32_t partitions = 1;                         // embedded: of a source topic made at start
  std::string brokers;                            // Kafka
  std::map<std::string, std::string> properties;  // Kafka: any librdkafka key
  TopicOptions sources;                           // retention by kind of topic
  TopicOptions predictions;
  TopicOptions examples;
};

struct StateSpec {
  std::string path;
  int64_t memory_bytes = 1 << 30;
  std::optional<int64_t> disk_bytes;  // room for it, as far as anybody said
  int32_t shards = 64;
  int64_t commit_every_ms = 5'000;
  bool power_loss = false;
};

struct ServerSpec {
  std::string http = "127.0.0.1:7470";
  std::string grpc = "127.0.0.1:7471";
  bool trusted_network = false;
  int64_t drain_ms = 5'000;
};

struct Project {
  std::string name;
  LogSpec log;
  StateSpec state;
  ServerSpec server;
  std::vector<SourceSpec> sources;
  std::vector<EntitySpec> entities;
  std::vector<std::shared_ptr<const ViewSpec>> views;
  std::map<std::string, ServiceSpec> services;  // by "name@version"
  std::vector<TaskSpec> tasks;
  // What decides the meaning of state, part by part ("sources.arrivals" → canonical text): state
  // built with another value of a part is refused, naming the part. A part called kOrderOf… lists
  // names, each with a space behind it.
  std::map<std::string, std::string> meaning;
  static constexpr absl::string_view kOrderOf = "order of ";

  // millrace.<project>.<suffix>
  std::string OwnTopic(absl::string_view suffix) const;
  // The sources with topics that the events of `source` come from: itself, or those it is derived
  // from; ascending.
  std::vector<int32_t> TopicSources(int32_t source) const;
  // 16 hexadecimal digits that name `meaning`: what a model was learned under.
  std::string MeaningDigest() const;
};

}  // namespace millrace

#endif  // MILLRACE_APP_PROJECT_H_
