// How much of librdkafka's speed is left behind the Log port: the same topic read by KafkaReader
// into batches, and by a bare consume_callback_queue loop that only counts bytes, in turns, with
// the same settings, against a broker of its own on the same machine. Prints records/s and CPU
// seconds per million records (of this process, all threads), the median of the rounds, and the
// ratio. Then the time that appends of one record take, one after the other.
//
//   kafka_consume_bench [records] [value_bytes] [partitions] [rounds] [compression]

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "bench/raw_kafka.h"
#include "core/clock.h"
#include "gtest/gtest.h"
#include "stream/kafka/kafka_log.h"
#include "tests/integration/kafka_broker.h"

namespace millrace {
namespace {

constexpr const char* kTopic = "bench";

struct Sizes {
  int64_t records = 2'000'000;
  int64_t value_bytes = 175;
  int32_t partitions = 4;
  int rounds = 5;
  std::string compression = "none";
};

void Fill(Log& log, const Sizes& sizes) {
  if (const absl::Status status = log.CreateTopic(kTopic, {.partitions = sizes.partitions});
      !status.ok()) {
    Fail(status);
  }
  // Values like JSON events: a shared frame and a varying rest.
  uint64_t state = 1;
  constexpr int64_t kPerCall = 20'000;
  for (int64_t done = 0; done < sizes.records; done += kPerCall) {
    std::vector<std::string> keys, values;
    std::vector<AppendRecord> records;
    const int64_t count = std::min(kPerCall, sizes.records - done);
    for (int64_t i = 0; i < count; ++i) {
      state = state * 6364136223846793005 + 1442695040888963407;
      keys.push_back("user-" + std::to_string((state >> 33) % 100'000));
      std::string value =
          "{\"user\":\"" + keys.back() + "\",\"amount\":" + std::to_string(state >> 40);
      value.resize(std::max<size_t>(sizes.value_bytes - 1, value.size()), ' ');
      values.push_back(value + "}");
    }
    for (int64_t i = 0; i < count; ++i) {
      records.push_back({.topic = kTopic,
                         .partition = static_cast<int32_t>((done + i) % sizes.partitions),
                         .key = keys[i],
                         .value = values[i]});
    }
    if (const auto positions = log.Append(records); !positions.ok()) Fail(positions.status());
  }
}

Measured ReadThroughPort(Log& log, const Sizes& sizes) {
  const Stopwatch watch;
  std::vector<ReadFrom> inputs;
  for (int32_t p = 0; p < sizes.partitions; ++p) inputs.push_back({{kTopic, p}, 0});
  auto reader = log.OpenReader(inputs);
  if (!reader.ok()) Fail(reader.status());
  RecordBatch batch;
  int64_t got = 0;
  while (got < sizes.records) {
    int64_t before = got;
    for (size_t i = 0; i < inputs.size(); ++i) {
      batch.Clear();
      const auto read = (*reader)->Read(i, 1 << 20, &batch);
      if (!read.ok()) Fail(read.status());
      got += *read;
    }
    if (got == before) (*reader)->Wait(absl::Seconds(10));
  }
  return watch.Stop(got);
}

void MeasureAppends(Log& log) {
  constexpr int kAppends = 300;
  std::vector<double> milliseconds;
  const std::vector<AppendRecord> one = {{.topic = kTopic, .partition = 0, .value = "one record"}};
  for (int i = 0; i < kAppends; ++i) {
    const int64_t start_ns = Clock::Real().MonotonicNanos();
    if (const auto positions = log.Append(one); !positions.ok()) Fail(positions.status());
    milliseconds.push_back(1e-6 * (Clock::Real().MonotonicNanos() - start_ns));
  }
  std::sort(milliseconds.begin(), milliseconds.end());
  printf("append of one record: p50 %.2f ms, p99 %.2f ms (%d in turn)\n",
         milliseconds[kAppends / 2], milliseconds[kAppends * 99 / 100], kAppends);
}

void Print(const char* name, const Measured& measured, const Measured& ours) {
  printf("%-29s %9.0f records/s, %.3f CPU s per million; KafkaReader to it: rate %.2f, CPU %.2f\n",
         name, measured.records_per_s, measured.cpu_s_per_million,
         ours.records_per_s / measured.records_per_s,
         ours.cpu_s_per_million / measured.cpu_s_per_million);
}

void Run(const Sizes& sizes) {
  const auto broker = KafkaBroker::Start({});
  KafkaLogOptions options;
  options.brokers = broker->address();
  options.properties = {{"compression.type", sizes.compression}};
  auto log = KafkaLog::Open(options);
  if (!log.ok()) Fail(log.status());
  const Stopwatch filling;
  Fill(**log, sizes);
  const Measured filled = filling.Stop(sizes.records);
  printf("%lld records of %lld B, %d partitions, %s\n", static_cast<long long>(sizes.records),
         static_cast<long long>(sizes.value_bytes), sizes.partitions, sizes.compression.c_str());
  printf("append, 20,000 a call: %.0f records/s, %.2f CPU s per million\n", filled.records_per_s,
         filled.cpu_s_per_million);
  std::vector<Measured> port, raw, with_headers;
  for (int round = 0; round < sizes.rounds + 1; ++round) {
    const Measured a = ReadThroughPort(**log, sizes);
    const Measured b = ReadRaw(options, kTopic, sizes.partitions, sizes.records, false);
    const Measured c = ReadRaw(options, kTopic, sizes.partitions, sizes.records, true);
    if (round == 0) continue;  // fills the page cache
    port.push_back(a);
    raw.push_back(b);
    with_headers.push_back(c);
  }
  printf("medians of %d rounds\n", sizes.rounds);
  const Measured ours = Median(port);
  Print("KafkaReader", ours, ours);
  Print("raw librdkafka", Median(raw), ours);
  Print("raw librdkafka, with headers", Median(with_headers), ours);
  MeasureAppends(**log);
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  millrace::Sizes sizes;
  if (argc > 1) sizes.records = std::atoll(argv[1]);
  if (argc > 2) sizes.value_bytes = std::atoll(argv[2]);
  if (argc > 3) sizes.partitions = std::atoi(argv[3]);
  if (argc > 4) sizes.rounds = std::atoi(argv[4]);
  if (argc > 5) sizes.compression = argv[5];
  millrace::Run(sizes);
  return 0;
}
