#include "bench/session_reads.h"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/latencies.h"
#include "core/check.h"
#include "featurestore/memory_state_store.h"
#include "featurestore/online_store.h"
#include "tests/featurestore/test_view.h"

namespace millrace {
namespace {

constexpr int64_t kSecond = 1'000, kMinute = 60 * kSecond;
constexpr int64_t kBeginMs = 1'356'998'400'000;

struct Case {
  std::string what;
  Window window;
};

Case Session(const std::string& what, int64_t gap_ms, int64_t max_length_ms, Which which) {
  Window window;
  window.kind = WindowKind::kSession;
  window.gap_ms = gap_ms;
  window.max_length_ms = max_length_ms;
  window.which = which;
  return {what, window};
}

std::vector<Case> Cases() {
  return {
      Session("gap 2 s", 2 * kSecond, 0, Which::kCurrent),
      Session("gap 2 s, max_length 2 s", 2 * kSecond, 2 * kSecond, Which::kCurrent),
      Session("gap 2 s, max_length 2 s, complete", 2 * kSecond, 2 * kSecond, Which::kComplete),
      Session("gap 10 min", 10 * kMinute, 0, Which::kCurrent),
      Session("gap 10 min, max_length 1 h", 10 * kMinute, 60 * kMinute, Which::kCurrent),
      Session("gap 10 min, max_length 1 h, complete", 10 * kMinute, 60 * kMinute, Which::kComplete),
      {"lifetime", Lifetime()}};
}

void Measure(const Case& measured, Accuracy accuracy, int64_t records) {
  const auto view = TestView({TestFeature("sum", kX, measured.window)});
  view->accuracy = accuracy;
  MemoryStateStore state;
  const auto store = OnlineStore::Open(state, {view}, {});
  CHECK(store.ok());
  const Value key = Value::String("one");
  for (int64_t i = 0; i < records; ++i) {
    const Value fields[4] = {key, Value::Int(1), Value::Double(0.5), Value::Null()};
    const int64_t at = kBeginMs + i * kSecond;
    CHECK((*store)->Apply({at, at, 0, 0, i, fields}).ok());
  }
  const int feature = 0;
  FeatureValue value;
  Latencies times;
  const int64_t reads = 20'000'000 / records;
  for (int64_t i = 0; i < reads; ++i) {
    const int64_t at = kBeginMs + (records - 1) * kSecond + 1 + i % kSecond;
    times.Time([&] {
      CHECK((*store)->Read(0, {&key, 1}, at, {&feature, 1}, {}, {&value, 1}).ok());
    });
  }
  std::printf("  %-58s p50 %8.1f us  p99 %8.1f us\n",
              absl::StrCat(measured.what, accuracy == Accuracy::kExact ? ", exact, " : ", ",
                           records, " records")
                  .c_str(),
              times.Micros(0.5), times.Micros(0.99));
  std::fflush(stdout);
}

}  // namespace

void SessionReads() {
  std::printf("sessions: one entity, a record a second without a pause; wall time of a read\n");
  for (const Case& measured : Cases()) {
    for (const Accuracy accuracy : {Accuracy::kAuto, Accuracy::kExact}) {
      for (const int64_t records : {2'000, 20'000, 80'000}) Measure(measured, accuracy, records);
    }
  }
}

}  // namespace millrace
