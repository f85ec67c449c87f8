#include "stream/kafka/client.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/log_line.h"

namespace millrace {
namespace {

absl::StatusCode CodeOf(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: return absl::StatusCode::kNotFound;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION: return absl::StatusCode::kInvalidArgument;
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET: return absl::StatusCode::kOutOfRange;
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    case RD_KAFKA_RESP_ERR_INVALID_MSG: return absl::StatusCode::kDataLoss;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED: return absl::StatusCode::kUnauthenticated;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED: return absl::StatusCode::kPermissionDenied;
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION: return absl::StatusCode::kFailedPrecondition;
    default: return absl::StatusCode::kUnavailable;
  }
}

// Nobody answered, as opposed to an answer that it is not possible now.
bool IsUnreachable(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE: return true;
    default: return false;
  }
}

}  // namespace

int KafkaDeadline::LeftMs() const {
  const absl::Duration left = std::min(Left(), absl::Hours(1));
  return static_cast<int>(std::max<int64_t>(1, absl::ToInt64Milliseconds(left)));
}

absl::StatusOr<std::unique_ptr<KafkaClient>> KafkaClient::Create(const KafkaLogOptions& options,
                                                                 const KafkaProperties& properties,
                                                                 DeliveryCallback delivery) {
  std::unique_ptr<KafkaClient> client(new KafkaClient(options));
  KafkaHandle<rd_kafka_conf_t, &rd_kafka_conf_destroy> conf(rd_kafka_conf_new());
  char error[512];
  for (const auto& [key, value] : properties) {
    if (rd_kafka_conf_set(conf.get(), key.c_str(), value.c_str(), error, sizeof(error)) !=
        RD_KAFKA_CONF_OK) {
      return absl::InvalidArgumentError(absl::StrCat("property \"", key, "\": ", error));
    }
  }
  rd_kafka_conf_set_opaque(conf.get(), client.get());
  rd_kafka_conf_set_log_cb(conf.get(), &KafkaClient::OnLog);
  rd_kafka_conf_set_error_cb(conf.get(), &KafkaClient::OnError);
  if (delivery != nullptr) rd_kafka_conf_set_dr_msg_cb(conf.get(), delivery);
  client->rk_ = rd_kafka_new(delivery != nullptr ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER,
                             conf.get(), error, sizeof(error));
  if (client->rk_ == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("Kafka properties: ", error));
  }
  static_cast<void>(conf.release());  // taken over
  return client;
}

KafkaClient::~KafkaClient() {
  if (rk_ == nullptr) return;
  // Nothing of ours is in a consumer group that would have to be left.
  rd_kafka_destroy_flags(rk_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

absl::Status KafkaClient::Error(rd_kafka_resp_err_t code, absl::string_view what,
                                absl::string_view detail) const {
  const absl::StatusCode status = CodeOf(code);
  if (IsUnreachable(code)) {
    std::string text = absl::StrCat("cannot reach Kafka at ", brokers_, "\n  ", what, ": ",
                                    detail.empty() ? rd_kafka_err2str(code) : detail);
    absl::MutexLock lock(&mutex_);
    if (!last_error_.empty()) {
      absl::StrAppend(&text, "\n  last connection error: ", last_error_);
    }
    return absl::UnavailableError(text);
  }
  std::string text = absl::StrCat(what, ": ", detail.empty() ? rd_kafka_err2str(code) : detail,
                                  " (Kafka at ", brokers_);
  if (status == absl::StatusCode::kUnavailable || status == absl::StatusCode::kUnauthenticated) {
    absl::MutexLock lock(&mutex_);
    if (!last_error_.empty()) absl::StrAppend(&text, ", last connection error: ", last_error_);
  }
  absl::StrAppend(&text, ")");
  return absl::Status(status, text);
}

void KafkaClient::OnLog(const rd_kafka_t* rk, int level, const char* facility, const char* text) {
  // CONFWARN tells a consumer of producer properties and the like: we give all to both.
  if (rk == nullptr || std::strcmp(facility, "CONFWARN") == 0) return;
  static_cast<KafkaClient*>(rd_kafka_opaque(rk))->Log(level, facility, text);
}

void KafkaClient::Log(int level, const char* facility, const char* text) {
  // FAIL lines say why a broker cannot be reached, sooner than the error callback, which waits for
  // somebody to poll.
  if (std::strcmp(facility, "FAIL") == 0) {
    absl::MutexLock lock(&mutex_);
    last_error_ = text;
  }
  const std::optional<int64_t> left_out = log_limit_.Admit();
  if (!left_out) return;
  LogLine line(level <= 3   ? LogLevel::kError
               : level <= 4 ? LogLevel::kWarn
                            : LogLevel::kInfo,
               "kafka_client");
  std::move(line).With("facility", facility).With("text", text).With("lines_left_out", *left_out);
}

void KafkaClient::OnError(rd_kafka_t*, int code, const char* reason, void* opaque) {
  KafkaClient& client = *static_cast<KafkaClient*>(opaque);
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    client.all_brokers_down_ = true;
    return;
  }
  absl::MutexLock lock(&client.mutex_);
  client.last_error_ = reason;
}

std::string KafkaName(absl::string_view topic, int32_t partition) {
  return absl::StrCat(topic, "[", partition, "]");
}

}  // namespace millrace
