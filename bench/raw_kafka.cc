#include "bench/raw_kafka.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "stream/kafka/properties.h"

namespace millrace {
namespace {

struct RawCount {
  int64_t records = 0;
  int64_t bytes = 0;
};

void CountRaw(rd_kafka_message_t* message, void* opaque) {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  RawCount& count = *static_cast<RawCount*>(opaque);
  ++count.records;
  count.bytes += static_cast<int64_t>(message->len);
}

void CountRawWithHeaders(rd_kafka_message_t* message, void* opaque) {
  rd_kafka_headers_t* headers = nullptr;
  rd_kafka_message_headers(message, &headers);
  CountRaw(message, opaque);
}

}  // namespace

Measured Stopwatch::Stop(int64_t records) const {
  const double n = static_cast<double>(records);
  const double wall_s = 1e-9 * static_cast<double>(Clock::Real().MonotonicNanos() - start_ns_);
  return {n / wall_s, (CpuSeconds() - start_cpu_s_) / (1e-6 * n)};
}

Measured Median(std::vector<Measured> rounds) {
  const size_t middle = rounds.size() / 2;
  Measured median;
  std::sort(rounds.begin(), rounds.end(),
            [](const Measured& a, const Measured& b) { return a.records_per_s < b.records_per_s; });
  median.records_per_s = rounds[middle].records_per_s;
  std::sort(rounds.begin(), rounds.end(), [](const Measured& a, const Measured& b) {
    return a.cpu_s_per_million < b.cpu_s_per_million;
  });
  median.cpu_s_per_million = rounds[middle].cpu_s_per_million;
  return median;
}

Measured ReadRaw(const KafkaLogOptions& options, const std::string& topic_name, int32_t partitions,
                 int64_t records, bool with_headers) {
  const Stopwatch watch;
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char error[512];
  for (const auto& [key, value] : ConsumerProperties(options, static_cast<size_t>(partitions))) {
    rd_kafka_conf_set(conf, key.c_str(), value.c_str(), error, sizeof(error));
  }
  rd_kafka_t* rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof(error));
  rd_kafka_topic_t* topic = rd_kafka_topic_new(rk, topic_name.c_str(), nullptr);
  rd_kafka_queue_t* queue = rd_kafka_queue_new(rk);
  for (int32_t p = 0; p < partitions; ++p) rd_kafka_consume_start_queue(topic, p, 0, queue);
  RawCount count;
  while (count.records < records) {
    rd_kafka_consume_callback_queue(queue, 1000, with_headers ? CountRawWithHeaders : CountRaw,
                                    &count);
  }
  const Measured measured = watch.Stop(count.records);
  for (int32_t p = 0; p < partitions; ++p) rd_kafka_consume_stop(topic, p);
  rd_kafka_queue_destroy(queue);
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(rk);
  return measured;
}

void Fail(const absl::Status& status) {
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(1);
}

}  // namespace millrace
