// Every aggregation over every type it takes, for the laws that all aggregations obey.

#ifndef MILLRACE_TESTS_STREAM_AGGREGATIONS_BOUND_CASES_H_
#define MILLRACE_TESTS_STREAM_AGGREGATIONS_BOUND_CASES_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "stream/aggregations/bind.h"

namespace millrace {

// An aggregation bound to types, with options in the middle of what is allowed.
struct BoundCase {
  std::string name;
  AggregationRequest request;
  Aggregation aggregation;
};

inline AggregationOptions MiddlingOptions(const AggregationType& type) {
  AggregationOptions options;
  for (const AggregationOption& option : type.options) {
    if (option.name == "q") options.Set("q", 0.3);
    if (option.name == "k") options.Set("k", type.name == "nth" ? 1 : 3);
    if (option.name == "alpha") options.Set("alpha", 0.25);
    if (option.name == "half_life") options.Set("half_life", 20'000);
    if (option.name == "max_values") options.Set("max_values", 12);
  }
  return options;
}

// Every aggregation over every type it takes, by category and element by element too.
inline std::vector<BoundCase> AllCases() {
  std::vector<BoundCase> cases;
  const auto add = [&cases](const AggregationRequest& request, const std::string& suffix) {
    auto bound = BindAggregationTo(request);
    if (!bound.ok()) return;
    cases.push_back({absl::StrCat(request.type->name, "_", suffix), request, *std::move(bound)});
  };
  const ValueType inputs[] = {Type::kNull,
                              Type::kBool,
                              Type::kInt,
                              Type::kDouble,
                              Type::kString,
                              Type::kTimestamp,
                              ValueType(Type::kList, Type::kInt),
                              ValueType(Type::kMap, Type::kDouble)};
  for (const AggregationType& type : AggregationTypes()) {
    AggregationRequest request;
    request.type = &type;
    request.input.options = MiddlingOptions(type);
    request.input.window_ms = 100'000;
    for (const ValueType& input : inputs) {
      request.input.value = input;
      request.input.other = type.second_required ? ValueType(Type::kDouble) : ValueType();
      add(request, std::string(TypeName(input.type)));
    }
    request.input.value = Type::kDouble;
    if (!type.second_input.empty() && !type.second_required) {
      request.input.other = Type::kInt;
      add(request, "ranked");
    }
    {
      request.input.other = type.second_required ? ValueType(Type::kDouble) : ValueType();
      request.by.emplace();
      request.by->max_keys = 5;
      add(request, "by_string");
      request.by.reset();
    }
    request.input.other = ValueType();
    request.input.value = ValueType(Type::kVector, Type::kDouble, 2);
    request.elementwise = true;
    add(request, "elementwise");
  }
  return cases;
}

}  // namespace millrace

#endif  // MILLRACE_TESTS_STREAM_AGGREGATIONS_BOUND_CASES_H_
