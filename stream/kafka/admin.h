// KafkaAdmin: questions to the brokers about topics and offsets, and the making of topics.
// Internal to stream/kafka. Thread-safe. Every call is bounded by request_timeout.

#ifndef MILLRACE_STREAM_KAFKA_ADMIN_H_
#define MILLRACE_STREAM_KAFKA_ADMIN_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "stream/kafka/client.h"
#include "stream/log.h"

namespace millrace {

using KafkaEventHandle = KafkaHandle<rd_kafka_event_t, &rd_kafka_event_destroy>;

class KafkaAdmin {
 public:
  static absl::StatusOr<std::unique_ptr<KafkaAdmin>> Create(const KafkaLogOptions& options);

  // As Log. Kafka's own topics are left out.
  absl::StatusOr<std::vector<TopicInfo>> Topics();
  absl::Status CreateTopic(absl::string_view topic, const TopicOptions& options);
  absl::Status DeleteTopic(absl::string_view topic);
  absl::StatusOr<bool> IsCompacted(absl::string_view topic);
  absl::StatusOr<OffsetRange> Offsets(const TopicPartition& input);
  absl::Status Ping();
  absl::StatusOr<int64_t> OffsetAtTime(const TopicPartition& input, int64_t timestamp_ms);

  // How many partitions the topic has. The answer is kept: it is asked for each append. NotFound
  // is never kept.
  absl::StatusOr<int32_t> Partitions(absl::string_view topic);
  // The same, asking the brokers again.
  absl::StatusOr<int32_t> FreshPartitions(absl::string_view topic);
  // Forgets what is kept of the topic: something said that it is gone.
  void Forget(absl::string_view topic);

  // OK, InvalidArgument when the topic has no such partition, NotFound when there is no such topic.
  absl::Status CheckPartition(absl::string_view topic, int32_t partition);

 private:
  struct TopicState {
    int32_t partitions = 0;
    bool has_leaders = false;  // of all partitions
  };

  KafkaAdmin(const KafkaLogOptions& options, std::unique_ptr<KafkaClient> client)
      : options_(options), client_(std::move(client)) {}

  KafkaDeadline Deadline() const { return {*options_.clock, options_.request_timeout}; }
  absl::StatusOr<TopicState> Describe(absl::string_view topic, const KafkaDeadline& deadline);
  absl::Status RequestTopic(const std::string& topic, const TopicOptions& options,
                            const KafkaDeadline& deadline);
  // Sends one admin request by `send(client, options, queue)` and waits for the brokers' answer.
  template <typename Send>
  absl::StatusOr<KafkaEventHandle> Ask(rd_kafka_admin_op_t operation, const std::string& what,
                                       const KafkaDeadline& deadline, Send send);
  // The same, where `results` picks the list of topics of the answer. OK also for a topic whose
  // error is `fine`.
  template <typename Send, typename Results>
  absl::Status Request(rd_kafka_admin_op_t operation, const std::string& what,
                       rd_kafka_resp_err_t fine, const KafkaDeadline& deadline, Send send,
                       Results results);
  template <typename Query>
  rd_kafka_resp_err_t AskLeader(const KafkaDeadline& deadline, Query query);
  absl::Status AwaitTopic(const std::string& topic, int32_t partitions,
                          const KafkaDeadline& deadline);

  const KafkaLogOptions options_;
  const std::unique_ptr<KafkaClient> client_;

  absl::Mutex mutex_;
  std::map<std::string, int32_t> partitions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_KAFKA_ADMIN_H_
