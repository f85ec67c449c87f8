#include "stream/kafka/kafka_log.h"

#include <utility>

#include "core/status_macros.h"
#include "stream/kafka/admin.h"
#include "stream/kafka/producer.h"
#include "stream/kafka/properties.h"
#include "stream/kafka/reader.h"

namespace millrace {

absl::Status KafkaLog::CheckProperties(const std::map<std::string, std::string>& properties) {
  return CheckKafkaProperties(properties);
}

absl::StatusOr<std::unique_ptr<KafkaLog>> KafkaLog::Open(const KafkaLogOptions& options) {
  if (options.brokers.empty()) return absl::InvalidArgumentError("brokers: none given");
  RETURN_IF_ERROR(CheckKafkaProperties(options.properties));
  ASSIGN_OR_RETURN(auto admin, KafkaAdmin::Create(options));
  return std::unique_ptr<KafkaLog>(new KafkaLog(options, std::move(admin)));
}

KafkaLog::KafkaLog(const KafkaLogOptions& options, std::unique_ptr<KafkaAdmin> admin)
    : options_(options),
      admin_(std::move(admin)),
      producer_(std::make_unique<KafkaProducer>(options_, *admin_)) {}

KafkaLog::~KafkaLog() = default;

absl::StatusOr<std::vector<TopicInfo>> KafkaLog::Topics() { return admin_->Topics(); }

absl::Status KafkaLog::CreateTopic(absl::string_view topic, const TopicOptions& options) {
  return admin_->CreateTopic(topic, options);
}

absl::Status KafkaLog::DeleteTopic(absl::string_view topic) { return admin_->DeleteTopic(topic); }

absl::StatusOr<bool> KafkaLog::IsCompacted(absl::string_view topic) {
  return admin_->IsCompacted(topic);
}

absl::StatusOr<std::vector<AppendPosition>> KafkaLog::Append(
    std::span<const AppendRecord> records) {
  return producer_->Append(records);
}

size_t KafkaLog::max_record_bytes() const { return static_cast<size_t>(MaxRecordBytes(options_)); }

absl::StatusOr<OffsetRange> KafkaLog::Offsets(const TopicPartition& input) {
  return admin_->Offsets(input);
}

absl::StatusOr<int64_t> KafkaLog::OffsetAtTime(const TopicPartition& input, int64_t timestamp_ms) {
  return admin_->OffsetAtTime(input, timestamp_ms);
}

absl::Status KafkaLog::Ping() { return admin_->Ping(); }

absl::StatusOr<std::unique_ptr<LogReader>> KafkaLog::OpenReader(std::vector<ReadFrom> inputs) {
  ASSIGN_OR_RETURN(auto reader, KafkaReader::Open(options_, *admin_, inputs));
  return std::unique_ptr<LogReader>(std::move(reader));
}

}  // namespace millrace
