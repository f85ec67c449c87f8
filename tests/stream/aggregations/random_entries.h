// Random values and records for one bound aggregation.

#ifndef MILLRACE_TESTS_STREAM_AGGREGATIONS_RANDOM_ENTRIES_H_
#define MILLRACE_TESTS_STREAM_AGGREGATIONS_RANDOM_ENTRIES_H_

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/collection.h"
#include "core/random.h"
#include "tests/stream/aggregations/bound_cases.h"
#include "tests/stream/aggregations/state_fixture.h"

namespace millrace {

// A value of the type, often one that occurred before; sometimes null.
inline OwnedValue RandomValue(const ValueType& type, Random& random) {
  if (random.Chance(0.1)) return OwnedValue();
  switch (type.type) {
    case Type::kBool: return OwnedValue(Value::Bool(random.Chance(0.5)));
    case Type::kInt: return OwnedValue(Value::Int(random.Between(-9, 9)));
    case Type::kTimestamp: return OwnedValue(Value::Timestamp(random.Between(0, 20) * 1000));
    case Type::kDouble: return OwnedValue(Value::Double(std::round(random.Unit() * 400) / 8 - 20));
    case Type::kString: {
      const std::string text = absl::StrCat("s", random.Below(9));
      return OwnedValue(Value::String(text));
    }
    case Type::kList: {
      ListBuilder list;
      for (uint64_t i = random.Below(4); i > 0; --i) {
        list.Add(RandomValue(type.element, random).view());
      }
      return OwnedValue(list.value());
    }
    case Type::kMap: {
      MapBuilder map;
      for (uint64_t i = random.Below(4); i > 0; --i) {
        map.Add(absl::StrCat("k", random.Below(5)), RandomValue(type.element, random).view());
      }
      return OwnedValue(map.Finish());
    }
    case Type::kVector: {
      std::string bytes;
      return OwnedValue(MakeVector(
          std::vector<double>{random.Unit() * 10, std::round(random.Unit() * 8) - 4}, &bytes));
    }
    default: return OwnedValue();
  }
}

// `n` records in total order, some at equal times.
inline std::vector<CaseEntry> RandomEntries(const BoundCase& bound, const CaseState& state, int n,
                                            Random& random) {
  std::vector<CaseEntry> entries;
  int64_t time = 1'000'000;
  for (int i = 0; i < n; ++i) {
    time += random.Between(0, 500);
    const OwnedValue value = RandomValue(bound.request.input.value, random);
    OwnedValue other = RandomValue(bound.request.input.other, random);
    const bool pair = bound.request.input.other != Type::kNull;
    const Value second = other.view();
    OwnedValue category;
    if (bound.request.by) category = RandomValue(Type::kString, random);
    const bool null = (pair && second.is_null()) || (bound.request.by && category.view().is_null());
    entries.push_back(
        state.Entry(time, i, null ? Value::Null() : value.view(), second, false, category.view()));
  }
  return entries;
}

}  // namespace millrace

#endif  // MILLRACE_TESTS_STREAM_AGGREGATIONS_RANDOM_ENTRIES_H_
