// NaiveStore: what a view answers, by definition: all records are kept in total order and every
// feature is computed from those in its window, in long double. Shares no code with the store but
// the specification types.

#ifndef MILLRACE_TESTS_FEATURESTORE_NAIVE_STORE_H_
#define MILLRACE_TESTS_FEATURESTORE_NAIVE_STORE_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "featurestore/online_store.h"
#include "tests/featurestore/test_view.h"

namespace millrace {

struct TestRecord {
  int64_t time_ms = 0;
  int32_t source = 0;
  int32_t partition = 0;
  int64_t offset = 0;
  std::optional<std::string> key;
  std::optional<int64_t> n;
  std::optional<double> x;
  std::optional<std::string> s;

  std::vector<Value> Fields() const {
    std::vector<Value> fields(4);
    if (key) fields[kKey] = Value::String(*key);
    if (n) fields[kN] = Value::Int(*n);
    if (x) fields[kX] = Value::Double(*x);
    if (s) fields[kS] = Value::String(*s);
    return fields;
  }
  auto Order() const { return std::tie(time_ms, source, partition, offset); }
};

struct NaiveAnswer {
  FeatureStatus status = FeatureStatus::kMissing;
  OwnedValue value;
  int64_t count = 0;
  std::optional<int64_t> newest_ms;
};

class NaiveStore {
 public:
  void Add(const TestRecord& record) {
    if (record.key) by_key_[*record.key].push_back(record);
  }

  // Of the entity, whatever windows reach.
  std::optional<int64_t> NewestBefore(const std::string& key, int64_t at_ms) {
    std::optional<int64_t> newest;
    for (const TestRecord& r : by_key_[key]) {
      if (r.time_ms < at_ms) newest = std::max(newest.value_or(r.time_ms), r.time_ms);
    }
    return newest;
  }

  // The condition of the feature is "n > where_above" if given; its input is field `field`.
  NaiveAnswer Read(const std::string& key, const FeatureSpec& feature, int field,
                   std::optional<int64_t> where_above, int64_t at_ms) {
    std::vector<TestRecord> in_window;
    for (const TestRecord& r : by_key_[key]) {
      const int64_t end = at_ms - feature.window.lag_ms;
      const int64_t begin = end - feature.window.size_ms;
      const Bounds b = feature.window.bounds;
      const bool with_end = b == Bounds::kOpenClosed || b == Bounds::kClosedClosed;
      const bool with_begin = b == Bounds::kClosedOpen || b == Bounds::kClosedClosed;
      if (with_end ? r.time_ms > end : r.time_ms >= end) continue;
      if (feature.window.kind == WindowKind::kSliding &&
          (with_begin ? r.time_ms < begin : r.time_ms <= begin)) {
        continue;
      }
      if (where_above && !(r.n && *r.n > *where_above)) continue;
      in_window.push_back(r);
    }
    std::sort(in_window.begin(), in_window.end(),
              [](const TestRecord& a, const TestRecord& b) { return a.Order() < b.Order(); });
    NaiveAnswer answer;
    answer.count = static_cast<int64_t>(in_window.size());
    if (!in_window.empty()) answer.newest_ms = in_window.back().time_ms;
    std::vector<TestRecord> valued;
    for (const TestRecord& r : in_window) {
      if (field == kN && !r.n) continue;
      if (field == kX && (!r.x || !std::isfinite(*r.x))) continue;
      if (field == kS && !r.s) continue;
      valued.push_back(r);
    }
    Fold(feature, field, valued, &answer);
    return answer;
  }

 private:
  static void Fold(const FeatureSpec& feature, int field, const std::vector<TestRecord>& records,
                   NaiveAnswer* answer) {
    answer->status = FeatureStatus::kPresent;
    if (feature.aggregation_name == "count") {
      answer->value.Assign(Value::Int(static_cast<int64_t>(records.size())));
      return;
    }
    if (records.empty()) {
      answer->status = answer->count == 0 ? FeatureStatus::kMissing : FeatureStatus::kNull;
      return;
    }
    if (field == kS) {
      std::string best = *records.back().s;
      for (const TestRecord& r : records) {
        if (feature.aggregation_name == "min") best = std::min(best, *r.s);
        if (feature.aggregation_name == "max") best = std::max(best, *r.s);
      }
      answer->value.Assign(Value::String(best));
      return;
    }
    const auto number = [field](const TestRecord& r) -> long double {
      if (field == kN) return *r.n;
      return *r.x;
    };
    long double sum = 0, low = number(records[0]), high = low;
    for (const TestRecord& r : records) {
      sum += number(r);
      low = std::min(low, number(r));
      high = std::max(high, number(r));
    }
    long double result = number(records.back());
    if (feature.aggregation_name == "sum") result = sum;
    if (feature.aggregation_name == "mean") {
      result = sum / static_cast<long double>(records.size());
    }
    if (feature.aggregation_name == "min") result = low;
    if (feature.aggregation_name == "max") result = high;
    if (feature.result_type == Type::kDouble) {
      answer->value.Assign(Value::Double(static_cast<double>(result)));
    } else {
      answer->value.Assign(Value::Int(static_cast<int64_t>(result)));
    }
  }

  std::map<std::string, std::vector<TestRecord>> by_key_;
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_FEATURESTORE_NAIVE_STORE_H_
