// The smallest view a test can ask the oracle about: one key, records given as (time, x). For the
// tests of the oracle itself.

#ifndef MILLRACE_TESTS_ORACLE_TINY_VIEW_H_
#define MILLRACE_TESTS_ORACLE_TINY_VIEW_H_

#include <string>
#include <utility>
#include <vector>

#include "tests/oracle/feature_oracle.h"

namespace millrace::oracle {

inline Window Sliding(int64_t size_ms) {
  Window window;
  window.size_ms = size_ms;
  return window;
}
inline Window Lifetime() {
  Window window;
  window.kind = WindowKind::kLifetime;
  return window;
}

inline Feature Of(const std::string& aggregation, const std::string& input = "x",
                  const Window& window = Lifetime()) {
  Feature feature;
  feature.aggregation = aggregation;
  feature.input = input;
  feature.window = window;
  return feature;
}

class TinyView {
 public:
  View& view() { return view_; }
  std::vector<Record>& records() { return records_; }

  // Offsets are given in this order, all in partition 0 of source 0.
  TinyView& Add(int64_t at_ms, const Datum& x, const DatumMap& others = {}) {
    Record record = {{at_ms, 0, 0, next_offset_++}, Change::kInsert, others};
    record.fields["k"] = Datum("a");
    record.fields["x"] = x;
    records_.push_back(record);
    return *this;
  }
  TinyView& Retract(int64_t at_ms, const Datum& x, const DatumMap& others = {}) {
    Add(at_ms, x, others);
    records_.back().change = Change::kRetract;
    return *this;
  }
  TinyView& Delete(int64_t at_ms) {
    Add(at_ms, Datum());
    records_.back().change = Change::kDelete;
    return *this;
  }
  // At 1 s, 2 s, 3 s, …
  TinyView& AddAll(const std::vector<double>& xs) {
    for (const double x : xs) Add(1000 * (next_offset_ + 1), Datum(x));
    return *this;
  }

  Answer Ask(const Feature& feature, int64_t at_ms) const {
    return FeatureOracle(view_, records_).At(feature, {{{"k", Datum("a")}}, at_ms, {}, {}});
  }
  Datum Value(const Feature& feature, int64_t at_ms) const { return Ask(feature, at_ms).value; }
  double Double(const Feature& feature, int64_t at_ms) const {
    return *Value(feature, at_ms).As<double>();
  }

 private:
  View view_ = {{"k"}, {}, {}, {}};
  std::vector<Record> records_;
  int64_t next_offset_ = 0;
};

inline Datum Int(int64_t v) { return Datum(v); }
inline Datum Strings(const std::vector<std::string>& items) {
  DatumList list;
  for (const std::string& item : items) list.emplace_back(item);
  return Datum(list);
}

}  // namespace millrace::oracle

#endif  // MILLRACE_TESTS_ORACLE_TINY_VIEW_H_
