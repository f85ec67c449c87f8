#include "stream/aggregations/aggregation_table.h"

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "gtest/gtest.h"
#include "stream/aggregations/bind.h"

namespace millrace {
namespace {

TEST(AggregationTable, NamesAreFoundOnceEach) {
  std::set<std::string> names;
  for (const AggregationType& type : AggregationTypes()) {
    EXPECT_TRUE(names.insert(std::string(type.name)).second) << type.name;
    EXPECT_EQ(FindAggregationType(type.name), &type);
    EXPECT_FALSE(type.meaning.empty()) << type.name;
  }
  EXPECT_EQ(FindAggregationType("median-ish"), nullptr);
}

TEST(AggregationTable, EveryNameIsInTheReferencePage) {
  std::ifstream file(PAGE);
  std::stringstream page;
  page << file.rdbuf();
  for (const AggregationType& type : AggregationTypes()) {
    EXPECT_NE(page.str().find("`" + std::string(type.name) + "`"), std::string::npos)
        << type.name << " in " << PAGE;
  }
}

std::string Refusal(absl::string_view name, const ValueType& value) {
  AggregationRequest request;
  request.type = FindAggregationType(name);
  request.input.value = value;
  request.input.window_ms = 1'000;
  const auto bound = BindAggregationTo(request);
  return bound.ok() ? "" : std::string(bound.status().message());
}

TEST(AggregationTable, RefusesTypesItCannotFold) {
  EXPECT_EQ(Refusal("sum", Type::kInt), "");
  EXPECT_EQ(Refusal("sum", ValueType(Type::kList, Type::kDouble)), "");
  EXPECT_EQ(Refusal("sum", Type::kBool), "'sum' takes an int, a double or a duration, not a bool");
  EXPECT_EQ(Refusal("var_pop", Type::kString), "'var_pop' takes an int or a double, not a string");
  EXPECT_EQ(Refusal("max", ValueType(Type::kVector, Type::kDouble, 3)),
            "'max' does not take a vector<3>");
  EXPECT_EQ(Refusal("median", ValueType(Type::kList, Type::kString)),
            "'median' takes an int or a double, not a string, of which the list<string> is made");
  EXPECT_EQ(Refusal("ratio", Type::kInt),
            "'ratio' takes \"*\" only: its 'where' says what is counted");
  EXPECT_EQ(Refusal("max", Type::kNull), "'max' does not take \"*\"");
  EXPECT_EQ(Refusal("count", Type::kNull), "");
}

TEST(AggregationTable, ResultsHaveTheTypesOfThePage) {
  const auto result = [](absl::string_view name, const ValueType& value) {
    AggregationRequest request;
    request.type = FindAggregationType(name);
    request.input.value = value;
    return ValueTypeName(BindAggregationTo(request).value().result);
  };
  EXPECT_EQ(result("mean", Type::kInt), "double");
  EXPECT_EQ(result("last", Type::kTimestamp), "timestamp");
  EXPECT_EQ(result("last_k", Type::kString), "list<string>");
  EXPECT_EQ(result("histogram", Type::kString), "map<int>");
  EXPECT_EQ(result("sum", ValueType(Type::kMap, Type::kInt)), "map<int>");
}

}  // namespace
}  // namespace millrace
