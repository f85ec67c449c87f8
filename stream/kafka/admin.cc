#include "stream/kafka/admin.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/status_macros.h"

namespace millrace {
namespace {

constexpr absl::Duration kPingPatience = absl::Seconds(3);

using TopicListHandle =
    KafkaHandle<rd_kafka_topic_partition_list_t, &rd_kafka_topic_partition_list_destroy>;
using NewTopicHandle = KafkaHandle<rd_kafka_NewTopic_t, &rd_kafka_NewTopic_destroy>;
using DeleteTopicHandle = KafkaHandle<rd_kafka_DeleteTopic_t, &rd_kafka_DeleteTopic_destroy>;
using ConfigResourceHandle =
    KafkaHandle<rd_kafka_ConfigResource_t, &rd_kafka_ConfigResource_destroy>;
using AdminOptionsHandle = KafkaHandle<rd_kafka_AdminOptions_t, &rd_kafka_AdminOptions_destroy>;

constexpr const char* kInternalTopics[] = {"__consumer_offsets", "__transaction_state",
                                           "__share_group_state", "__cluster_metadata"};

constexpr absl::Duration kMetadataPause = absl::Milliseconds(20);

// A batch of one record of message.max.bytes is a little larger than the record.
constexpr int64_t kBatchOverheadBytes = 64 << 10;

const char* CleanupPolicy(const TopicOptions& options) {
  if (!options.compacted) return "delete";
  return options.retain_for == absl::InfiniteDuration() && options.retain_bytes == 0
             ? "compact"
             : "compact,delete";
}

}  // namespace

absl::StatusOr<std::unique_ptr<KafkaAdmin>> KafkaAdmin::Create(const KafkaLogOptions& options) {
  // A consumer: its metadata requests never create topics, and its offsets are of what is
  // committed.
  ASSIGN_OR_RETURN(auto client,
                   KafkaClient::Create(options, ConsumerProperties(options, 1), nullptr));
  return std::unique_ptr<KafkaAdmin>(new KafkaAdmin(options, std::move(client)));
}

absl::StatusOr<std::vector<TopicInfo>> KafkaAdmin::Topics() {
  const rd_kafka_metadata_t* metadata = nullptr;
  const rd_kafka_resp_err_t error =
      rd_kafka_metadata(client_->get(), 1, nullptr, &metadata, Deadline().LeftMs());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return client_->Error(error, "listing topics");
  std::vector<TopicInfo> topics;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic_t& topic = metadata->topics[i];
    const bool internal =
        std::any_of(std::begin(kInternalTopics), std::end(kInternalTopics),
                    [&](const char* name) { return topic.topic == absl::string_view(name); });
    // A topic that is just being deleted is listed with an error and no partitions.
    if (!internal && topic.partition_cnt > 0) {
      topics.push_back({topic.topic, topic.partition_cnt});
    }
  }
  rd_kafka_metadata_destroy(metadata);
  std::sort(topics.begin(), topics.end(),
            [](const TopicInfo& a, const TopicInfo& b) { return a.name < b.name; });
  return topics;
}

absl::Status KafkaAdmin::Ping() {
  const rd_kafka_metadata_t* metadata = nullptr;
  const KafkaDeadline deadline(*options_.clock, kPingPatience);
  // Of the topics that the client knows: the least that brokers can be asked for.
  const rd_kafka_resp_err_t error =
      rd_kafka_metadata(client_->get(), 0, nullptr, &metadata, deadline.LeftMs());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return client_->Error(error, "asking for a sign of life");
  }
  rd_kafka_metadata_destroy(metadata);
  return absl::OkStatus();
}

absl::StatusOr<KafkaAdmin::TopicState> KafkaAdmin::Describe(absl::string_view topic,
                                                            const KafkaDeadline& deadline) {
  const std::string name(topic.data(), topic.size());
  const std::string what = absl::StrCat("topic \"", topic, "\"");
  const KafkaTopicHandle handle(rd_kafka_topic_new(client_->get(), name.c_str(), nullptr));
  if (handle == nullptr) return client_->Error(rd_kafka_last_error(), what);
  const rd_kafka_metadata_t* metadata = nullptr;
  const rd_kafka_resp_err_t error =
      rd_kafka_metadata(client_->get(), 0, handle.get(), &metadata, deadline.LeftMs());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return client_->Error(error, what);
  TopicState state;
  rd_kafka_resp_err_t topic_error = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic_t& found = metadata->topics[i];
    if (found.topic != name) continue;
    topic_error = found.err;
    state.partitions = found.partition_cnt;
    state.has_leaders = std::all_of(found.partitions, found.partitions + found.partition_cnt,
                                    [](const auto& partition) { return partition.leader >= 0; });
  }
  rd_kafka_metadata_destroy(metadata);
  // Without a leader for now: the partitions are known all the same.
  if (topic_error != RD_KAFKA_RESP_ERR_NO_ERROR &&
      !(topic_error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE && state.partitions > 0)) {
    return client_->Error(topic_error, what);
  }
  return state;
}

absl::StatusOr<int32_t> KafkaAdmin::Partitions(absl::string_view topic) {
  {
    absl::MutexLock lock(&mutex_);
    const auto it = partitions_.find(std::string(topic.data(), topic.size()));
    if (it != partitions_.end()) return it->second;
  }
  return FreshPartitions(topic);
}

absl::StatusOr<int32_t> KafkaAdmin::FreshPartitions(absl::string_view topic) {
  const absl::StatusOr<TopicState> state = Describe(topic, Deadline());
  if (!state.ok()) {
    Forget(topic);
    return state.status();
  }
  absl::MutexLock lock(&mutex_);
  partitions_[std::string(topic.data(), topic.size())] = state->partitions;
  return state->partitions;
}

void KafkaAdmin::Forget(absl::string_view topic) {
  absl::MutexLock lock(&mutex_);
  partitions_.erase(std::string(topic.data(), topic.size()));
}

absl::Status KafkaAdmin::CheckPartition(absl::string_view topic, int32_t partition) {
  ASSIGN_OR_RETURN(int32_t partitions, Partitions(topic));
  if (partition >= partitions) {
    ASSIGN_OR_RETURN(partitions, FreshPartitions(topic));  // it may have been given more
  }
  if (partition >= 0 && partition < partitions) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("topic \"", topic, "\" has ", partitions,
                                                 " partitions, no partition ", partition));
}

absl::Status KafkaAdmin::CreateTopic(absl::string_view topic, const TopicOptions& options) {
  const KafkaDeadline deadline = Deadline();
  const std::string name(topic.data(), topic.size());
  absl::StatusOr<TopicState> state = Describe(topic, deadline);
  if (absl::IsNotFound(state.status())) {
    RETURN_IF_ERROR(RequestTopic(name, options, deadline));
    RETURN_IF_ERROR(AwaitTopic(name, options.partitions, deadline));
    state = Describe(topic, deadline);
  }
  RETURN_IF_ERROR(state.status());
  if (state->partitions == options.partitions) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("topic \"", topic, "\" exists with ",
                                                    state->partitions, " partitions, not ",
                                                    options.partitions));
}

template <typename Send>
absl::StatusOr<KafkaEventHandle> KafkaAdmin::Ask(rd_kafka_admin_op_t operation,
                                                 const std::string& what,
                                                 const KafkaDeadline& deadline, Send send) {
  char error[512];
  const AdminOptionsHandle options(rd_kafka_AdminOptions_new(client_->get(), operation));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), deadline.LeftMs(), error, sizeof(error));
  rd_kafka_AdminOptions_set_operation_timeout(options.get(), deadline.LeftMs(), error,
                                              sizeof(error));
  const KafkaQueueHandle queue(rd_kafka_queue_new(client_->get()));
  send(client_->get(), options.get(), queue.get());
  // librdkafka answers at its own time-out; the second on top is for a busy machine.
  KafkaEventHandle event(rd_kafka_queue_poll(queue.get(), deadline.LeftMs() + 1000));
  if (event == nullptr) return client_->Error(RD_KAFKA_RESP_ERR__TIMED_OUT, what);
  if (const auto code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return client_->Error(code, what, rd_kafka_event_error_string(event.get()));
  }
  return event;
}

template <typename Send, typename Results>
absl::Status KafkaAdmin::Request(rd_kafka_admin_op_t operation, const std::string& what,
                                 rd_kafka_resp_err_t fine, const KafkaDeadline& deadline, Send send,
                                 Results results) {
  ASSIGN_OR_RETURN(const KafkaEventHandle event, Ask(operation, what, deadline, send));
  size_t count = 0;
  const rd_kafka_topic_result_t** topics = results(event.get(), &count);
  for (size_t i = 0; i < count; ++i) {
    const rd_kafka_resp_err_t code = rd_kafka_topic_result_error(topics[i]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == fine) continue;
    const char* detail = rd_kafka_topic_result_error_string(topics[i]);
    return client_->Error(code, what, detail != nullptr ? detail : "");
  }
  return absl::OkStatus();
}

absl::Status KafkaAdmin::RequestTopic(const std::string& topic, const TopicOptions& options,
                                      const KafkaDeadline& deadline) {
  const std::string what = absl::StrCat("creating topic \"", topic, "\"");
  char error[512];
  // -1 replicas: the brokers' default.
  const NewTopicHandle request(
      rd_kafka_NewTopic_new(topic.c_str(), options.partitions, -1, error, sizeof(error)));
  if (request == nullptr) return absl::InvalidArgumentError(absl::StrCat(what, ": ", error));
  const int64_t retention_ms = options.retain_for == absl::InfiniteDuration()
                                   ? -1
                                   : absl::ToInt64Milliseconds(options.retain_for);
  const int64_t retention_bytes = options.retain_bytes == 0 ? -1 : options.retain_bytes;
  std::vector<std::pair<const char*, std::string>> configs = {
      {"retention.ms", absl::StrCat(retention_ms)},
      {"retention.bytes", absl::StrCat(retention_bytes)},
      {"cleanup.policy", CleanupPolicy(options)},
      {"max.message.bytes", absl::StrCat(MaxRecordBytes(options_) + kBatchOverheadBytes)}};
  // A retention counts from the append (stream/log.h), and a record may be dated long before it.
  if (options.retain_for != absl::InfiniteDuration()) {
    configs.emplace_back("message.timestamp.type", "LogAppendTime");
  }
  for (const auto& [key, value] : configs) {
    rd_kafka_NewTopic_set_config(request.get(), key, value.c_str());
  }
  // Somebody else may have made it since we looked: whether as we want it is checked later.
  return Request(
      RD_KAFKA_ADMIN_OP_CREATETOPICS, what, RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS, deadline,
      [&](rd_kafka_t* rk, rd_kafka_AdminOptions_t* admin_options, rd_kafka_queue_t* queue) {
        rd_kafka_NewTopic_t* requests[] = {request.get()};
        rd_kafka_CreateTopics(rk, requests, 1, admin_options, queue);
      },
      [](rd_kafka_event_t* event, size_t* count) {
        return rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event),
                                                   count);
      });
}

absl::StatusOr<bool> KafkaAdmin::IsCompacted(absl::string_view topic) {
  const std::string name(topic);
  const std::string what = absl::StrCat("settings of topic \"", topic, "\"");
  const ConfigResourceHandle resource(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str()));
  ASSIGN_OR_RETURN(
      const KafkaEventHandle event,
      Ask(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, what, Deadline(),
          [&](rd_kafka_t* rk, rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
            rd_kafka_ConfigResource_t* resources[] = {resource.get()};
            rd_kafka_DescribeConfigs(rk, resources, 1, options, queue);
          }));
  size_t count = 0;
  const rd_kafka_ConfigResource_t** described = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  if (count != 1) return absl::InternalError(absl::StrCat(what, ": no answer about it"));
  if (const auto code = rd_kafka_ConfigResource_error(described[0]);
      code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return client_->Error(code, what);
  }
  const rd_kafka_ConfigEntry_t** entries = rd_kafka_ConfigResource_configs(described[0], &count);
  for (size_t i = 0; i < count; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    if (value == nullptr ||
        rd_kafka_ConfigEntry_name(entries[i]) != absl::string_view("cleanup.policy")) {
      continue;
    }
    return absl::StrContains(value, "compact");
  }
  return false;
}

absl::Status KafkaAdmin::DeleteTopic(absl::string_view topic) {
  const KafkaDeadline deadline = Deadline();
  const std::string name(topic.data(), topic.size());
  const std::string what = absl::StrCat("deleting topic \"", topic, "\"");
  const DeleteTopicHandle request(rd_kafka_DeleteTopic_new(name.c_str()));
  Forget(topic);
  RETURN_IF_ERROR(Request(
      RD_KAFKA_ADMIN_OP_DELETETOPICS, what, RD_KAFKA_RESP_ERR_NO_ERROR, deadline,
      [&](rd_kafka_t* rk, rd_kafka_AdminOptions_t* admin_options, rd_kafka_queue_t* queue) {
        rd_kafka_DeleteTopic_t* requests[] = {request.get()};
        rd_kafka_DeleteTopics(rk, requests, 1, admin_options, queue);
      },
      [](rd_kafka_event_t* event, size_t* count) {
        return rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event),
                                                   count);
      }));
  // As with a new topic, the brokers learn of it a little later.
  while (true) {
    const absl::StatusOr<TopicState> state = Describe(topic, deadline);
    if (absl::IsNotFound(state.status())) break;
    if (deadline.Passed()) return client_->Error(RD_KAFKA_RESP_ERR__TIMED_OUT, what);
    options_.clock->SleepFor(kMetadataPause);
  }
  Forget(topic);  // somebody may have asked meanwhile
  return absl::OkStatus();
}

// The controller has made the topic; the brokers learn of it and choose leaders a little later.
absl::Status KafkaAdmin::AwaitTopic(const std::string& topic, int32_t partitions,
                                    const KafkaDeadline& deadline) {
  while (true) {
    const absl::StatusOr<TopicState> state = Describe(topic, deadline);
    if (state.ok() && (state->has_leaders || state->partitions != partitions)) {
      return absl::OkStatus();
    }
    if (!state.ok() && !absl::IsNotFound(state.status()) && !absl::IsUnavailable(state.status())) {
      return state.status();
    }
    if (deadline.Passed()) {
      return client_->Error(RD_KAFKA_RESP_ERR__TIMED_OUT,
                            absl::StrCat("topic \"", topic, "\" was created but has no leaders"));
    }
    options_.clock->SleepFor(kMetadataPause);
  }
}

// A partition's leader may be new, or move: the broker asked then is not it, for a moment.
template <typename Query>
rd_kafka_resp_err_t KafkaAdmin::AskLeader(const KafkaDeadline& deadline, Query query) {
  while (true) {
    const rd_kafka_resp_err_t error = query();
    const bool moving = error == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
                        error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    if (!moving || deadline.Passed()) return error;
    options_.clock->SleepFor(kMetadataPause);
  }
}

absl::StatusOr<OffsetRange> KafkaAdmin::Offsets(const TopicPartition& input) {
  const KafkaDeadline deadline = Deadline();
  RETURN_IF_ERROR(CheckPartition(input.topic, input.partition));
  OffsetRange range;
  const rd_kafka_resp_err_t error = AskLeader(deadline, [&] {
    return rd_kafka_query_watermark_offsets(client_->get(), input.topic.c_str(), input.partition,
                                            &range.begin, &range.end, deadline.LeftMs());
  });
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return range;
  Forget(input.topic);
  return client_->Error(error,
                        absl::StrCat("offsets of ", KafkaName(input.topic, input.partition)));
}

absl::StatusOr<int64_t> KafkaAdmin::OffsetAtTime(const TopicPartition& input,
                                                 int64_t timestamp_ms) {
  const KafkaDeadline deadline = Deadline();
  RETURN_IF_ERROR(CheckPartition(input.topic, input.partition));
  if (timestamp_ms < 0) {
    // Kafka keeps no earlier times and gives negative ones a meaning of their own.
    ASSIGN_OR_RETURN(const OffsetRange range, Offsets(input));
    return range.begin;
  }
  const TopicListHandle times(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(times.get(), input.topic.c_str(), input.partition);
  const rd_kafka_resp_err_t error = AskLeader(deadline, [&] {
    times->elems[0].offset = timestamp_ms;
    const rd_kafka_resp_err_t asked =
        rd_kafka_offsets_for_times(client_->get(), times.get(), deadline.LeftMs());
    return asked == RD_KAFKA_RESP_ERR_NO_ERROR ? times->elems[0].err : asked;
  });
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    Forget(input.topic);
    return client_->Error(
        error, absl::StrCat("offset by time of ", KafkaName(input.topic, input.partition)));
  }
  if (times->elems[0].offset >= 0) return times->elems[0].offset;
  ASSIGN_OR_RETURN(const OffsetRange range, Offsets(input));
  return range.end;
}

}  // namespace millrace
