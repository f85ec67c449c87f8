// Random expressions, compiled from their text, against an evaluator that walks a tree of its own.

#include <cmath>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "stream/expr/expression.h"
#include "tests/core/printed_seed.h"
#include "tests/stream/expr/scalar_trees.h"

namespace millrace {
namespace {

bool Same(const Value& a, const Value& b) {
  if (a == b) return true;
  return a.type() == Type::kDouble && b.type() == Type::kDouble && std::isnan(a.double_value()) &&
         std::isnan(b.double_value());
}

TEST(ExpressionProperty, AgreesWithATreeWalkOverOptionalValues) {
  const uint64_t seed = PrintedSeed(20'130'101);
  ScalarMaker maker(seed);
  const Scope scope = maker.MakeScope();
  int compiled = 0;
  int nulls = 0;
  for (int round = 0; round < 6'000; ++round) {
    const Type type = maker.AnyType();
    const ScalarTree tree = maker.Make(type, 5);
    if (tree.text.size() > 4096) continue;
    TextRange where;
    const auto expression = Expression::Compile(tree.text, scope, &where);
    ASSERT_TRUE(expression.ok()) << tree.text << "\n"
                                 << expression.status() << " at " << where.begin;
    ASSERT_EQ((*expression)->type(), type) << tree.text;
    ++compiled;
    std::string scratch;
    for (int i = 0; i < 8; ++i) {
      const std::vector<Maybe> fields = maker.MakeFields();
      std::vector<Value> values;
      for (const Maybe& field : fields) values.push_back(ToValue(field));
      const Maybe expected = tree.value(fields);
      const Value actual = (*expression)->Evaluate(values, &scratch);
      nulls += actual.is_null();
      ASSERT_TRUE(Same(actual, ToValue(expected)))
          << tree.text << "\n got " << ToString(actual) << ", not " << ToString(ToValue(expected));
    }
  }
  // The generator reaches what it is meant to.
  EXPECT_GT(compiled, 5'000);
  EXPECT_GT(nulls, compiled);
  EXPECT_LT(nulls, compiled * 7);
}

}  // namespace
}  // namespace millrace
