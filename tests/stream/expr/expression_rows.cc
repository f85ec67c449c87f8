#include "tests/stream/expr/expression_rows.h"

#include <cmath>
#include <string>

#include "gtest/gtest.h"

namespace millrace {

const Scope& TestScope() {
  static const Scope& scope = *new Scope{
      {"i", Type::kInt},         {"j", Type::kInt},
      {"x", Type::kDouble},      {"y", Type::kDouble},
      {"s", Type::kString},      {"t", Type::kString},
      {"b", Type::kBool},        {"at", Type::kTimestamp},
      {"span", Type::kDuration}, {"raw", Type::kBytes},
      {"none_i", Type::kInt},    {"none_b", Type::kBool},
      {"none_s", Type::kString}, {"view.left_6h", Type::kInt},
      {"none_x", Type::kDouble}, {"none_at", Type::kTimestamp},
      {"bad", Type::kBytes},     {"big", Type::kInt},
      {"small", Type::kInt},     {"nan", Type::kDouble},
  };
  return scope;
}

std::vector<Value> TestFields() {
  return {Value::Int(7),           Value::Int(-2),
          Value::Double(2.5),      Value::Double(-0.5),
          Value::String("JFK"),    Value::String("naïve"),
          Value::Bool(true),       Value::Timestamp(kTuesday),
          Value::Duration(90'000), Value::Bytes("abc"),
          Value::Null(),           Value::Null(),
          Value::Null(),           Value::Int(3),
          Value::Null(),           Value::Null(),
          Value::Bytes("\xff"),    Value::Int(kMaxInt),
          Value::Int(kMinInt),     Value::Double(kNan)};
}

void Expect(const std::vector<Row>& rows) {
  const std::vector<Value> fields = TestFields();
  for (const Row& row : rows) {
    SCOPED_TRACE(row.text);
    TextRange where;
    const auto expression = Expression::Compile(row.text, TestScope(), &where);
    ASSERT_TRUE(expression.ok()) << expression.status() << " at " << where.begin;
    EXPECT_EQ((*expression)->type(), row.type);
    std::string scratch;
    const Value value = (*expression)->Evaluate(fields, &scratch);
    if (row.value.type() == Type::kDouble && std::isnan(row.value.double_value())) {
      EXPECT_TRUE(value.type() == Type::kDouble && std::isnan(value.double_value()));
      continue;
    }
    EXPECT_TRUE(value == row.value)
        << "got " << TypeName(value.type()) << " " << ToString(value) << ", not "
        << TypeName(row.value.type()) << " " << ToString(row.value);
  }
}

}  // namespace millrace
