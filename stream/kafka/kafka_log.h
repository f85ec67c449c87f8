// KafkaLog: a Kafka cluster behind the port of stream/log.h, by way of librdkafka.
//
// What it promises beyond the port:
// - Append is idempotent: librdkafka's own retries neither repeat nor reorder nor leave a gap. Only
//   after an error was returned may the caller's new attempt repeat records.
// - Keyed records go where Java producers put them (murmur2).
// - A reader gives committed records only, verifies checksums, never jumps: an offset that is no
//   longer or not yet in the log is OutOfRange. Offsets used up by transaction markers or
//   compaction are passed over, so they need not be dense. A record seen before is dropped and
//   counted.
// - When all brokers are lost, one Read of each reader says Unavailable, once for each loss; until
//   they are back further Reads say that nothing is there, and reading goes on by itself.
// - A record's append_ms is its timestamp, whichever type the topic uses: with CreateTime a
//   producer's wrong clock is believed. Live topics should use LogAppendTime.
// - Topics it creates have as many replicas as the brokers' default and take records of up to
//   message.max.bytes (4 MiB unless set). Topics are never created by reading or writing.
//
// Every call ends within request_timeout; Unavailable names the brokers and the last thing that
// went wrong in reaching them. No threads besides librdkafka's own. Thread-safe; a reader is owned
// by one thread. Offsets are never committed to Kafka: positions belong to the caller's state.

#ifndef MILLRACE_STREAM_KAFKA_KAFKA_LOG_H_
#define MILLRACE_STREAM_KAFKA_KAFKA_LOG_H_

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "stream/kafka/kafka_options.h"
#include "stream/log.h"

namespace millrace {

class KafkaAdmin;
class KafkaProducer;

class KafkaLog final : public Log {
 public:
  // Checks the options; does not wait for the brokers, so that a program may start before them.
  // Errors: InvalidArgument, as CheckProperties or for what only a whole configuration shows (a
  // certificate that is not there).
  static absl::StatusOr<std::unique_ptr<KafkaLog>> Open(const KafkaLogOptions& options);

  // InvalidArgument naming every key that librdkafka does not know, every value it does not take
  // and every property that would break a promise above, with the reason. Needs no broker.
  static absl::Status CheckProperties(const std::map<std::string, std::string>& properties);

  ~KafkaLog() override;

  absl::StatusOr<std::vector<TopicInfo>> Topics() override;
  absl::Status CreateTopic(absl::string_view topic, const TopicOptions& options) override;
  absl::Status DeleteTopic(absl::string_view topic) override;
  absl::StatusOr<std::vector<AppendPosition>> Append(
      std::span<const AppendRecord> records) override;
  size_t max_record_bytes() const override;
  absl::StatusOr<OffsetRange> Offsets(const TopicPartition& input) override;
  // Compares what the topic calls a record's timestamp: append times with LogAppendTime.
  absl::StatusOr<bool> IsCompacted(absl::string_view topic) override;
  absl::StatusOr<int64_t> OffsetAtTime(const TopicPartition& input, int64_t timestamp_ms) override;
  absl::Status Ping() override;
  absl::StatusOr<std::unique_ptr<LogReader>> OpenReader(std::vector<ReadFrom> inputs) override;

 private:
  KafkaLog(const KafkaLogOptions& options, std::unique_ptr<KafkaAdmin> admin);

  const KafkaLogOptions options_;
  const std::unique_ptr<KafkaAdmin> admin_;
  const std::unique_ptr<KafkaProducer> producer_;
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_KAFKA_KAFKA_LOG_H_
