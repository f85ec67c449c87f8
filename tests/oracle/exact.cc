#include "tests/oracle/exact.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace millrace::oracle {
namespace {

struct Scaled {
  Integer integer;
  int exponent = 0;
};

Scaled Decompose(const Datum& number) {
  if (const auto* v = number.As<int64_t>()) return {Integer(*v), 0};
  if (const auto* v = number.As<bool>()) return {Integer(*v ? 1 : 0), 0};
  const double v = *number.As<double>();
  if (v == 0) return {Integer(0), 0};
  int exponent = 0;
  const double mantissa = std::frexp(v, &exponent);
  auto integer = static_cast<int64_t>(std::ldexp(mantissa, 53));
  exponent -= 53;
  while ((integer & 1) == 0) {
    integer /= 2;
    ++exponent;
  }
  return {Integer(integer), exponent};
}

int BitLength(const Integer& positive) {
  return static_cast<int>(boost::multiprecision::msb(positive)) + 1;
}

}  // namespace

Exact ToExact(const std::vector<Datum>& numbers) {
  std::vector<Scaled> parts;
  int exponent = 0;
  for (const Datum& number : numbers) {
    parts.push_back(Decompose(number));
    exponent = std::min(exponent, parts.back().exponent);
  }
  Exact exact;
  exact.exponent = exponent;
  for (const Scaled& part : parts) {
    exact.values.push_back(part.integer * (Integer(1) << (part.exponent - exponent)));
  }
  return exact;
}

double Rounded(const Integer& numerator, const Integer& denominator, int exponent) {
  if (numerator == 0) return 0.0;
  const bool negative = numerator < 0;
  Integer dividend = negative ? Integer(-numerator) : numerator;
  // The quotient gets at least 66 bits; a remainder becomes one sticky bit below them.
  const int shift = std::max(0, 66 - BitLength(dividend) + BitLength(denominator));
  dividend <<= shift;
  Integer quotient;
  Integer remainder;
  boost::multiprecision::divide_qr(dividend, denominator, quotient, remainder);
  quotient = quotient * 2 + (remainder == 0 ? 0 : 1);
  int scale = exponent - shift - 1;
  // Keep 53 bits, fewer where the result is subnormal.
  const int length = BitLength(quotient);
  const int drop = std::max(length - 53, -1074 - scale);
  if (drop > 0) {
    const Integer half = Integer(1) << (drop - 1);
    const Integer rest = quotient & ((Integer(1) << drop) - 1);
    quotient >>= drop;
    if (rest > half || (rest == half && (quotient & 1) == 1)) ++quotient;
    scale += drop;
  }
  const double size = std::ldexp(static_cast<double>(quotient), scale);
  return negative ? -size : size;
}

std::vector<Integer> ScaledDeviations(const std::vector<Integer>& values) {
  Integer sum = 0;
  for (const Integer& value : values) sum += value;
  std::vector<Integer> deviations;
  deviations.reserve(values.size());
  for (const Integer& value : values) deviations.push_back(values.size() * value - sum);
  return deviations;
}

Real ToReal(const Integer& integer, int exponent) {
  return boost::multiprecision::ldexp(Real(integer), exponent);
}

}  // namespace millrace::oracle
