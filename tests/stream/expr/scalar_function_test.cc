// Edges of the functions of time, numbers and places.

#include "gtest/gtest.h"
#include "tests/stream/expr/expression_rows.h"

namespace millrace {
namespace {

TEST(ScalarFunction, StartsOfCivilUnitsAreTheFirstMomentThereIs) {
  Expect({
      {"start_of_minute(at)", Type::kTimestamp, T(kTuesday - 30'250)},
      {"start_of_hour(at, 'Asia/Kathmandu')", Type::kTimestamp, T(kTuesday - 30'250)},
      {"string(start_of_week(at))", Type::kString, S("2012-12-31T00:00:00Z")},
      {"string(start_of_month(at, 'America/New_York'))", Type::kString, S("2013-01-01T05:00:00Z")},
      {"string(start_of_day(at, '-11:30'))", Type::kString, S("2012-12-31T11:30:00Z")},
      // Clocks went forward at midnight; clocks went back to midnight.
      {"string(start_of_day(timestamp('2018-11-04T12:00:00Z'), 'America/Sao_Paulo'))",
       Type::kString, S("2018-11-04T03:00:00Z")},
      {"string(start_of_day(timestamp('2013-11-03T12:00:00Z'), 'America/Havana'))", Type::kString,
       S("2013-11-03T04:00:00Z")},
      // An hour that the clocks repeat has two starts.
      {"start_of_hour(timestamp('2013-11-03T06:30:00Z'), 'America/New_York') - "
       "start_of_hour(timestamp('2013-11-03T05:30:00Z'), 'America/New_York')",
       Type::kDuration, Ms(3'600'000)},
      {"start_of_day(timestamp('0001-01-01T05:00:00Z'), '+06:00')", Type::kTimestamp, N()},
      {"start_of_year(none_at)", Type::kTimestamp, N()},
      {"timestamp('9999-12-31T23:59:59Z') + 1s", Type::kTimestamp, N()},
      {"duration('315576000000s') + 1ms", Type::kDuration, N()},
  });
}

TEST(ScalarFunction, BitsSignsAndLogarithmsHaveEdges) {
  Expect({
      {"bitShiftLeft(1, 64)", Type::kInt, I(0)},
      {"bitShiftLeft(1, -1)", Type::kInt, N()},
      {"bitShiftRight(-1, 63)", Type::kInt, I(1)},
      {"bitNot(small)", Type::kInt, I(kMaxInt)},
      {"bitXor(i, i)", Type::kInt, I(0)},
      {"sign(small)", Type::kInt, I(-1)},
      {"sign(nan)", Type::kDouble, D(kNan)},
      {"sign(-0.0)", Type::kDouble, D(0)},
      {"trunc(-2.9)", Type::kDouble, D(-2)},
      {"log2(0.0)", Type::kDouble, D(-kInf)},
      {"log10(1e15)", Type::kDouble, D(15)},
      {"log10(-1.0)", Type::kDouble, D(kNan)},
      {"sin(1e7)", Type::kDouble, D(kNan)},
      {"isFinite(x) && !isFinite(nan) && !isInf(nan) && isInf(-1.0 / 0.0)", Type::kBool, B(true)},
      {"isNaN(none_x)", Type::kBool, N()},
      {"bool('yes')", Type::kBool, N()},
      {"greatest(i)", Type::kInt, I(7)},
      {"math.least(x, y)", Type::kDouble, D(-0.5)},
  });
}

TEST(ScalarFunction, PlacesHaveBounds) {
  Expect({
      {"geo_distance(90.0, 0.0, 90.0, 123.0) < 1e-6", Type::kBool, B(true)},
      // Half of the way round, and a quarter.
      {"round(geo_distance(0.0, 0.0, 0.0, 180.0))", Type::kDouble, D(20'015'114)},
      {"round(geo_distance(0.0, -180.0, 90.0, 0.0))", Type::kDouble, D(10'007'557)},
      {"geo_distance(0.0, 179.0, 0.0, -179.0) == geo_distance(0.0, -1.0, 0.0, 1.0)", Type::kBool,
       B(false)},
      {"abs(geo_distance(0.0, 179.0, 0.0, -179.0) - geo_distance(0.0, -1.0, 0.0, 1.0)) < 1e-6",
       Type::kBool, B(true)},
      {"geo_distance(90.1, 0.0, 0.0, 0.0)", Type::kDouble, N()},
      {"geo_distance(0.0, 0.0, 0.0, -180.5)", Type::kDouble, N()},
      {"geo_distance(nan, 0.0, 0.0, 0.0)", Type::kDouble, N()},
      {"geo_distance(none_x, 0.0, 0.0, 0.0)", Type::kDouble, N()},
      {"geohash(0.0, 0.0, 1)", Type::kString, S("s")},
      {"geohash(-90.0, -180.0, 12)", Type::kString, S("000000000000")},
      {"geohash(90.0, 180.0, 12)", Type::kString, S("zzzzzzzzzzzz")},
      {"geohash(42.6, -5.6, 5)", Type::kString, S("ezs42")},
      {"geohash(0.0, 0.0, 0)", Type::kString, N()},
      {"geohash(0.0, 0.0, 13)", Type::kString, N()},
  });
}

}  // namespace
}  // namespace millrace
