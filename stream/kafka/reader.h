// KafkaReader: reads partitions of a Kafka cluster from explicit offsets on, as LogReader says.
// Internal to stream/kafka. Owned by one thread; Wake is thread-safe.
//
// One librdkafka consumer, outside any group, with a queue of its own for each partition; Read
// drains one queue with a callback for each record, the fastest way librdkafka has. The bytes live
// only inside the callback, so they are copied there, many records to one allocation. Records that
// came into an empty queue write to one event descriptor, on which Wait sleeps.

#ifndef MILLRACE_STREAM_KAFKA_READER_H_
#define MILLRACE_STREAM_KAFKA_READER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/metrics.h"
#include "stream/kafka/admin.h"
#include "stream/kafka/client.h"
#include "stream/kafka/kafka_options.h"
#include "stream/log.h"

namespace millrace {

class KafkaReader final : public LogReader {
 public:
  // REQUIRES: `admin` and what the options point to outlive the reader. Errors: as Log::OpenReader;
  // InvalidArgument when an input is there twice.
  static absl::StatusOr<std::unique_ptr<KafkaReader>> Open(const KafkaLogOptions& options,
                                                           KafkaAdmin& admin,
                                                           const std::vector<ReadFrom>& inputs);
  ~KafkaReader() override;

  absl::StatusOr<int> Read(size_t index, size_t max_bytes, RecordBatch* batch) override;
  int64_t NextOffset(size_t index) const override { return inputs_[index].next; }
  int64_t EndOffset(size_t index) const override;
  bool AtEnd(size_t index) const override { return inputs_[index].at_end; }
  void Wait(absl::Duration timeout) override;
  void Wake() override;

 private:
  struct Input {
    TopicPartition where;
    int64_t next = 0;  // the offset wanted; records below it are repeats
    bool at_end = false;
    // Once the input is broken, its answer to every Read.
    absl::Status broken;
    // What passed, to be told by the next Read that has no records.
    absl::Status passing;
    KafkaTopicHandle topic;
    KafkaQueueHandle queue;
  };
  class Draining;  // one Read

  KafkaReader(const KafkaLogOptions& options, KafkaAdmin& admin);

  static void OnMessage(rd_kafka_message_t* message, void* draining);
  // What the consumer said about the input instead of giving a record.
  absl::Status Judge(const Input& input, const rd_kafka_message_t& message, bool* passing);
  absl::Status OutOfRange(const Input& input);
  // The high watermark that came with the last records; absent before there were any.
  std::optional<int64_t> HighWatermark(const Input& input) const;
  void UpdateAtEnd(Input& input);
  absl::Status StartReading(Input& input);
  bool AnythingQueued() const;

  const KafkaLogOptions options_;
  KafkaAdmin& admin_;
  Counter* const repeated_;  // null without a registry
  int event_fd_ = -1;
  std::atomic<bool> woken_{false};
  bool brokers_lost_ = false;  // to be told by the next Read that has no records
  std::unique_ptr<KafkaClient> client_;
  KafkaQueueHandle main_queue_;
  std::vector<Input> inputs_;  // their handles go before the client
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_KAFKA_READER_H_
