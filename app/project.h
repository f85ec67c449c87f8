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

#include "core/value.h"
#include "learners/registry.h"
#include "stream/decode/decoder.h"
#include "stream/derivation.h"
#include "stream/documentation.h"
#include "stream/expr/expression.h"
#include "stream/history/history_file.h"
#include "stream/label_join.h"
#include "stream/log.h"
#include "stream/schema.h"
#include "stream/view_spec.h"

namespace millrace {

enum class OnError : uint8_t { kDeadLetter, kSkip, kStop };

// What a source makes of the events of another.
struct SourceBase {
  int32_t source = 0;
  std::shared_ptr<const Derivation> derivation;
};

// A field that records get: what a feature says of the entity that the record names, as of the
// record's event time.
struct SourceLookup {
  std::string view_name;
  std::string field;
  int32_t view = 0;
  int feature = 0;                                     // index into the view
  std::vector<std::shared_ptr<const Expression>> key;  // by key field, over the decoded fields
  std::string key_text;  // of those expressions; empty: the fields of the key's names
};

// The entity by whose key a topic is partitioned.
struct PartitionedBy {
  std::string entity;
  std::vector<int> key_fields;  // indices into the source's schema
};

// Files that are read before a topic.
struct HistorySpec {
  std::string files;  // pattern
  HistoryFormat format = HistoryFormat::kJsonLines;
  // What was inserted before is in the files, what was then or later is in the topic.
  int64_t until_ms = 0;
};
// The partition that the files of a source are: beyond those of any topic.
inline constexpr int32_t kHistoryPartition = 1 << 20;

// A source has a topic, or it is derived from others: then its events are functions of theirs, with
// their event time, offset and partition (of n bases the i-th has partitions p * n + i of it), and
// what is said below of topics and records is that of its bases.
struct SourceSpec {
  std::string name;
  Documentation documentation;
  std::string topic;  // empty: derived
  std::vector<SourceBase> bases;
  DecoderOptions decoder;
  std::string format = "json";
  std::vector<SourceLookup> lookups;  // their fields stand after the decoded ones
  // How long a record waits for what the looked-up views are computed from.
  int64_t align_timeout_ms = 5'000;
  std::optional<PartitionedBy> partitioned_by;
  // What that row becomes; null: it is the event as it is.
  std::shared_ptr<const Derivation> derivation;
  Schema schema;  // of the events
  // Its records may take back what earlier ones said.
  bool retracts = false;
  // The id of a record, over the decoded fields. Null with dedup_ms: the envelope's.
  std::shared_ptr<const Expression> id;
  // A record of the same id whose event time is no further away is a duplicate.
  std::optional<int64_t> dedup_ms;
  // What is dated beyond the skew is kept, but moves time no further than it.
  bool keep_future = false;
  std::optional<HistorySpec> history;
  std::string shape_text;  // of the keys that make the above, for `meaning`
  int64_t out_of_order_ms = 0;
  int64_t future_skew_ms = 600'000;
  int64_t retention_ms = 40LL * 86'400'000;
  OnError on_error = OnError::kDeadLetter;
};

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

// Features of one view that a task reads, for one entity.
struct TaskFeatureRead {
  int32_t view = 0;
  std::vector<int> key_slots;  // by key field of the view: slot of the decision that holds it
  std::vector<int> features;   // indices into the view
  std::vector<int> slots;      // parallel to features: where their values go
  // Where features count or use the decision's own values: by field of ViewSpec::request the slot
  // of the decision, or -1. Empty: none does.
  std::vector<int> request_slots;
};

// An input of the task: a slot as it is, or an expression over the slots.
struct TaskInput {
  std::string name;
  Type type = Type::kNull;
  int slot = -1;  // -1: the expression
  std::shared_ptr<const Expression> expression;
  std::string expression_text;
};

struct LabelSource {
  int32_t source = 0;
  std::shared_ptr<const Expression> value;  // of the label's record; null for `count: "*"`
  int id_field = 0;                         // in the source's schema
};

struct LabelSpec {
  LabelAggregation aggregation = LabelAggregation::kLast;
  std::vector<LabelSource> sources;
  std::string value_text;  // of the expression, or "*"
  int64_t within_ms = 0;
  // What a decision without a label record gets; nullopt: it is dropped.
  std::optional<OwnedValue> empty;
};

struct TaskLearner {
  std::string name;
  const LearnerType* type = nullptr;
  LearnerOptions options;
};

enum class TaskKind : uint8_t { kBinary };

// A decision is a row of slots: first the fields of the trigger (the record's schema or the
// request's fields), then `at` (its time, a timestamp), then the features read.
struct TaskSpec {
  std::string name;
  Documentation documentation;
  TaskKind kind = TaskKind::kBinary;
  std::optional<int32_t> trigger_source;            // absent: the trigger is `request`
  std::shared_ptr<const Expression> trigger_where;  // over the trigger's fields; may be null
  std::string trigger_where_text;
  Schema request;    // fields of a decision (the record's schema, or `request:`)
  int id_slot = -1;  // -1: `assigned` (topic/partition/offset)
  int64_t align_timeout_ms = 5'000;
  std::vector<ScopeField> slots;
  int at_slot = 0;
  std::vector<TaskFeatureRead> reads;
  std::vector<TaskInput> inputs;
  LabelSpec label;
  std::vector<TaskLearner> learners;  // in file order; baselines that always run come last
  int champion = 0;                   // index into learners
  int64_t publish_every_ms = 1'000;
  uint64_t publish_min_examples = 1;
  int64_t publish_max_delay_ms = 60'000;

  std::vector<InputField> InputFields() const {
    std::vector<InputField> fields;
    for (const TaskInput& input : inputs) fields.push_back({input.name, input.type});
    return fields;
  }
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
  // built with another value of a part is refused, naming the part.
  std::map<std::string, std::string> meaning;

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
