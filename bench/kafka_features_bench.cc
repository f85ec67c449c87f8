// From a Kafka topic to readable, durable features: JSON payments of 175 bytes, 100 thousand users
// by Zipf's law (exponent 1.1) over 26 hours of event time, 4 partitions; 12 features per user
// (kafka_features.yaml). Each round runs `millrace serve --until-caught-up` on an empty state, and
// librdkafka that only counts the records, as the ceiling; the broker shares the machine.
//
//   kafka_features_bench PATH/millrace kafka_features.yaml [records] [rounds]

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/raw_kafka.h"
#include "core/hashing.h"
#include "core/random.h"
#include "gtest/gtest.h"
#include "tests/integration/kafka_broker.h"

namespace millrace {
namespace {

constexpr const char* kTopic = "bench.payments";
constexpr int32_t kPartitions = 4;

// Writes the payments; returns their mean size.
double Fill(Log& log, int64_t records) {
  constexpr int kUsers = 100'000;
  constexpr int64_t kStartMs = 1'699'999'200'000;
  constexpr double kSpanMs = 26 * 3'600'000.0;
  constexpr const char* kTypes[] = {"purchase", "refund", "transfer", "withdrawal"};
  std::vector<double> up_to(kUsers);
  double total = 0;
  for (int i = 0; i < kUsers; ++i) up_to[i] = total += std::pow(i + 1, -1.1);
  Random random(42);
  int64_t bytes = 0;
  constexpr int64_t kPerCall = 20'000;
  for (int64_t done = 0; done < records; done += kPerCall) {
    const int64_t count = std::min(kPerCall, records - done);
    std::vector<std::string> keys, values;
    for (int64_t i = 0; i < count; ++i) {
      const auto user = std::lower_bound(up_to.begin(), up_to.end() - 1, random.Unit() * total);
      const int64_t at = kStartMs + random.Between(0, 10'000) +
                         static_cast<int64_t>(kSpanMs * static_cast<double>(done + i) /
                                              static_cast<double>(records));
      const double amount = std::exp(3 + 1.2 * std::sqrt(-2 * std::log(1 - random.Unit())) *
                                             std::cos(2 * 3.141592653589793 * random.Unit()));
      keys.push_back(absl::StrFormat("u%06d", user - up_to.begin()));
      const uint64_t device = random.Bits();
      values.push_back(absl::StrFormat(
          "{\"user_id\":\"%s\",\"ts\":%d,\"amount\":%.2f,\"merchant\":\"merchant-%05d-store-%03d\","
          "\"type\":\"%s\",\"device\":\"%016x\",\"country\":\"%c%c\",\"session\":\"%08x\"}",
          keys.back(), at, amount, random.Below(20'000), random.Below(1'000),
          kTypes[random.Below(4)], device, 'A' + device % 26, 'A' + device / 26 % 26,
          random.Bits() & 0xffffffff));
      bytes += static_cast<int64_t>(values.back().size());
    }
    std::vector<AppendRecord> batch;
    for (size_t i = 0; i < keys.size(); ++i) {
      batch.push_back({.topic = kTopic,
                       .partition = PartitionOfKey(keys[i], kPartitions),
                       .key = keys[i],
                       .value = values[i]});
    }
    if (const auto positions = log.Append(batch); !positions.ok()) Fail(positions.status());
  }
  return static_cast<double>(bytes) / static_cast<double>(records);
}

// One run of the server, from its start to its end.
Measured Serve(const std::string& millrace, const std::string& config, const std::string& brokers,
               int64_t records) {
  std::string directory = std::filesystem::temp_directory_path() / "kafka_features.XXXXXX";
  if (mkdtemp(directory.data()) == nullptr) Fail(absl::InternalError("no temporary directory"));
  std::fflush(stdout);  // the child is not to print it again
  const int64_t start_ns = Clock::Real().MonotonicNanos();
  const pid_t child = fork();
  if (child == 0) {
    if (std::freopen("/dev/null", "w", stdout) == nullptr) _exit(127);
    const std::string at = "log.kafka.brokers=" + brokers;
    const std::string state = "state.path=" + directory + "/state";
    execl(millrace.c_str(), millrace.c_str(), "serve", "-f", config.c_str(), "--set", at.c_str(),
          "--set", state.c_str(), "--until-caught-up", "--json", "--quiet", nullptr);
    _exit(127);
  }
  int status = 0;
  rusage usage;
  wait4(child, &status, 0, &usage);
  const double wall_s = 1e-9 * static_cast<double>(Clock::Real().MonotonicNanos() - start_ns);
  std::filesystem::remove_all(directory);
  if (status != 0) Fail(absl::InternalError(absl::StrCat(millrace, " failed")));
  const double n = static_cast<double>(records);
  return {n / wall_s, CpuSeconds(usage) / (1e-6 * n)};
}

void Print(const char* what, const std::vector<Measured>& rounds) {
  const Measured median = Median(rounds);
  double least = 1e9, most = 0;
  for (const Measured& round : rounds) {
    least = std::min(least, round.cpu_s_per_million);
    most = std::max(most, round.cpu_s_per_million);
  }
  std::printf(
      "%-32s %9.0f records/s  %.2f CPU s per million (%.2f to %.2f), so %.0f records/s/core\n",
      what, median.records_per_s, median.cpu_s_per_million, least, most,
      1e6 / median.cpu_s_per_million);
}

void Run(const std::string& millrace, const std::string& config, int64_t records, int rounds) {
  const auto broker = KafkaBroker::Start({});
  KafkaLogOptions options;
  options.brokers = broker->address();
  auto log = KafkaLog::Open(options);
  if (!log.ok()) Fail(log.status());
  if (const absl::Status made = (*log)->CreateTopic(kTopic, {.partitions = kPartitions});
      !made.ok()) {
    Fail(made);
  }
  const double bytes = Fill(**log, records);
  std::printf("%lld payments of %.0f bytes, %d partitions; medians of %d rounds\n",
              static_cast<long long>(records), bytes, kPartitions, rounds);
  std::vector<Measured> ours, raw;
  for (int round = 0; round < rounds; ++round) {
    raw.push_back(ReadRaw(options, kTopic, kPartitions, records, false));
    ours.push_back(Serve(millrace, config, broker->address(), records));
  }
  Print("millrace serve, start to end", ours);
  Print("raw librdkafka that counts", raw);
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (argc < 3) {
    std::fprintf(stderr,
                 "kafka_features_bench PATH/millrace kafka_features.yaml [records] [rounds]\n");
    return 64;
  }
  millrace::Run(argv[1], argv[2], argc > 3 ? std::atoll(argv[3]) : 2'000'000,
                argc > 4 ? std::atoi(argv[4]) : 3);
  return 0;
}
