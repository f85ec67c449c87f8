// What functions of numbers, types and civil time answer.

#include "gtest/gtest.h"
#include "tests/stream/expr/expression_rows.h"

namespace millrace {
namespace {

TEST(Expression, CallsNumericFunctions) {
  Expect({
      {"coalesce(none_i, none_i, i, j)", Type::kInt, I(7)},
      {"coalesce(none_i, null)", Type::kInt, N()},
      {"coalesce(null, 'x')", Type::kString, S("x")},
      {"coalesce(i)", Type::kInt, I(7)},
      {"coalesce(none_i, i / 0, 1 + i)", Type::kInt, I(8)},
      {"min(i, j)", Type::kInt, I(-2)},
      {"max(i, j, 9, 3)", Type::kInt, I(9)},
      {"min(x, y, 1.0)", Type::kDouble, D(-0.5)},
      {"max(nan, 1.0)", Type::kDouble, D(kNan)},
      {"max(1.0, nan)", Type::kDouble, D(kNan)},
      {"min(1.0, nan)", Type::kDouble, D(kNan)},
      {"min(0.0, -0.0)", Type::kDouble, D(-0.0)},
      {"min(-0.0, 0.0)", Type::kDouble, D(-0.0)},
      {"max(-0.0, 0.0)", Type::kDouble, D(0.0)},
      {"max(0.0, -0.0)", Type::kDouble, D(0.0)},
      {"max(-3.0, 2.0)", Type::kDouble, D(2.0)},
      {"min(at, at + 1s)", Type::kTimestamp, T(kTuesday)},
      {"max(span, 1s)", Type::kDuration, Ms(90'000)},
      {"max(i, none_i)", Type::kInt, N()},
      {"min(max(i, 1) + 1, max(j, 3) * 2)", Type::kInt, I(6)},
      {"abs(j)", Type::kInt, I(2)},
      {"abs(y)", Type::kDouble, D(0.5)},
      {"abs(-5s)", Type::kDuration, Ms(5'000)},
      {"floor(y)", Type::kDouble, D(-1)},
      {"ceil(x)", Type::kDouble, D(3)},
      {"round(x)", Type::kDouble, D(3)},
      {"round(-2.5)", Type::kDouble, D(-3)},
      {"sqrt(6.25)", Type::kDouble, D(2.5)},
      {"sqrt(-1.0)", Type::kDouble, D(kNan)},
      {"log(1.0)", Type::kDouble, D(0)},
      {"log(0.0)", Type::kDouble, D(-kInf)},
      {"exp(0.0)", Type::kDouble, D(1)},
      {"pow(x, 2.0)", Type::kDouble, D(6.25)},
      {"pow(-2.0, 3.0)", Type::kDouble, D(-8)},
      {"pow(2.0, -2.0)", Type::kDouble, D(0.25)},
      {"pow(x, 0.0)", Type::kDouble, D(1)},
      {"pow(-1.0, 0.5)", Type::kDouble, D(kNan)},
      {"pow(0.0, 0.5)", Type::kDouble, D(0)},
      {"pow(0.0, -1.0)", Type::kDouble, D(kInf)},
      {"log(none_x)", Type::kDouble, N()},
  });
}

TEST(Expression, ConvertsBetweenTypes) {
  Expect({
      {"int(2.9)", Type::kInt, I(2)},
      {"int(-2.9)", Type::kInt, I(-2)},
      {"int(1e30)", Type::kInt, N()},
      {"int(9223372036854775808.0)", Type::kInt, N()},
      {"int(nan)", Type::kInt, N()},
      {"int(i)", Type::kInt, I(7)},
      {"int(b)", Type::kInt, I(1)},
      {"int('-12')", Type::kInt, I(-12)},
      {"int(' 12')", Type::kInt, N()},
      {"int('12x')", Type::kInt, N()},
      {"int('9223372036854775808')", Type::kInt, N()},
      {"int(at)", Type::kInt, I(1'357'035'330)},
      {"int(timestamp('1969-12-31T23:59:59.500Z'))", Type::kInt, I(-1)},
      {"int(90s)", Type::kInt, I(90)},
      {"double(i) / 2.0", Type::kDouble, D(3.5)},
      {"double('1.5e2')", Type::kDouble, D(150)},
      {"double('inf')", Type::kDouble, N()},
      {"double('')", Type::kDouble, N()},
      {"double(1500ms)", Type::kDouble, D(1.5)},
      {"double(b)", Type::kDouble, D(1)},
      {"string(i)", Type::kString, S("7")},
      {"string(small)", Type::kString, S("-9223372036854775808")},
      {"string(x)", Type::kString, S("2.5")},
      {"string(0.1)", Type::kString, S("0.1")},
      {"string(nan)", Type::kString, S("NaN")},
      {"string(b)", Type::kString, S("true")},
      {"string(s)", Type::kString, S("JFK")},
      {"string(at)", Type::kString, S("2013-01-01T10:15:30.250Z")},
      {"string(span)", Type::kString, S("90s")},
      {"string(-1500ms)", Type::kString, S("-1.5s")},
      {"string(raw)", Type::kString, S("abc")},
      {"string(bad)", Type::kString, N()},
      {"string(none_i)", Type::kString, N()},
      {"string(i) == string(7) && string(j) < string(i)", Type::kBool, B(true)},
      {"timestamp('2013-01-01T05:15:30.25-05:00')", Type::kTimestamp, T(kTuesday)},
      {"timestamp(1357035330)", Type::kTimestamp, T(1'357'035'330'000)},
      {"timestamp('2013-02-30T00:00:00Z')", Type::kTimestamp, N()},
      {"duration('1h30m')", Type::kDuration, Ms(5'400'000)},
      {"duration('soon')", Type::kDuration, N()},
      {"size(t)", Type::kInt, I(5)},
      {"size(raw)", Type::kInt, I(3)},
      {"'abc'.size()", Type::kInt, I(3)},
      {"s.startsWith('J')", Type::kBool, B(true)},
      {"s.endsWith('K') && !s.endsWith('J')", Type::kBool, B(true)},
      {"s.contains('FK')", Type::kBool, B(true)},
      {"string(i).contains(s)", Type::kBool, B(false)},
      {"none_s.contains('a')", Type::kBool, N()},
      {"s.startsWith(none_s)", Type::kBool, N()},
  });
}

TEST(Expression, ReadsCivilTimeInAZone) {
  Expect({
      {"hour(at)", Type::kInt, I(10)},
      {"minute(at)", Type::kInt, I(15)},
      {"weekday(at)", Type::kInt, I(1)},
      {"day(at)", Type::kInt, I(1)},
      {"month(at)", Type::kInt, I(1)},
      {"hour_of_week(at)", Type::kInt, I(34)},
      {"hour(at, 'America/New_York')", Type::kInt, I(5)},
      {"minute(at, 'Asia/Kathmandu')", Type::kInt, I(0)},  // +05:45
      {"hour(at - 6h, 'America/New_York')", Type::kInt, I(23)},
      {"day(at - 6h, 'America/New_York')", Type::kInt, I(31)},
      {"month(at - 6h, 'America/New_York')", Type::kInt, I(12)},
      {"weekday(at - 6h, 'America/New_York')", Type::kInt, I(0)},
      {"weekday(timestamp('1969-12-31T12:00:00Z'))", Type::kInt, I(2)},
      {"hour_of_week(timestamp('2013-01-07T00:00:00Z'))", Type::kInt, I(0)},
      {"hour_of_week(timestamp('2013-01-06T23:59:59Z'))", Type::kInt, I(167)},
      {"hour(timestamp('2013-07-01T12:00:00Z'), 'America/New_York')", Type::kInt, I(8)},
      // The hour before and after the clocks go forward.
      {"hour(timestamp('2013-03-10T06:59:59Z'), 'America/New_York')", Type::kInt, I(1)},
      {"hour(timestamp('2013-03-10T07:00:00Z'), 'America/New_York')", Type::kInt, I(3)},
      {"month(timestamp('0001-01-01T00:00:00Z'))", Type::kInt, I(1)},
      {"hour(none_at)", Type::kInt, N()},
      {"hour(timestamp(9223372036854775))", Type::kInt, N()},
  });
}

}  // namespace
}  // namespace millrace
