#include "core/value.h"

#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace millrace {
namespace {

std::vector<Value> OneOfEach() {
  return {Value::Null(),       Value::Bool(true),  Value::Int(7),       Value::Double(1.5),
          Value::String("ab"), Value::Bytes("ab"), Value::Timestamp(7), Value::Duration(7)};
}

TEST(Value, KeepsTypeAndContent) {
  EXPECT_TRUE(Value().is_null());
  EXPECT_TRUE(Value::Bool(true).bool_value());
  EXPECT_FALSE(Value::Bool(false).bool_value());
  EXPECT_EQ(Value::Int(-5).int_value(), -5);
  EXPECT_EQ(Value::Double(2.5).double_value(), 2.5);
  EXPECT_EQ(Value::String("x").string_value(), "x");
  EXPECT_EQ(Value::Timestamp(9).type(), Type::kTimestamp);
}

TEST(Value, EqualsOnlyTheSameTypeAndContent) {
  const std::vector<Value> values = OneOfEach();
  for (size_t i = 0; i < values.size(); ++i) {
    for (size_t j = 0; j < values.size(); ++j) EXPECT_EQ(values[i] == values[j], i == j);
  }
  const std::string copy = "ab";
  EXPECT_EQ(Value::String(copy), Value::String("ab"));
  EXPECT_FALSE(Value::Int(7) == Value::Int(8));
}

TEST(Value, DoublesAreEqualByBits) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(Value::Double(nan), Value::Double(nan));
  EXPECT_FALSE(Value::Double(0.0) == Value::Double(-0.0));
}

TEST(OwnedValue, OutlivesTheBytesItWasMadeFrom) {
  OwnedValue owned;
  {
    std::string text(100, 'q');
    owned.Assign(Value::String(text));
    text.assign(100, 'z');
  }
  EXPECT_EQ(owned.view().string_value(), std::string(100, 'q'));
  EXPECT_EQ(owned.view().type(), Type::kString);
}

TEST(OwnedValue, HoldsEveryTypeAndCompares) {
  for (const Value& value : OneOfEach()) {
    const OwnedValue owned(value);
    EXPECT_EQ(owned.view(), value);
    EXPECT_EQ(owned.is_null(), value.is_null());
    const OwnedValue copy = owned;
    EXPECT_EQ(copy, owned);
  }
  OwnedValue reused(Value::String("long enough to own"));
  reused.Assign(Value::Int(1));
  EXPECT_EQ(reused.view(), Value::Int(1));
}

TEST(Value, PrintsForPeople) {
  EXPECT_EQ(ToString(Value::Null()), "null");
  EXPECT_EQ(ToString(Value::Bool(true)), "true");
  EXPECT_EQ(ToString(Value::Int(-12)), "-12");
  EXPECT_EQ(ToString(Value::Double(0.1)), "0.1");
  EXPECT_EQ(ToString(Value::Double(1234567.25)), "1234567.25");
  EXPECT_EQ(ToString(Value::String("JFK")), "JFK");
  EXPECT_EQ(ToString(Value::Timestamp(1357016400000)), "2013-01-01T05:00:00Z");
  EXPECT_EQ(ToString(Value::Timestamp(1357016400250)), "2013-01-01T05:00:00.25Z");
  EXPECT_EQ(ToString(Value::Duration(90000)), "90s");
  EXPECT_EQ(ToString(Value::Duration(1500)), "1500ms");
  EXPECT_EQ(ToString(Value::Duration(-2000)), "-2s");
}

TEST(Type, NamesAreTheWordsOfTheConfiguration) {
  EXPECT_EQ(TypeName(Type::kBool), "bool");
  EXPECT_EQ(TypeName(Type::kInt), "int");
  EXPECT_EQ(TypeName(Type::kDouble), "double");
  EXPECT_EQ(TypeName(Type::kTimestamp), "timestamp");
  EXPECT_EQ(TypeName(Type::kDuration), "duration");
}

}  // namespace
}  // namespace millrace
