// A warm expression allocates nothing.

#include <cstdint>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "stream/expr/expression.h"
#include "tests/core/allocation_count.h"
#include "tests/stream/expr/expression_rows.h"

namespace millrace {
namespace {

TEST(Expression, EvaluatesWithoutAllocatingOnceWarm) {
  constexpr const char* kTexts[] = {
      "hour(at, 'America/New_York') + hour_of_week(at)",
      "s in ['LGA', 'JFK'] && x > 1.0 ? i : none_i",
      "string(at) == '2013-01-01T10:15:30.250Z' && int('12') == 12",
      "string(i)",
      "pow(x, 3.5) + log(x) * exp(y)",
      "(s + '-' + string(i) + ' a longer text than a string holds in itself').upperAscii()",
      "[i, j, 3].filter(n, n > 0).map(n, string(n) + s).join('+') == '7JFK+3JFK'",
      "{s: i, 'b': 2}.keys().exists(k, k == s.substring(0, 1) + 'FK')",
      "'a,b,c'.split(',').all(p, size(p) == 1) && hash(s, 10) >= 0",
      "start_of_day(at, 'America/New_York') < at && geohash(x, y, 5).size() == 5",
  };
  const std::vector<Value> fields = TestFields();
  for (const char* text : kTexts) {
    const auto expression = Expression::Compile(text, TestScope());
    ASSERT_TRUE(expression.ok()) << expression.status();
    std::string scratch;
    (*expression)->Evaluate(fields, &scratch);
    const int64_t before = AllocationCount();
    for (int i = 0; i < 100; ++i) (*expression)->Evaluate(fields, &scratch);
    EXPECT_EQ(AllocationCount(), before) << text;
  }
}

}  // namespace
}  // namespace millrace
