// Arithmetic without rounding error: every finite double is an integer times a power of two, so
// sums, products and central moments are integers, and only the last step rounds. Pure functions
// over values; thread-safe. Slow on purpose.

#ifndef MILLRACE_TESTS_ORACLE_EXACT_H_
#define MILLRACE_TESTS_ORACLE_EXACT_H_

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <boost/multiprecision/cpp_int.hpp>
#include <vector>

#include "tests/oracle/datum.h"

namespace millrace::oracle {

// Both without expression templates: every operator gives a value.
using Integer = boost::multiprecision::number<boost::multiprecision::cpp_int_backend<>,
                                              boost::multiprecision::et_off>;
// 100 decimal digits, for roots and quotients of exact integers.
using Real = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<100>,
                                           boost::multiprecision::et_off>;

// values[i] · 2^exponent are exactly the numbers they were made from.
struct Exact {
  std::vector<Integer> values;
  int exponent = 0;
};

// REQUIRES: every datum an int, a bool (0 or 1) or a finite double.
Exact ToExact(const std::vector<Datum>& numbers);

// numerator / denominator · 2^exponent, rounded once, half to even; infinite beyond the range of
// double. REQUIRES: denominator > 0.
double Rounded(const Integer& numerator, const Integer& denominator, int exponent);

// n · (x_i − mean) for each i, which are integers of the same exponent.
std::vector<Integer> ScaledDeviations(const std::vector<Integer>& values);

// integer · 2^exponent.
Real ToReal(const Integer& integer, int exponent);

}  // namespace millrace::oracle

#endif  // MILLRACE_TESTS_ORACLE_EXACT_H_
