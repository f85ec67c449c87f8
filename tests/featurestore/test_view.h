// Views for tests: small expressions and a terse way to write a ViewSpec. Records of the test
// source have the fields of kFields.

#ifndef MILLRACE_TESTS_FEATURESTORE_TEST_VIEW_H_
#define MILLRACE_TESTS_FEATURESTORE_TEST_VIEW_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "stream/aggregations/bind.h"
#include "stream/expr/expression.h"
#include "stream/view_spec.h"

namespace millrace {

// key: string, n: int, x: double, s: string.
enum TestField { kKey = 0, kN = 1, kX = 2, kS = 3 };

// A field as it is.
class FieldExpression final : public Expression {
 public:
  FieldExpression(int field, const ValueType& type) : type_(type), used_{field} {}
  ValueType value_type() const override { return type_; }
  const std::vector<int>& used_fields() const override { return used_; }
  Value Evaluate(std::span<const Value> fields, std::string*) const override {
    return fields[static_cast<size_t>(used_[0])];
  }

 private:
  ValueType type_;
  std::vector<int> used_;
};

// n > limit; null when n is null.
class AboveExpression final : public Expression {
 public:
  explicit AboveExpression(int64_t limit) : limit_(limit), used_{kN} {}
  ValueType value_type() const override { return Type::kBool; }
  const std::vector<int>& used_fields() const override { return used_; }
  Value Evaluate(std::span<const Value> fields, std::string*) const override {
    if (fields[kN].is_null()) return Value::Null();
    return Value::Bool(fields[kN].int_value() > limit_);
  }

 private:
  int64_t limit_;
  std::vector<int> used_;
};

// A feature over `field` (-1: every record), under "n > where_above" when that is given.
inline FeatureSpec TestFeature(const std::string& aggregation, int field, const Window& window,
                               std::optional<int64_t> where_above = std::nullopt,
                               size_t sources = 1) {
  FeatureSpec feature;
  feature.name = absl::StrCat(aggregation, "_", field, "_", window.size_ms, "_", window.lag_ms, "_",
                              static_cast<int>(window.bounds));
  feature.aggregation_name = aggregation;
  feature.window = window;
  if (field >= 0) {
    feature.input_type = field == kN ? Type::kInt : field == kX ? Type::kDouble : Type::kString;
    feature.input_text = absl::StrCat("field", field);
    feature.input.assign(sources, std::make_shared<FieldExpression>(field, feature.input_type));
  }
  if (where_above) {
    feature.where_text = absl::StrCat("n > ", *where_above);
    feature.where.assign(sources, std::make_shared<AboveExpression>(*where_above));
  }
  AggregationRequest request;
  request.type = FindAggregationType(aggregation);
  request.input.value = feature.input_type;
  request.input.window_ms = window.size_ms;
  feature.aggregation = std::make_shared<const Aggregation>(BindAggregationTo(request).value());
  feature.result_type = feature.aggregation->result;
  return feature;
}

inline Window Sliding(int64_t size_ms, int64_t lag_ms = 0, Bounds bounds = Bounds::kClosedOpen) {
  Window window;
  window.size_ms = size_ms;
  window.lag_ms = lag_ms;
  window.bounds = bounds;
  return window;
}
inline Window Lifetime(int64_t lag_ms = 0, Bounds bounds = Bounds::kClosedOpen) {
  Window window = Sliding(0, lag_ms, bounds);
  window.kind = WindowKind::kLifetime;
  return window;
}

// A view keyed by the string field, over source 0 … sources - 1.
inline std::shared_ptr<ViewSpec> TestView(std::vector<FeatureSpec> features, int sources = 1) {
  auto view = std::make_shared<ViewSpec>();
  view->name = "test";
  view->entity = "thing";
  view->key_names = {"key"};
  view->key_types = {Type::kString};
  for (int source = 0; source < sources; ++source) view->inputs.push_back({source, {kKey}, false});
  view->features = std::move(features);
  return view;
}

}  // namespace millrace

#endif  // MILLRACE_TESTS_FEATURESTORE_TEST_VIEW_H_
