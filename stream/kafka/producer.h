// KafkaProducer: appends by way of an idempotent librdkafka producer that all callers share.
// Internal to stream/kafka. Thread-safe.
//
// A call hands its records over and waits for the last delivery report. One of the waiting callers
// polls librdkafka for all of them. When anything failed, or a caller ran out of time, the producer
// is retired: whoever still waits for it gets Unavailable, what it had queued is dropped, and the
// next call makes a new one. So an idempotent sequence is never continued behind a gap, and records
// of a call that has returned are not sent later on.

#ifndef MILLRACE_STREAM_KAFKA_PRODUCER_H_
#define MILLRACE_STREAM_KAFKA_PRODUCER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "core/metrics.h"
#include "stream/kafka/admin.h"
#include "stream/kafka/kafka_options.h"
#include "stream/log.h"

namespace millrace {

class KafkaProducer {
 public:
  // REQUIRES: `admin` and what the options point to outlive it.
  KafkaProducer(const KafkaLogOptions& options, KafkaAdmin& admin);
  ~KafkaProducer();

  // As Log::Append.
  absl::StatusOr<std::vector<AppendPosition>> Append(std::span<const AppendRecord> records);

 private:
  class Session;  // one librdkafka producer and the calls waiting for it

  // Size and timestamp, which can be refused before anything is sent.
  absl::Status Check(const AppendRecord& record) const;
  // Checks all records and chooses the partition to name to librdkafka for each: the given one; in
  // turn, for a record without a key; RD_KAFKA_PARTITION_UA, for librdkafka to hash the key.
  absl::StatusOr<std::vector<int32_t>> ChoosePartitions(std::span<const AppendRecord> records);
  absl::StatusOr<std::shared_ptr<Session>> CurrentSession();
  void Retire(const std::shared_ptr<Session>& session);

  const KafkaLogOptions options_;
  KafkaAdmin& admin_;
  const int64_t max_record_bytes_;
  std::atomic<uint32_t> keyless_{0};
  Counter* const restarts_;  // null without a registry

  absl::Mutex mutex_;
  std::shared_ptr<Session> session_ ABSL_GUARDED_BY(mutex_);  // null: made by the next call
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_KAFKA_PRODUCER_H_
