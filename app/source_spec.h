// SourceSpec: a source of a project, checked and compiled. Immutable once built; thread-safe.

#ifndef MILLRACE_APP_SOURCE_SPEC_H_
#define MILLRACE_APP_SOURCE_SPEC_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stream/decode/decoder.h"
#include "stream/derivation.h"
#include "stream/documentation.h"
#include "stream/expr/expression.h"
#include "stream/history/history_file.h"
#include "stream/progress.h"
#include "stream/schema.h"

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
  TimeRule time_rule;
  int64_t future_skew_ms = 600'000;
  int64_t retention_ms = 40LL * 86'400'000;
  OnError on_error = OnError::kDeadLetter;
};

}  // namespace millrace

#endif  // MILLRACE_APP_SOURCE_SPEC_H_
