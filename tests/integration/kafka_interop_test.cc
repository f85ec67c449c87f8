// Other people's producers and consumers agree with ours: Kafka's own Java producer, and kcat.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/hashing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stream/kafka/kafka_log.h"
#include "tests/integration/kafka_broker.h"

namespace millrace {
namespace {

constexpr int32_t kPartitions = 7;
constexpr int kKeys = 40;

class KafkaInterop : public ::testing::Test {
 protected:
  void SetUp() override {
    KafkaLogOptions options;
    options.brokers = KafkaBroker::Shared().address();
    auto log = KafkaLog::Open(options);
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
    topic_ = KafkaBroker::UniqueTopic();
    const absl::Status created = log_->CreateTopic(topic_, {.partitions = kPartitions});
    ASSERT_TRUE(created.ok()) << created;
  }

  static std::string Lines() {
    std::string lines;
    for (int i = 0; i < kKeys; ++i) {
      lines += "key-" + std::to_string(i) + ":value-" + std::to_string(i) + "\n";
    }
    return lines;
  }

  // All records of the topic: key to (partition, value).
  std::map<std::string, std::pair<int32_t, std::string>> ReadAll() {
    std::vector<ReadFrom> inputs;
    for (int32_t p = 0; p < kPartitions; ++p) inputs.push_back({{topic_, p}, 0});
    auto reader = log_->OpenReader(inputs);
    EXPECT_TRUE(reader.ok()) << reader.status();
    std::map<std::string, std::pair<int32_t, std::string>> found;
    const int64_t deadline = Clock::Real().MonotonicNanos() + 60'000'000'000;
    while (found.size() < kKeys && Clock::Real().MonotonicNanos() < deadline) {
      for (size_t i = 0; i < inputs.size(); ++i) {
        RecordBatch batch;
        const auto read = (*reader)->Read(i, 1 << 20, &batch);
        EXPECT_TRUE(read.ok()) << read.status();
        for (const Record& record : batch.records()) {
          found[std::string(record.key->data(), record.key->size())] = {
              record.partition, std::string(record.value->data(), record.value->size())};
        }
      }
      (*reader)->Wait(absl::Seconds(1));
    }
    return found;
  }

  void ExpectAllWhereWePutThem() {
    const auto found = ReadAll();
    ASSERT_EQ(found.size(), size_t{kKeys});
    for (int i = 0; i < kKeys; ++i) {
      const std::string key = "key-" + std::to_string(i);
      ASSERT_TRUE(found.contains(key)) << key;
      EXPECT_EQ(found.at(key).first, PartitionOfKey(key, kPartitions)) << key;
      EXPECT_EQ(found.at(key).second, "value-" + std::to_string(i));
    }
  }

  void AppendAll() {
    for (int i = 0; i < kKeys; ++i) {
      const std::string key = "key-" + std::to_string(i);
      const std::string value = "value-" + std::to_string(i);
      const std::vector<AppendRecord> records = {{.topic = topic_, .key = key, .value = value}};
      const auto positions = log_->Append(records);
      ASSERT_TRUE(positions.ok()) << positions.status();
      EXPECT_EQ((*positions)[0].partition, PartitionOfKey(key, kPartitions)) << key;
    }
  }

  std::unique_ptr<KafkaLog> log_;
  std::string topic_;
};

TEST_F(KafkaInterop, JavaProducersPutKeysWhereWeDo) {
  KafkaBroker::Shared().Script("produce", {topic_}, Lines());
  ExpectAllWhereWePutThem();
}

#ifdef MILLRACE_KCAT

std::string Kcat(const std::string& args) {
  return std::string(MILLRACE_KCAT) + " -q -b " + KafkaBroker::Shared().address() + " " + args;
}

TEST_F(KafkaInterop, ReadsWhatKcatWrote) {
  RunCommand("printf %s " + ShellQuoted(Lines()) + " | " +
             Kcat("-P -K : -X partitioner=murmur2_random -z gzip -t " + topic_));
  ExpectAllWhereWePutThem();
}

TEST_F(KafkaInterop, KcatReadsWhatWeWrote) {
  AppendAll();
  const std::vector<Header> headers = {{"traceparent", "00-ab"}};
  const std::vector<AppendRecord> with_header = {
      {.topic = topic_, .partition = 0, .key = "last", .value = "one", .headers = headers}};
  ASSERT_TRUE(log_->Append(with_header).ok());
  const std::string read = RunCommand(Kcat("-C -e -o beginning -f '%p %k %s %h\\n' -t " + topic_));
  for (int i = 0; i < kKeys; ++i) {
    const std::string n = std::to_string(i);
    EXPECT_THAT(read, ::testing::HasSubstr(std::to_string(PartitionOfKey("key-" + n, kPartitions)) +
                                           " key-" + n + " value-" + n + " \n"));
  }
  EXPECT_THAT(read, ::testing::HasSubstr("0 last one traceparent=00-ab\n"));
}

#endif  // MILLRACE_KCAT

}  // namespace
}  // namespace millrace
