#include "stream/derivation.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/collection.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::shared_ptr<const Expression> Compiled(const std::string& text, const Scope& scope) {
  const auto compiled = Expression::Compile(text, scope);
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  return compiled.value();
}

// The rows as texts; "left out" when `where` was not true.
std::vector<std::string> Rows(Deriver& deriver, const std::vector<Value>& row) {
  std::vector<std::string> rows;
  const auto fate = deriver.Derive(row, [&](std::span<const Value> fields) {
    std::string& text = rows.emplace_back();
    for (const Value& field : fields) {
      absl::StrAppend(&text, text.empty() ? "" : " ", ToString(field));
    }
    return absl::OkStatus();
  });
  EXPECT_TRUE(fate.ok()) << fate.status();
  if (*fate == Deriver::Fate::kLeftOut) rows.emplace_back("left out");
  return rows;
}

TEST(Derivation, TakesColumnsInItsOwnOrder) {
  const Derivation derivation = {.columns = {2, 0}};
  Deriver deriver(derivation);
  EXPECT_THAT(Rows(deriver, {Value::Int(1), Value::Int(2), Value::Int(3)}), ElementsAre("3 1"));
}

TEST(Derivation, ComputedFieldsMayUseThoseBeforeThem) {
  const Scope scope = {{"a", Type::kInt}, {"b", Type::kInt}};
  Derivation derivation = {.columns = {0, 1}};
  derivation.let.push_back(Compiled("a + b", scope));
  derivation.let.push_back(Compiled("sum * 2", {scope[0], scope[1], {"sum", Type::kInt}}));
  Deriver deriver(derivation);
  EXPECT_THAT(Rows(deriver, {Value::Int(1), Value::Int(2)}), ElementsAre("1 2 3 6"));
  EXPECT_THAT(Rows(deriver, {Value::Int(1), Value::Null()}), ElementsAre("1 null null null"));
}

TEST(Derivation, RowsOfWhichTheConditionIsFalseOrNullAreLeftOut) {
  Derivation derivation = {.columns = {0}};
  derivation.where = Compiled("a > 2", {{"a", Type::kInt}});
  Deriver deriver(derivation);
  EXPECT_THAT(Rows(deriver, {Value::Int(3)}), ElementsAre("3"));
  EXPECT_THAT(Rows(deriver, {Value::Int(2)}), ElementsAre("left out"));
  EXPECT_THAT(Rows(deriver, {Value::Null()}), ElementsAre("left out"));
}

TEST(Derivation, EachItemStandsInThePlaceOfItsList) {
  const Derivation derivation = {.columns = {0, 1}, .each = 1};
  Deriver deriver(derivation);
  ListBuilder list;
  list.Add(Value::String("x"));
  list.Add(Value::Null());
  list.Add(Value::String("y"));
  EXPECT_THAT(Rows(deriver, {Value::Int(1), list.value()}), ElementsAre("1 x", "1 null", "1 y"));
  EXPECT_THAT(Rows(deriver, {Value::Int(1), ListBuilder().value()}), IsEmpty());
  EXPECT_THAT(Rows(deriver, {Value::Int(1), Value::Null()}), IsEmpty());
}

TEST(Derivation, AFaultOfTheVisitEndsIt) {
  const Derivation derivation = {.columns = {0}, .each = 0};
  Deriver deriver(derivation);
  ListBuilder list;
  for (int i = 0; i < 5; ++i) list.Add(Value::Int(i));
  int visited = 0;
  const std::vector<Value> row = {list.value()};
  const auto fate = deriver.Derive(row, [&](std::span<const Value>) {
    return ++visited == 3 ? absl::InternalError("enough") : absl::OkStatus();
  });
  EXPECT_EQ(fate.status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(visited, 3);
}

}  // namespace
}  // namespace millrace
