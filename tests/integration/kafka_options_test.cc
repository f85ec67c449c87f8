// What KafkaLog says without a broker.

#include <map>
#include <string>
#include <vector>

#include "core/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stream/kafka/kafka_log.h"

namespace millrace {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

using Properties = std::map<std::string, std::string>;

std::string Text(const absl::Status& status) {
  return std::string(status.message().data(), status.message().size());
}

TEST(KafkaProperties, AcceptsWhatIsTheUsersToChoose) {
  EXPECT_TRUE(KafkaLog::CheckProperties({}).ok());
  const Properties properties = {{"security.protocol", "SASL_SSL"},
                                 {"sasl.mechanisms", "SCRAM-SHA-512"},
                                 {"sasl.username", "millrace"},
                                 {"sasl.password", "secret"},
                                 {"ssl.ca.location", "/nowhere/ca.pem"},
                                 {"compression.type", "zstd"},
                                 {"linger.ms", "5"},
                                 {"batch.size", "200000"},
                                 {"message.max.bytes", "1000000"},
                                 {"fetch.wait.max.ms", "100"},
                                 {"statistics.interval.ms", "0"}};
  const absl::Status status = KafkaLog::CheckProperties(properties);
  EXPECT_TRUE(status.ok()) << status;
}

TEST(KafkaProperties, AcceptsReservedPropertiesThatSayWhatIsSoAnyway) {
  const absl::Status status = KafkaLog::CheckProperties({{"enable.idempotence", "true"},
                                                         {"acks", "-1"},
                                                         {"enable.auto.commit", "false"},
                                                         {"auto.offset.reset", "error"},
                                                         {"partitioner", "murmur2_random"}});
  EXPECT_TRUE(status.ok()) << status;
}

TEST(KafkaProperties, RefusesUnknownKeysBadValuesAndWhatWouldBreakAPromiseNamingTheKey) {
  struct Case {
    std::string key, value, reason;
  };
  const std::vector<Case> cases = {
      {"fetch.wait.max.mss", "100", "unknown"},
      {"fetch.wait.max.ms", "soon", "Invalid value"},
      {"linger.ms", "-1", "outside"},
      {"security.protocol", "tls", "Invalid value"},
      {"bootstrap.servers", "localhost:9092", "`brokers`"},
      {"group.id", "g", "no group"},
      {"enable.auto.commit", "true", "in the state"},
      {"enable.auto.offset.store", "true", "in the state"},
      {"auto.offset.reset", "earliest", "never jump"},
      {"isolation.level", "read_uncommitted", "aborted"},
      {"check.crcs", "false", "damaged"},
      {"enable.partition.eof", "false", "at the end"},
      {"allow.auto.create.topics", "true", "misspelt"},
      {"enable.idempotence", "false", "repeat and reorder"},
      {"acks", "1", "loss of a broker"},
      {"acks", "0", "loss of a broker"},
      {"partitioner", "consistent_random", "Java"},
      {"message.timeout.ms", "1000", "request_timeout"},
      {"queuing.strategy", "lifo", "order"},
      {"transactional.id", "t", "idempotent"},
      {"max.in.flight", "6", "at most 5"},
      {"retries", "0", "at least 1"},
      {"plugin.library.paths", "evil.so", "load code"},
      {"client.rack", "a", "2.1.1"},
      {"dr_msg_cb", "x", "dr_msg_cb"},
  };
  for (const Case& c : cases) {
    const absl::Status status = KafkaLog::CheckProperties({{c.key, c.value}});
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.key;
    EXPECT_THAT(Text(status), AllOf(HasSubstr("\"" + c.key + "\""), HasSubstr(c.reason)));
  }
}

TEST(KafkaProperties, TellsAllThatIsWrongAtOnce) {
  const absl::Status status =
      KafkaLog::CheckProperties({{"acks", "1"}, {"no.such.key", "1"}, {"linger.ms", "x"}});
  EXPECT_THAT(Text(status),
              AllOf(HasSubstr("acks"), HasSubstr("no.such.key"), HasSubstr("linger.ms")));
}

TEST(KafkaOpen, RefusesBadOptions) {
  KafkaLogOptions options;
  EXPECT_EQ(KafkaLog::Open(options).status().code(), absl::StatusCode::kInvalidArgument);
  options.brokers = "127.0.0.1:1";
  options.properties = {{"acks", "0"}};
  EXPECT_EQ(KafkaLog::Open(options).status().code(), absl::StatusCode::kInvalidArgument);
  // What only the whole configuration shows.
  options.properties = {{"security.protocol", "ssl"}, {"ssl.ca.location", "/no/such/file.pem"}};
  EXPECT_EQ(KafkaLog::Open(options).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(KafkaUnreachable, EveryCallEndsInTimeUnavailableNamingTheBrokersAndTheFault) {
  KafkaLogOptions options;
  options.brokers = "127.0.0.1:1";  // a port no broker has
  options.request_timeout = absl::Milliseconds(300);
  auto log = KafkaLog::Open(options);
  ASSERT_TRUE(log.ok()) << log.status();
  const std::vector<AppendRecord> records = {{.topic = "t", .key = "k", .value = "v"}};
  const int64_t start = Clock::Real().MonotonicNanos();
  const std::vector<absl::Status> statuses = {
      (*log)->Topics().status(),
      (*log)->CreateTopic("t", {}),
      (*log)->Append(records).status(),
      (*log)->Offsets({"t", 0}).status(),
      (*log)->OffsetAtTime({"t", 0}, 0).status(),
      (*log)->OpenReader({{{"t", 0}, 0}}).status(),
  };
  for (size_t i = 0; i < statuses.size(); ++i) {
    EXPECT_EQ(statuses[i].code(), absl::StatusCode::kUnavailable) << i << ": " << statuses[i];
    EXPECT_THAT(Text(statuses[i]), AllOf(HasSubstr("127.0.0.1:1"), HasSubstr("refused"))) << i;
  }
  // Six calls of 0.3 s; a busy machine may take its time, none may take librdkafka's minute.
  EXPECT_LT(absl::Nanoseconds(Clock::Real().MonotonicNanos() - start), absl::Seconds(20));
}

}  // namespace
}  // namespace millrace
