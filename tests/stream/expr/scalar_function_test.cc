// Edges of the functions of time, numbers and places.

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "stream/expr/expression.h"

namespace millrace {
namespace {

constexpr int64_t kMaxInt = std::numeric_limits<int64_t>::max();
constexpr int64_t kMinInt = std::numeric_limits<int64_t>::min();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// 2013-01-01T10:15:30.250Z, a Tuesday.
constexpr int64_t kTuesday = 1'357'035'330'250;

struct Row {
  const char* text;
  Value value;
};

Value I(int64_t v) { return Value::Int(v); }
Value D(double v) { return Value::Double(v); }
Value S(const char* v) { return Value::String(v); }
Value B(bool v) { return Value::Bool(v); }
Value T(int64_t v) { return Value::Timestamp(v); }
Value Span(int64_t v) { return Value::Duration(v); }
Value N() { return Value::Null(); }

// Any NaN will do for one; 0.0 is not -0.0.
bool Same(const Value& a, const Value& b) {
  const bool doubles = a.type() == Type::kDouble && b.type() == Type::kDouble;
  return a == b || (doubles && std::isnan(a.double_value()) && std::isnan(b.double_value()));
}

void Expect(const std::vector<Row>& rows) {
  const Scope scope = {{"at", Type::kTimestamp}, {"i", Type::kInt},
                       {"small", Type::kInt},    {"x", Type::kDouble},
                       {"y", Type::kDouble},     {"nan", Type::kDouble},
                       {"gone", Type::kDouble},  {"gone_at", Type::kTimestamp}};
  const std::vector<Value> fields = {T(kTuesday), I(7),    I(kMinInt), D(2.5),
                                     D(-0.5),     D(kNan), N(),        N()};
  for (const Row& row : rows) {
    const auto expression = Expression::Compile(row.text, scope);
    ASSERT_TRUE(expression.ok()) << row.text << ": " << expression.status();
    std::string scratch;
    const Value value = (*expression)->Evaluate(fields, &scratch);
    EXPECT_TRUE(Same(value, row.value))
        << row.text << " is " << ToString(value) << ", not " << ToString(row.value);
  }
}

TEST(ScalarFunction, StartsOfCivilUnitsAreTheFirstMomentThereIs) {
  Expect({
      {"start_of_minute(at)", T(kTuesday - 30'250)},
      {"start_of_hour(at, 'Asia/Kathmandu')", T(kTuesday - 30'250)},
      {"string(start_of_week(at))", S("2012-12-31T00:00:00Z")},
      {"string(start_of_month(at, 'America/New_York'))", S("2013-01-01T05:00:00Z")},
      {"string(start_of_day(at, '-11:30'))", S("2012-12-31T11:30:00Z")},
      // Clocks went forward at midnight; clocks went back to midnight.
      {"string(start_of_day(timestamp('2018-11-04T12:00:00Z'), 'America/Sao_Paulo'))",
       S("2018-11-04T03:00:00Z")},
      {"string(start_of_day(timestamp('2013-11-03T12:00:00Z'), 'America/Havana'))",
       S("2013-11-03T04:00:00Z")},
      // An hour that the clocks repeat has two starts.
      {"start_of_hour(timestamp('2013-11-03T06:30:00Z'), 'America/New_York') - "
       "start_of_hour(timestamp('2013-11-03T05:30:00Z'), 'America/New_York')",
       Span(3'600'000)},
      {"start_of_day(timestamp('0001-01-01T05:00:00Z'), '+06:00')", N()},
      {"start_of_year(gone_at)", N()},
      {"timestamp('9999-12-31T23:59:59Z') + 1s", N()},
      {"duration('315576000000s') + 1ms", N()},
  });
}

TEST(ScalarFunction, BitsSignsAndLogarithmsHaveEdges) {
  Expect({
      {"bitShiftLeft(1, 64)", I(0)},
      {"bitShiftLeft(1, -1)", N()},
      {"bitShiftRight(-1, 63)", I(1)},
      {"bitNot(small)", I(kMaxInt)},
      {"bitXor(i, i)", I(0)},
      {"sign(small)", I(-1)},
      {"sign(nan)", D(kNan)},
      {"sign(-0.0)", D(0)},
      {"trunc(-2.9)", D(-2)},
      {"log2(0.0)", D(-kInf)},
      {"log10(1e15)", D(15)},
      {"log10(-1.0)", D(kNan)},
      {"sin(1e7)", D(kNan)},
      {"isFinite(x) && !isFinite(nan) && !isInf(nan) && isInf(-1.0 / 0.0)", B(true)},
      {"isNaN(gone)", N()},
      {"bool('yes')", N()},
      {"greatest(i)", I(7)},
      {"math.least(x, y)", D(-0.5)},
  });
}

TEST(ScalarFunction, PlacesHaveBounds) {
  Expect({
      {"geo_distance(90.0, 0.0, 90.0, 123.0) < 1e-6", B(true)},
      // Half of the way round, and a quarter.
      {"round(geo_distance(0.0, 0.0, 0.0, 180.0))", D(20'015'114)},
      {"round(geo_distance(0.0, -180.0, 90.0, 0.0))", D(10'007'557)},
      {"geo_distance(0.0, 179.0, 0.0, -179.0) == geo_distance(0.0, -1.0, 0.0, 1.0)", B(false)},
      {"abs(geo_distance(0.0, 179.0, 0.0, -179.0) - geo_distance(0.0, -1.0, 0.0, 1.0)) < 1e-6",
       B(true)},
      {"geo_distance(90.1, 0.0, 0.0, 0.0)", N()},
      {"geo_distance(0.0, 0.0, 0.0, -180.5)", N()},
      {"geo_distance(nan, 0.0, 0.0, 0.0)", N()},
      {"geo_distance(gone, 0.0, 0.0, 0.0)", N()},
      {"geohash(0.0, 0.0, 1)", S("s")},
      {"geohash(-90.0, -180.0, 12)", S("000000000000")},
      {"geohash(90.0, 180.0, 12)", S("zzzzzzzzzzzz")},
      {"geohash(42.6, -5.6, 5)", S("ezs42")},
      {"geohash(0.0, 0.0, 0)", N()},
      {"geohash(0.0, 0.0, 13)", N()},
  });
}

}  // namespace
}  // namespace millrace
