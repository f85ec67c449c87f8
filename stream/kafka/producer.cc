#include "stream/kafka/producer.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/check.h"
#include "core/log_line.h"
#include "core/status_macros.h"

namespace millrace {
namespace {

using HeadersHandle = KafkaHandle<rd_kafka_headers_t, &rd_kafka_headers_destroy>;
using ErrorHandle = KafkaHandle<rd_kafka_error_t, &rd_kafka_error_destroy>;

// The longest that a caller polls before it looks whether its session was retired.
constexpr absl::Duration kPollStep = absl::Milliseconds(100);

size_t SizeOf(const AppendRecord& record) {
  size_t bytes = record.key.value_or("").size() + record.value.value_or("").size();
  for (const Header& header : record.headers) bytes += header.name.size() + header.value.size();
  return bytes;
}

// librdkafka takes a null pointer for an absent key or value, whatever the length.
void* BytesOrNull(const std::optional<absl::string_view>& bytes) {
  if (!bytes.has_value()) return nullptr;
  return const_cast<char*>(bytes->data() != nullptr ? bytes->data() : "");
}

// These tell of the failure of another record, not of this one's.
bool IsConsequence(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
         code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
}

}  // namespace

class KafkaProducer::Session {
 public:
  static absl::StatusOr<std::shared_ptr<Session>> Create(const KafkaLogOptions& options) {
    auto session = std::make_shared<Session>(*options.clock);
    ASSIGN_OR_RETURN(session->client_, KafkaClient::Create(options, ProducerProperties(options),
                                                           &Session::OnDelivery));
    return session;
  }
  explicit Session(Clock& clock) : clock_(clock) {}
  // No caller is left inside. Reports that never came never will: their calls go with the session.
  ~Session() {
    topics_.clear();
    if (client_ == nullptr) return;
    rd_kafka_purge(client_->get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                       RD_KAFKA_PURGE_F_NON_BLOCKING);
    client_.reset();
  }

  // Sends the records, `partitions[i]` for records[i], and waits for their reports. On an error the
  // session must be retired.
  absl::StatusOr<std::vector<AppendPosition>> Append(std::span<const AppendRecord> records,
                                                     std::span<const int32_t> partitions,
                                                     const KafkaDeadline& deadline);

  // Ends the waits of all callers.
  void Break() {
    absl::MutexLock lock(&mutex_);
    broken_ = true;
  }

 private:
  struct Call;
  struct Slot {  // what librdkafka gives back with a record
    Session* session;
    Call* call;
    size_t index;
  };
  struct Call {  // guarded by the session's mutex_ once a record was handed over
    std::vector<Slot> slots;
    std::vector<AppendPosition> positions;
    size_t outstanding = 0;
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;  // the most telling one
    size_t failed_index = 0;
    void Fail(size_t index, rd_kafka_resp_err_t code) {
      if (error != RD_KAFKA_RESP_ERR_NO_ERROR && !IsConsequence(error)) return;
      error = code;
      failed_index = index;
    }
  };

  static void OnDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void*);
  rd_kafka_topic_t* Topic(absl::string_view name);
  rd_kafka_resp_err_t Produce(const AppendRecord& record, rd_kafka_topic_t* topic,
                              int32_t partition, Slot* slot);
  // Serves delivery reports, or waits while another caller does. Returns when something happened
  // or a little time has passed.
  void ServeReports(const Call& call, absl::Duration longest);
  void HandOver(std::span<const AppendRecord> records, std::span<const int32_t> partitions,
                Call& call, const KafkaDeadline& deadline);
  bool Finished(const Call& call) {
    absl::MutexLock lock(&mutex_);
    return call.outstanding == 0 || broken_;
  }
  absl::StatusOr<std::vector<AppendPosition>> Result(std::span<const AppendRecord> records,
                                                     Call& call);

  Clock& clock_;
  std::unique_ptr<KafkaClient> client_;

  absl::Mutex mutex_;
  bool polling_ ABSL_GUARDED_BY(mutex_) = false;
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::string, KafkaTopicHandle> topics_ ABSL_GUARDED_BY(mutex_);
  // Calls that gave up waiting: their slots must outlive librdkafka's reports.
  std::vector<std::unique_ptr<Call>> abandoned_ ABSL_GUARDED_BY(mutex_);
};

void KafkaProducer::Session::OnDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  const Slot& slot = *static_cast<Slot*>(message->_private);
  absl::MutexLock lock(&slot.session->mutex_);
  Call& call = *slot.call;
  --call.outstanding;
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    call.Fail(slot.index, message->err);
    return;
  }
  call.positions[slot.index] = {message->partition, message->offset};
}

rd_kafka_topic_t* KafkaProducer::Session::Topic(absl::string_view name) {
  const std::string key(name.data(), name.size());
  absl::MutexLock lock(&mutex_);
  KafkaTopicHandle& topic = topics_[key];
  if (topic == nullptr) {
    topic.reset(rd_kafka_topic_new(client_->get(), key.c_str(), nullptr));
    CHECK(topic != nullptr);  // only a bad configuration fails, and this one made the client
  }
  return topic.get();
}

rd_kafka_resp_err_t KafkaProducer::Session::Produce(const AppendRecord& record,
                                                    rd_kafka_topic_t* topic, int32_t partition,
                                                    Slot* slot) {
  // The headers are handed over ready-made: when librdkafka 2.0.2 builds them itself it frees them
  // twice on an error (confluentinc/librdkafka pull request 4628).
  HeadersHandle headers;
  if (!record.headers.empty()) {
    headers.reset(rd_kafka_headers_new(record.headers.size()));
    for (const Header& header : record.headers) {
      rd_kafka_header_add(headers.get(), header.name.data(),
                          static_cast<ssize_t>(header.name.size()),
                          header.value.data() != nullptr ? header.value.data() : "",
                          static_cast<ssize_t>(header.value.size()));
    }
  }
  rd_kafka_vu_t fields[8];
  size_t count = 0;
  const auto next = [&](rd_kafka_vtype_t type) -> auto& {
    fields[count].vtype = type;
    return fields[count++].u;
  };
  next(RD_KAFKA_VTYPE_RKT).rkt = topic;
  next(RD_KAFKA_VTYPE_PARTITION).i32 = partition;
  next(RD_KAFKA_VTYPE_MSGFLAGS).i = RD_KAFKA_MSG_F_COPY;
  next(RD_KAFKA_VTYPE_KEY).mem = {BytesOrNull(record.key), record.key.value_or("").size()};
  next(RD_KAFKA_VTYPE_VALUE).mem = {BytesOrNull(record.value), record.value.value_or("").size()};
  next(RD_KAFKA_VTYPE_TIMESTAMP).i64 =
      record.timestamp_ms.has_value() ? *record.timestamp_ms : ToEpochMillis(clock_.Now());
  next(RD_KAFKA_VTYPE_OPAQUE).ptr = slot;
  if (headers != nullptr) next(RD_KAFKA_VTYPE_HEADERS).headers = headers.get();
  const ErrorHandle error(rd_kafka_produceva(client_->get(), fields, count));
  if (error != nullptr) return rd_kafka_error_code(error.get());
  static_cast<void>(headers.release());  // taken over
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

void KafkaProducer::Session::ServeReports(const Call& call, absl::Duration longest) {
  {
    absl::MutexLock lock(&mutex_);
    struct Waiting {
      Session* session;
      const Call* call;
    } waiting{this, &call};
    const auto may_go_on = +[](Waiting* w) ABSL_NO_THREAD_SAFETY_ANALYSIS {
      return !w->session->polling_ || w->session->broken_ || w->call->outstanding == 0;
    };
    clock_.AwaitWithTimeout(mutex_, absl::Condition(may_go_on, &waiting), longest);
    if (polling_ || broken_) return;
    polling_ = true;
  }
  rd_kafka_poll(client_->get(), static_cast<int>(absl::ToInt64Milliseconds(longest)));
  absl::MutexLock lock(&mutex_);
  polling_ = false;
}

void KafkaProducer::Session::HandOver(std::span<const AppendRecord> records,
                                      std::span<const int32_t> partitions, Call& call,
                                      const KafkaDeadline& deadline) {
  rd_kafka_topic_t* topic = nullptr;
  for (size_t i = 0; i < records.size(); ++i) {
    if (i == 0 || records[i].topic != records[i - 1].topic) topic = Topic(records[i].topic);
    rd_kafka_resp_err_t error = Produce(records[i], topic, partitions[i], &call.slots[i]);
    while (error == RD_KAFKA_RESP_ERR__QUEUE_FULL && !deadline.Passed() && !Finished(call)) {
      // Room comes with delivery reports, ours or others'.
      ServeReports(call, std::min(absl::Milliseconds(10), deadline.Left()));
      error = Produce(records[i], topic, partitions[i], &call.slots[i]);
    }
    if (error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION) {
      // The caller has checked that there is such a partition: this client's picture is old.
      const rd_kafka_metadata_t* metadata = nullptr;
      if (rd_kafka_metadata(client_->get(), 0, topic, &metadata, deadline.LeftMs()) ==
          RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_metadata_destroy(metadata);
      }
      error = Produce(records[i], topic, partitions[i], &call.slots[i]);
    }
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    absl::MutexLock lock(&mutex_);
    call.Fail(i, error);
    call.outstanding -= records.size() - i;
    return;
  }
}

absl::StatusOr<std::vector<AppendPosition>> KafkaProducer::Session::Append(
    std::span<const AppendRecord> records, std::span<const int32_t> partitions,
    const KafkaDeadline& deadline) {
  auto owned = std::make_unique<Call>();
  Call& call = *owned;
  call.outstanding = records.size();
  call.positions.resize(records.size());
  call.slots.resize(records.size());
  for (size_t i = 0; i < records.size(); ++i) call.slots[i] = {this, &call, i};
  HandOver(records, partitions, call, deadline);
  while (!Finished(call) && !deadline.Passed()) {
    ServeReports(call, std::min(kPollStep, deadline.Left()));
  }
  absl::MutexLock lock(&mutex_);
  if (call.outstanding == 0) return Result(records, call);
  const bool broken = broken_;
  broken_ = true;
  abandoned_.push_back(std::move(owned));
  return client_->Error(
      RD_KAFKA_RESP_ERR__TIMED_OUT, absl::StrCat("appending to \"", records[0].topic, "\""),
      broken ? "another append failed or ran out of time, and with it all that "
               "were under way; the record may or may not be in the log"
             : "not acknowledged in time; the record may or may not be in the log");
}

absl::StatusOr<std::vector<AppendPosition>> KafkaProducer::Session::Result(
    std::span<const AppendRecord> records, Call& call) {
  if (call.error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    for (size_t i = 0; i < records.size(); ++i) {
      if (call.positions[i].offset >= 0) continue;
      // Brokers answer so when they dropped a repeat that is too long ago to know its offset.
      return client_->Error(RD_KAFKA_RESP_ERR__INCONSISTENT,
                            absl::StrCat("appending to \"", records[i].topic, "\""),
                            "appended, but the broker did not say where");
    }
    return std::move(call.positions);
  }
  char text[512];
  const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(client_->get(), text, sizeof(text));
  const std::string what =
      absl::StrCat("appending record ", call.failed_index, " of ", records.size(), ", to \"",
                   records[call.failed_index].topic, "\"");
  if (!IsConsequence(call.error)) return client_->Error(call.error, what);
  return client_->Error(RD_KAFKA_RESP_ERR__FATAL, what,
                        fatal == RD_KAFKA_RESP_ERR_NO_ERROR ? "" : text);
}

KafkaProducer::KafkaProducer(const KafkaLogOptions& options, KafkaAdmin& admin)
    : options_(options),
      admin_(admin),
      max_record_bytes_(MaxRecordBytes(options)),
      restarts_(options.registry == nullptr
                    ? nullptr
                    : &options.registry->GetCounter(
                          "millrace_kafka_producer_restarts_total",
                          "Times the producer was given up after an error and made anew.")) {}

KafkaProducer::~KafkaProducer() = default;

absl::Status KafkaProducer::Check(const AppendRecord& record) const {
  const auto bytes = static_cast<int64_t>(SizeOf(record));
  if (bytes > max_record_bytes_) {
    return absl::InvalidArgumentError(
        absl::StrCat("has ", bytes, " bytes; message.max.bytes is ", max_record_bytes_));
  }
  if (record.timestamp_ms.has_value() && *record.timestamp_ms <= 0) {
    // librdkafka takes 0 for "now", and Kafka keeps no times before 1970.
    return absl::InvalidArgumentError(
        absl::StrCat("has timestamp ", *record.timestamp_ms,
                     "; Kafka keeps times from 1 ms after 1970-01-01T00:00:00Z on"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int32_t>> KafkaProducer::ChoosePartitions(
    std::span<const AppendRecord> records) {
  std::vector<int32_t> chosen;
  chosen.reserve(records.size());
  int32_t partitions = 0;
  for (size_t i = 0; i < records.size(); ++i) {
    const AppendRecord& record = records[i];
    if (const absl::Status checked = Check(record); !checked.ok()) {
      return absl::Status(checked.code(),
                          absl::StrCat("record ", i, " of ", records.size(), ", to \"",
                                       record.topic, "\", ", checked.message()));
    }
    if (i == 0 || record.topic != records[i - 1].topic) {
      ASSIGN_OR_RETURN(partitions, admin_.Partitions(record.topic));
    }
    if (record.partition.has_value()) {
      if (*record.partition < 0 || *record.partition >= partitions) {
        RETURN_IF_ERROR(admin_.CheckPartition(record.topic, *record.partition));
      }
      chosen.push_back(*record.partition);
    } else if (record.key.has_value()) {
      chosen.push_back(RD_KAFKA_PARTITION_UA);
    } else {
      chosen.push_back(static_cast<int32_t>(keyless_.fetch_add(1, std::memory_order_relaxed) %
                                            static_cast<uint32_t>(partitions)));
    }
  }
  return chosen;
}

absl::StatusOr<std::shared_ptr<KafkaProducer::Session>> KafkaProducer::CurrentSession() {
  absl::MutexLock lock(&mutex_);
  if (session_ == nullptr) {
    ASSIGN_OR_RETURN(session_, Session::Create(options_));
  }
  return session_;
}

void KafkaProducer::Retire(const std::shared_ptr<Session>& session) {
  session->Break();
  std::shared_ptr<Session> retired;  // destroyed without the lock, which may take a while
  absl::MutexLock lock(&mutex_);
  if (session_ != session) return;
  retired = std::move(session_);
  session_ = nullptr;
  if (restarts_ != nullptr) restarts_->Add();
}

absl::StatusOr<std::vector<AppendPosition>> KafkaProducer::Append(
    std::span<const AppendRecord> records) {
  if (records.empty()) return std::vector<AppendPosition>();
  const KafkaDeadline deadline(*options_.clock, options_.request_timeout);
  ASSIGN_OR_RETURN(const std::vector<int32_t> partitions, ChoosePartitions(records));
  ASSIGN_OR_RETURN(const std::shared_ptr<Session> session, CurrentSession());
  absl::StatusOr<std::vector<AppendPosition>> positions =
      session->Append(records, partitions, deadline);
  if (positions.ok()) return positions;
  LogLine(LogLevel::kWarn, "kafka_append_failed").With("error", positions.status().ToString());
  Retire(session);
  // A topic may be gone or made anew with other partitions: ask again the next time.
  for (const AppendRecord& record : records) admin_.Forget(record.topic);
  return positions;
}

}  // namespace millrace
