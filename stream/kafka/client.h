// KafkaClient: one librdkafka instance with its callbacks, and what its error codes mean to us.
// Internal to stream/kafka. Thread-safe.

#ifndef MILLRACE_STREAM_KAFKA_CLIENT_H_
#define MILLRACE_STREAM_KAFKA_CLIENT_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include <librdkafka/rdkafka.h>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/clock.h"
#include "core/log_limit.h"
#include "stream/kafka/kafka_options.h"
#include "stream/kafka/properties.h"

namespace millrace {

// unique_ptr for librdkafka's handles: KafkaHandle<rd_kafka_topic_t, rd_kafka_topic_destroy>.
template <auto destroy>
struct KafkaDestroyer {
  template <typename T>
  void operator()(T* handle) const {
    destroy(handle);
  }
};
template <typename T, auto destroy>
using KafkaHandle = std::unique_ptr<T, KafkaDestroyer<destroy>>;

using KafkaTopicHandle = KafkaHandle<rd_kafka_topic_t, &rd_kafka_topic_destroy>;
using KafkaQueueHandle = KafkaHandle<rd_kafka_queue_t, &rd_kafka_queue_destroy>;

// The end of a time span, by the monotonic clock.
class KafkaDeadline {
 public:
  KafkaDeadline(Clock& clock, absl::Duration span)
      : clock_(clock), end_ns_(clock.MonotonicNanos() + absl::ToInt64Nanoseconds(span)) {}
  absl::Duration Left() const {
    const int64_t left_ns = end_ns_ - clock_.MonotonicNanos();
    return absl::Nanoseconds(left_ns > 0 ? left_ns : 0);
  }
  bool Passed() const { return Left() == absl::ZeroDuration(); }
  // For librdkafka: at least 1 ms, at most an hour.
  int LeftMs() const;

 private:
  Clock& clock_;
  int64_t end_ns_;
};

class KafkaClient {
 public:
  // Called by whoever polls the client, once for each record produced.
  using DeliveryCallback = void (*)(rd_kafka_t*, const rd_kafka_message_t*, void*);

  // Starts librdkafka's threads; does not wait for brokers. `delivery` makes it a producer, null a
  // consumer. Errors: InvalidArgument with librdkafka's reason.
  static absl::StatusOr<std::unique_ptr<KafkaClient>> Create(const KafkaLogOptions& options,
                                                             const KafkaProperties& properties,
                                                             DeliveryCallback delivery);
  ~KafkaClient();
  KafkaClient(const KafkaClient&) = delete;
  KafkaClient& operator=(const KafkaClient&) = delete;

  rd_kafka_t* get() const { return rk_; }

  // Our status for librdkafka's code. `what` says what was being done and to which topic; the
  // brokers, and for Unavailable the last connection error, are added. When no broker can be
  // reached that comes first: "cannot reach Kafka at localhost:9092", the rest on lines below.
  absl::Status Error(rd_kafka_resp_err_t code, absl::string_view what,
                     absl::string_view detail = "") const;

  // True once for each time that all brokers were lost.
  bool TakeAllBrokersDown() { return all_brokers_down_.exchange(false); }

 private:
  explicit KafkaClient(const KafkaLogOptions& options)
      : brokers_(options.brokers), log_limit_(kLinesPerSecond, *options.clock) {}

  static void OnLog(const rd_kafka_t* rk, int level, const char* facility, const char* text);
  static void OnError(rd_kafka_t* rk, int code, const char* reason, void* opaque);
  void Log(int level, const char* facility, const char* text);

  const std::string brokers_;
  rd_kafka_t* rk_ = nullptr;
  std::atomic<bool> all_brokers_down_{false};

  mutable absl::Mutex mutex_;
  std::string last_error_ ABSL_GUARDED_BY(mutex_);
  static constexpr int kLinesPerSecond = 5;
  LogLimit log_limit_;
};

// "topic[3]"
std::string KafkaName(absl::string_view topic, int32_t partition);

}  // namespace millrace

#endif  // MILLRACE_STREAM_KAFKA_CLIENT_H_
