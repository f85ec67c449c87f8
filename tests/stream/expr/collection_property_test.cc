// Random expressions over lists, maps and strings, compiled from their text, against an evaluator
// that walks a tree of its own.

#include <cstdint>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "stream/expr/expression.h"
#include "tests/core/printed_seed.h"
#include "tests/stream/expr/collection_datum.h"
#include "tests/stream/expr/collection_trees.h"

namespace millrace {
namespace {

TEST(CollectionProperty, AgreesWithATreeWalkOverTheStandardLibrary) {
  const uint64_t seed = PrintedSeed(20'130'103);
  CollectionMaker maker(seed);
  const Scope scope = CollectionMaker::MakeScope();
  int compiled = 0;
  int nulls = 0;
  std::string scratch;  // one for all, as a caller keeps it
  for (int round = 0; round < 6'000; ++round) {
    const CollectionTree tree = maker.Make(maker.AnyKind(), 4);
    if (tree.text.size() > 4096) continue;
    TextRange where;
    const auto expression = Expression::Compile(tree.text, scope, &where);
    ASSERT_TRUE(expression.ok()) << tree.text << "\n"
                                 << expression.status() << " at " << where.begin;
    ++compiled;
    for (int i = 0; i < 6; ++i) {
      Environment environment = {maker.MakeFields(), {}};
      std::vector<OwnedValue> owned;
      for (const Datum& field : environment.fields) owned.push_back(ToValue(field));
      std::vector<Value> fields;
      for (const OwnedValue& value : owned) fields.push_back(value.view());
      const OwnedValue expected = ToValue(tree.value(environment));
      const Value actual = (*expression)->Evaluate(fields, &scratch);
      nulls += actual.is_null();
      ASSERT_EQ(actual, expected.view())
          << tree.text << "\n got " << ToString(actual) << ", not " << ToString(expected.view());
    }
  }
  // The generator reaches what it is meant to.
  EXPECT_GT(compiled, 4'000);
  EXPECT_GT(nulls, compiled / 2);
  EXPECT_LT(nulls, compiled * 4);
}

}  // namespace
}  // namespace millrace
