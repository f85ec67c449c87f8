#include "serving/request_metrics.h"

#include "absl/strings/str_cat.h"
#include "core/log_line.h"

namespace millrace {

RequestMetrics::RequestMetrics(Registry& registry, absl::string_view protocol)
    : registry_(registry), protocol_(protocol) {}

void RequestMetrics::Listening(const ListenAddress& address) {
  registry_
      .GetGauge("millrace_server_plaintext",
                "1 while plain text is served beyond this machine (server.trusted_network).",
                {{"protocol", protocol_}})
      .Set(address.loopback ? 0 : 1);
  if (!address.loopback) {
    LogLine(LogLevel::kWarn, "plaintext_beyond_loopback").With(protocol_, address.ToString());
  }
}

void RequestMetrics::SetConnections(size_t open) {
  registry_.GetGauge("millrace_server_connections", "Open connections.", {{"protocol", protocol_}})
      .Set(static_cast<double>(open));
}

void RequestMetrics::Answered(const char* method, int code, double seconds) {
  const std::pair<absl::string_view, int> key(method, code);
  Histogram* histogram = nullptr;
  {
    absl::ReaderMutexLock lock(&mutex_);
    if (const auto found = durations_.find(key); found != durations_.end()) {
      histogram = found->second;
    }
  }
  if (histogram == nullptr) {
    histogram = &registry_.GetHistogram(
        "millrace_request_duration_seconds", "Time from a request's last byte to its answer.",
        LatencyBounds(),
        {{"protocol", protocol_}, {"method", method}, {"code", absl::StrCat(code)}});
    absl::MutexLock lock(&mutex_);
    durations_[key] = histogram;
  }
  histogram->Observe(seconds);
}

void RequestMetrics::Rows(const char* method, size_t rows) {
  Counter* counter = nullptr;
  {
    absl::ReaderMutexLock lock(&mutex_);
    if (const auto found = rows_.find(method); found != rows_.end()) counter = found->second;
  }
  if (counter == nullptr) {
    counter =
        &registry_.GetCounter("millrace_request_rows_total",
                              "Keys, decisions or records of requests.", {{"method", method}});
    absl::MutexLock lock(&mutex_);
    rows_[method] = counter;
  }
  counter->Add(rows);
}

void RequestMetrics::Shed(const char* reason) {
  registry_
      .GetCounter("millrace_request_shed_total",
                  "Requests and connections refused or dropped to stay within limits.",
                  {{"reason", reason}})
      .Add();
}

}  // namespace millrace
