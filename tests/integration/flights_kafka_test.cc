// The demo on a real Kafka broker: as many of everything as on the embedded log, however the topics
// are partitioned, also when the broker goes away, and after kill -9.

#include <signal.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/random.h"
#include "gtest/gtest.h"
#include "tests/app/demo/demo_process.h"
#include "tests/integration/kafka_broker.h"

namespace millrace {
namespace {

constexpr absl::Duration kPatience = absl::Minutes(5);

std::vector<std::string> OnKafka(int partitions, const std::string& speed) {
  return {"--kafka",      KafkaBroker::Shared().address(),
          "--partitions", absl::StrCat(partitions),
          "--speed",      speed};
}

void Remove(const std::string& directory) {
  for (const char* suffix : {"", ".out", ".err"}) std::filesystem::remove_all(directory + suffix);
}

// At equal times partitions decide the order, so the sums differ in it, but nothing else.
void ExpectSame(const DemoReport& report, const DemoReport& embedded) {
  for (const char* count : {"records", "decisions", "labels", "examples", "dropped", "pending",
                            "unmatched", "dead_letters", "models_published"}) {
    EXPECT_EQ(report.Count(count), embedded.Count(count)) << count;
  }
  for (const char* learner : {"adagrad", "ftrl", "rate_table", "constant"}) {
    for (const char* metric : {"auc", "logloss", "calibration", "accuracy"}) {
      EXPECT_NEAR(report.Metric(learner, metric), embedded.Metric(learner, metric), 0.001)
          << learner << " " << metric;
    }
  }
}

class FlightsKafka : public ::testing::TestWithParam<int> {
 protected:
  FlightsKafka()
      : directory_(DemoDirectory("embedded")),
        embedded_run_(directory_, {"--speed", "max"}),
        embedded_(embedded_run_) {}
  ~FlightsKafka() override { Remove(directory_); }

  const std::string directory_;
  DemoProcess embedded_run_;
  const DemoReport embedded_;
};

TEST_P(FlightsKafka, GivesWhatTheEmbeddedLogGives) {
  const std::string directory = DemoDirectory("kafka");
  DemoProcess process(directory, OnKafka(GetParam(), "max"));
  ASSERT_TRUE(process.AwaitEnd(kPatience)) << process.Errors();
  const DemoReport report(process);
  ExpectSame(report, embedded_);
  // One partition each is the embedded log's order, so every bit is the same.
  if (GetParam() == 1) {
    EXPECT_EQ(report.text(), embedded_.text());
  }
  Remove(directory);
}

TEST_P(FlightsKafka, KilledAndRestartedGivesWhatAnUntouchedRunGives) {
  const uint64_t seed = 100 + static_cast<uint64_t>(GetParam());
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  Random random(seed);
  const std::string directory = DemoDirectory("kafka-killed");
  DemoProcess untouched(directory, OnKafka(GetParam(), "max"));
  ASSERT_TRUE(untouched.AwaitEnd(kPatience)) << untouched.Errors();
  const DemoReport expected(untouched);
  for (int kill = 0; kill < 4; ++kill) {
    DemoProcess process(directory, OnKafka(GetParam(), "max"));
    const absl::Duration moment = absl::Milliseconds(random.Between(300, 2'500));
    if (!process.AwaitEnd(moment)) process.End(SIGKILL);
  }
  DemoProcess process(directory, OnKafka(GetParam(), "max"));
  ASSERT_TRUE(process.AwaitEnd(kPatience)) << process.Errors();
  EXPECT_EQ(DemoReport(process).text(), expected.text());
  Remove(directory);
}

TEST_P(FlightsKafka, ABrokerThatDiesAndComesBackDelaysButChangesNothing) {
  const std::string directory = DemoDirectory("kafka-broker-dies");
  DemoProcess process(directory, OnKafka(GetParam(), "300000"));  // a month in nine seconds
  EXPECT_FALSE(process.AwaitEnd(absl::Seconds(4))) << process.Errors();
  KafkaBroker::Shared().Kill();
  EXPECT_FALSE(process.AwaitEnd(absl::Seconds(3))) << process.Errors();
  KafkaBroker::Shared().Restart();
  ASSERT_TRUE(process.AwaitEnd(kPatience)) << process.Errors();
  ExpectSame(DemoReport(process), embedded_);
  Remove(directory);
}

INSTANTIATE_TEST_SUITE_P(Partitions, FlightsKafka, ::testing::Values(1, 4));

}  // namespace
}  // namespace millrace
