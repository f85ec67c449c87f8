#include "stream/kafka/properties.h"

#include <algorithm>
#include <memory>
#include <vector>

#include <librdkafka/rdkafka.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace millrace {
namespace {

constexpr int64_t kDefaultMaxRecordBytes = int64_t{4} << 20;

// A property that is not the user's to choose. `allowed` lists the values that change nothing,
// '|' between them; empty: it must not be set at all.
struct Reserved {
  const char* key;
  const char* allowed;
  const char* reason;
};

constexpr Reserved kReserved[] = {
    {"bootstrap.servers", "", "the brokers stand in `brokers`"},
    {"metadata.broker.list", "", "the brokers stand in `brokers`"},
    {"group.id", "", "readers start from positions in the state and join no group"},
    {"group.instance.id", "", "readers start from positions in the state and join no group"},
    {"enable.auto.commit", "false", "positions are kept in the state, not in Kafka"},
    {"auto.commit.enable", "false", "positions are kept in the state, not in Kafka"},
    {"enable.auto.offset.store", "false", "positions are kept in the state, not in Kafka"},
    {"auto.offset.reset", "error", "a reader out of range must say so, never jump"},
    {"isolation.level", "read_committed", "records of aborted transactions never happened"},
    {"check.crcs", "true", "damaged records must be detected"},
    {"enable.partition.eof", "true", "readers must know when they are at the end"},
    {"allow.auto.create.topics", "false", "a misspelt topic must be an error, not a new topic"},
    {"enable.idempotence", "true", "without it retries repeat and reorder records"},
    {"enable.gapless.guarantee", "true", "a failed record must not be followed by later ones"},
    {"acks", "all|-1", "an acknowledged record must survive the loss of a broker"},
    {"request.required.acks", "all|-1", "an acknowledged record must survive the loss of a broker"},
    {"partitioner", "murmur2_random", "keys must go where Java producers put them"},
    {"message.timeout.ms", "0", "request_timeout bounds an append"},
    {"delivery.timeout.ms", "0", "request_timeout bounds an append"},
    {"queuing.strategy", "fifo", "records must keep their order"},
    {"transactional.id", "", "appends are idempotent without transactions"},
    {"log.queue", "false", "librdkafka's log lines would go nowhere"},
    {"plugin.library.paths", "", "a configuration must not load code"},
};

using ConfPtr = std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)>;

bool Allowed(const Reserved& reserved, const std::string& value) {
  if (*reserved.allowed == '\0') return false;
  const std::vector<std::string> allowed = absl::StrSplit(reserved.allowed, '|');
  return std::find(allowed.begin(), allowed.end(), value) != allowed.end();
}

// What is wrong with the property, or nothing.
std::string Problem(rd_kafka_conf_t* conf, const std::string& key, const std::string& value) {
  for (const Reserved& reserved : kReserved) {
    if (key != reserved.key) continue;
    if (Allowed(reserved, value)) return "";
    return absl::StrCat(
        "property \"", key, "\" ",
        *reserved.allowed == '\0'
            ? "cannot be set"
            : absl::StrCat("can only be ",
                           absl::StrJoin(absl::StrSplit(reserved.allowed, '|'), " or ")),
        ": ", reserved.reason);
  }
  // Fetching from the nearest replica aborts the process before 2.1.1 (confluentinc/librdkafka
  // issues 4195 and 4254).
  if (key == "client.rack" && rd_kafka_version() < 0x020101ff) {
    return absl::StrCat("property \"client.rack\" cannot be set: librdkafka ",
                        rd_kafka_version_str(), " crashes with it, 2.1.1 does not");
  }
  char error[512];
  switch (rd_kafka_conf_set(conf, key.c_str(), value.c_str(), error, sizeof(error))) {
    case RD_KAFKA_CONF_UNKNOWN:
      return absl::StrCat("property \"", key, "\" is unknown to librdkafka ",
                          rd_kafka_version_str());
    case RD_KAFKA_CONF_INVALID: return absl::StrCat("property \"", key, "\": ", error);
    case RD_KAFKA_CONF_OK: break;
  }
  int64_t number = 0;
  if ((key == "max.in.flight" || key == "max.in.flight.requests.per.connection") &&
      absl::SimpleAtoi(value, &number) && number > 5) {
    return absl::StrCat("property \"", key, "\" can be at most 5: brokers remember no more ",
                        "requests when they drop repeats");
  }
  if ((key == "retries" || key == "message.send.max.retries") && absl::SimpleAtoi(value, &number) &&
      number < 1) {
    return absl::StrCat("property \"", key, "\" must be at least 1: without retries a passing ",
                        "fault fails an append");
  }
  return "";
}

// Ours first, so that the user's win; what is reserved was checked to be equal.
KafkaProperties WithUsers(const KafkaLogOptions& options, KafkaProperties properties) {
  properties["bootstrap.servers"] = options.brokers;
  properties["client.id"] = options.client_id;
  properties["socket.nagle.disable"] = "true";
  properties["socket.keepalive.enable"] = "true";
  properties["reconnect.backoff.max.ms"] = "1000";
  properties["topic.metadata.refresh.interval.ms"] = "60000";
  properties["allow.auto.create.topics"] = "false";
  properties["log_level"] = "4";  // warnings
  for (const auto& [key, value] : options.properties) properties[key] = value;
  return properties;
}

}  // namespace

absl::Status CheckKafkaProperties(const KafkaProperties& properties) {
  const ConfPtr conf(rd_kafka_conf_new(), &rd_kafka_conf_destroy);
  std::vector<std::string> problems;
  for (const auto& [key, value] : properties) {
    std::string problem = Problem(conf.get(), key, value);
    if (!problem.empty()) problems.push_back(std::move(problem));
  }
  if (problems.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(problems, "; "));
}

KafkaProperties ConsumerProperties(const KafkaLogOptions& options, int64_t partitions) {
  // The queue of a partition holds half its share: librdkafka hands a queue over as a whole and may
  // fill it again meanwhile. The bounds are librdkafka's.
  const int64_t queue_kbytes = std::clamp<int64_t>(
      options.read_buffer_bytes / (2 * std::max<int64_t>(partitions, 1)) / 1024, 64, 2097151);
  return WithUsers(options,
                   {{"enable.auto.commit", "false"},
                    {"enable.auto.offset.store", "false"},
                    {"auto.offset.reset", "error"},
                    {"isolation.level", "read_committed"},
                    {"check.crcs", "true"},
                    {"enable.partition.eof", "true"},
                    // Bytes bound the queue, not a count of records: see read_buffer_bytes.
                    {"queued.min.messages", "10000000"},
                    {"queued.max.messages.kbytes", absl::StrCat(queue_kbytes)},
                    {"fetch.min.bytes", "1"},
                    {"fetch.wait.max.ms", "500"},
                    {"fetch.error.backoff.ms", "100"},
                    {"fetch.message.max.bytes", absl::StrCat(8 << 20)},
                    {"fetch.max.bytes", absl::StrCat(64 << 20)},
                    {"receive.message.max.bytes", absl::StrCat((64 << 20) + (1 << 20))}});
}

KafkaProperties ProducerProperties(const KafkaLogOptions& options) {
  return WithUsers(options, {{"enable.idempotence", "true"},
                             {"enable.gapless.guarantee", "true"},
                             {"acks", "all"},
                             {"partitioner", "murmur2_random"},
                             // Append keeps its own deadline; a record that librdkafka gave up on
                             // would leave a gap.
                             {"message.timeout.ms", "0"},
                             {"linger.ms", "2"},
                             {"compression.type", "lz4"},
                             {"message.max.bytes", absl::StrCat(kDefaultMaxRecordBytes)},
                             {"queue.buffering.max.messages", "1000000"},
                             {"queue.buffering.max.kbytes", "131072"}});
}

int64_t MaxRecordBytes(const KafkaLogOptions& options) {
  int64_t bytes = kDefaultMaxRecordBytes;
  if (const auto it = options.properties.find("message.max.bytes");
      it != options.properties.end() && !absl::SimpleAtoi(it->second, &bytes)) {
    bytes = kDefaultMaxRecordBytes;
  }
  return bytes;
}

}  // namespace millrace
