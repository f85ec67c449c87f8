#include "stream/aggregations/frequencies.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/stream/aggregations/state_fixture.h"

namespace millrace {
namespace {

TEST(Frequencies, AShareStaysAShareWhenMoreIsTakenBackThanEverCame) {
  AggregationRequest request;
  request.type = FindAggregationType("top1_ratio");
  request.input.value = Type::kInt;
  request.input.options.Set("max_keys", 2);
  const BoundCase bound{"top1_ratio", request, BindAggregationTo(request).value()};
  const CaseState state(bound);
  std::vector<CaseEntry> entries;
  const auto add = [&](int64_t value, bool retracts) {
    const auto place = static_cast<int64_t>(entries.size());
    entries.push_back(
        state.Entry(1'000'000 + place, place, Value::Int(value), Value::Null(), retracts));
  };
  for (const int64_t value : {1, 1, 2, 3}) add(value, false);
  for (int64_t unknown = 10; unknown < 14; ++unknown) add(unknown, true);
  OwnedState folded;
  state.Fold(entries, &folded);
  Answer answer;
  state.Finalised(folded, &answer);
  EXPECT_EQ(answer.state, ResultState::kTruncated);
  EXPECT_EQ(answer.value.double_value(), 1.0);
}

}  // namespace
}  // namespace millrace
