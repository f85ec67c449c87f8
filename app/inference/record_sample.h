// RecordSample: records of a topic as far as they say what the topic holds: how they are encoded,
// what stands around their rows, and the facts of the rows' fields. Owned by one thread.

#ifndef MILLRACE_APP_INFERENCE_RECORD_SAMPLE_H_
#define MILLRACE_APP_INFERENCE_RECORD_SAMPLE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "app/inference/field_facts.h"
#include "stream/log.h"

namespace millrace {

class RecordSample {
 public:
  void Add(const Record& record);

  // Whether the rows can be judged. InvalidArgument says what was seen instead of objects in JSON,
  // FailedPrecondition that there is nothing.
  absl::Status Check() const;

  // REQUIRES: Check().ok().
  const FieldFacts& rows() const { return debezium() ? changed_ : plain_; }
  // Most records are changes of database rows as Debezium writes them.
  bool debezium() const { return changes_ > plain_.objects; }
  bool cloud_events() const { return cloud_events_ > 0; }
  // All that were looked at; those without a value; those that are nothing of the kind.
  int64_t records() const { return records_; }
  int64_t tombstones() const { return tombstones_; }
  int64_t strange() const { return framed_ + foreign_ + (debezium() ? plain_.objects : changes_); }

 private:
  void AddJson(const JsonValue& value, int64_t record_ms);
  void AddForeign(const Record& record);

  int64_t records_ = 0;
  int64_t tombstones_ = 0;
  int64_t framed_ = 0;   // in Confluent's framing
  int64_t foreign_ = 0;  // neither that nor an object in JSON
  std::string foreign_example_;
  int64_t cloud_events_ = 0;
  int64_t changes_ = 0;
  FieldFacts changed_;  // rows within changes
  FieldFacts plain_;
};

// The newest records of the topic, up to `limit`, evenly from its partitions; those that come
// meanwhile do not count. May block for some seconds. Errors: those of the log.
absl::StatusOr<RecordSample> SampleTopic(Log& log, const TopicInfo& topic, int64_t limit);

}  // namespace millrace

#endif  // MILLRACE_APP_INFERENCE_RECORD_SAMPLE_H_
