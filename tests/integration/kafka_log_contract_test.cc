// KafkaLog keeps the contract of stream/log.h.

#include <memory>
#include <string>

#include "stream/kafka/kafka_log.h"
#include "tests/contract/log_contract.h"
#include "tests/integration/kafka_broker.h"

namespace millrace {
namespace {

class KafkaUnderTest final : public LogUnderTest {
 public:
  KafkaUnderTest() { Reopen(); }
  Log& log() override { return *log_; }
  void Reopen() override {
    log_.reset();
    KafkaLogOptions options;
    options.brokers = KafkaBroker::Shared().address();
    auto log = KafkaLog::Open(options);
    EXPECT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
  }
  std::string UniqueTopic() override { return KafkaBroker::UniqueTopic(); }
  size_t accepted_record_bytes() const override { return 4'000'000; }
  size_t refused_record_bytes() const override { return 5'000'000; }

 private:
  std::unique_ptr<KafkaLog> log_;
};

INSTANTIATE_TEST_SUITE_P(Kafka, LogContract,
                         ::testing::Values(LogCase{
                             "kafka", [] { return std::make_unique<KafkaUnderTest>(); }}),
                         LogCaseName());

}  // namespace
}  // namespace millrace
