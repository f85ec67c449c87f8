// Tables of expressions and their values over fields that all tests of scalars share. Thread-safe.

#ifndef MILLRACE_TESTS_STREAM_EXPR_EXPRESSION_ROWS_H_
#define MILLRACE_TESTS_STREAM_EXPR_EXPRESSION_ROWS_H_

#include <cstdint>
#include <limits>
#include <vector>

#include "stream/expr/expression.h"

namespace millrace {

constexpr int64_t kMaxInt = std::numeric_limits<int64_t>::max();
constexpr int64_t kMinInt = std::numeric_limits<int64_t>::min();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// 2013-01-01T10:15:30.250Z, a Tuesday: the field `at`.
constexpr int64_t kTuesday = 1'357'035'330'250;

// Two fields of each common type, odd values, and nulls (none_*).
const Scope& TestScope();
// Their values. Views of literals.
std::vector<Value> TestFields();

inline Value I(int64_t v) { return Value::Int(v); }
inline Value D(double v) { return Value::Double(v); }
inline Value S(const char* v) { return Value::String(v); }
inline Value B(bool v) { return Value::Bool(v); }
inline Value T(int64_t v) { return Value::Timestamp(v); }
inline Value Ms(int64_t v) { return Value::Duration(v); }
inline Value N() { return Value::Null(); }

struct Row {
  const char* text;
  Type type;  // of the expression, which a null's value does not tell
  Value value;
};

// Fails the test for each row whose text does not compile over TestScope or does not have the type
// and, over TestFields, the value. Any NaN will do for one; 0.0 is not -0.0.
void Expect(const std::vector<Row>& rows);

}  // namespace millrace

#endif  // MILLRACE_TESTS_STREAM_EXPR_EXPRESSION_ROWS_H_
