// Sources: W. J. Cody and W. Waite, "Software Manual for the Elementary Functions" (1980), ch. 6,
// for the argument reduction of exp; FreeBSD msun e_log.c and s_log1p.c (Sun Microsystems, 1993)
// for log and log1p, whose coefficients are used unchanged. Deviation: exp sums the Taylor series
// to r^13 (truncation 4e-18 at |r| = ln2/2) instead of Sun's rational form, which needs a division.
//
// Every operation is one IEEE 754 addition, multiplication or division in round-to-nearest, in an
// order fixed by the parentheses (the build forbids contraction into fused operations), so any
// x86-64 compiler gives the same bits.

#include "core/portable_math.h"

#include <bit>
#include <cstdint>
#include <limits>

namespace millrace {
namespace {

// ln 2 in two parts: kLn2High has 21 trailing zero bits, so k * kLn2High is exact for |k| < 2^20.
constexpr double kLn2High = 6.93147180369123816490e-01;
constexpr double kLn2Low = 1.90821492927058770002e-10;
constexpr double kInverseLn2 = 1.44269504088896338700e+00;

constexpr double kExpOverflow = 709.782712893383973096;    // above: +Inf
constexpr double kExpUnderflow = -745.133219101941108420;  // below: 0

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// 2^k. REQUIRES: -1022 <= k <= 1023.
inline double PowerOfTwo(int64_t k) {
  return std::bit_cast<double>(static_cast<uint64_t>(k + 1023) << 52);
}

inline uint32_t HighWord(double x) {
  return static_cast<uint32_t>(std::bit_cast<uint64_t>(x) >> 32);
}

inline double WithHighWord(double x, uint32_t high) {
  return std::bit_cast<double>((uint64_t{high} << 32) | (std::bit_cast<uint64_t>(x) & 0xffffffffu));
}

// The last steps of e_log.c: log((1 + f) * 2^k) + correction, for 1 + f in [sqrt(1/2), sqrt(2)].
inline double LogOfReduced(double f, double k, double correction) {
  constexpr double kL1 = 6.666666666666735130e-01;
  constexpr double kL2 = 3.999999999940941908e-01;
  constexpr double kL3 = 2.857142874366239149e-01;
  constexpr double kL4 = 2.222219843214978396e-01;
  constexpr double kL5 = 1.818357216161805012e-01;
  constexpr double kL6 = 1.531383769920937332e-01;
  constexpr double kL7 = 1.479819860511658591e-01;
  const double half_square = 0.5 * f * f;
  const double s = f / (2.0 + f);
  const double z = s * s;
  const double w = z * z;
  const double even = w * (kL2 + w * (kL4 + w * kL6));
  const double odd = z * (kL1 + w * (kL3 + w * (kL5 + w * kL7)));
  const double r = odd + even;
  return ((s * (half_square + r) + (k * kLn2Low + correction)) - half_square) + f + k * kLn2High;
}

// High word of sqrt(1/2): significands are brought to [sqrt(1/2), sqrt(2)).
constexpr uint32_t kSqrtHalfHigh = 0x3fe6a09e;
constexpr uint32_t kOneHigh = 0x3ff00000;

}  // namespace

double PortableExp(double x) {
  if (x != x) return x;
  if (x > kExpOverflow) return kInfinity;
  if (x < kExpUnderflow) return 0.0;

  // Adding and removing 1.5 * 2^52 rounds to the nearest integer; its low bits hold k.
  constexpr double kShift = 6755399441055744.0;
  const double shifted = x * kInverseLn2 + kShift;
  const double k = shifted - kShift;
  const int64_t exponent =
      static_cast<int32_t>(std::bit_cast<uint64_t>(shifted) & 0xffffffffu);  // two's complement
  const double high = x - k * kLn2High;                                      // exact
  const double low = k * kLn2Low;
  const double r = high - low;

  // e^r = 1 + (r + r^2 q(r)), q by Estrin's scheme to shorten the chain of dependent operations.
  const double r2 = r * r;
  const double r4 = r2 * r2;
  const double r8 = r4 * r4;
  const double q01 = 1.0 / 2 + r * (1.0 / 6);
  const double q23 = 1.0 / 24 + r * (1.0 / 120);
  const double q45 = 1.0 / 720 + r * (1.0 / 5040);
  const double q67 = 1.0 / 40320 + r * (1.0 / 362880);
  const double q89 = 1.0 / 3628800 + r * (1.0 / 39916800);
  const double qab = 1.0 / 479001600 + r * (1.0 / 6227020800.0);
  const double q = ((q01 + r2 * q23) + r4 * (q45 + r2 * q67)) + r8 * (q89 + r2 * qab);
  // The rounding error of r = high - low is put back: it is what keeps the result within 1 ulp.
  const double lost = (high - r) - low;
  const double y = 1.0 + (r + (r2 * q + lost));

  if (exponent > 1023) return y * 2.0 * PowerOfTwo(exponent - 1);
  if (exponent < -1021) return y * PowerOfTwo(exponent + 1000) * PowerOfTwo(-1000);
  return y * PowerOfTwo(exponent);
}

double PortableLog(double x) {
  int32_t k = 0;
  uint32_t high = HighWord(x);
  if (high < 0x00100000 || (high >> 31) != 0) {  // subnormal, zero, negative or -NaN
    if (x == 0.0) return -kInfinity;
    if (x != x) return x;
    if (x < 0.0) return kNaN;
    k = -54;
    x *= 18014398509481984.0;  // 2^54
    high = HighWord(x);
  } else if (high >= 0x7ff00000) {  // +Inf or NaN
    return x;
  }
  high += kOneHigh - kSqrtHalfHigh;
  k += static_cast<int32_t>(high >> 20) - 1023;
  const double f = WithHighWord(x, (high & 0xfffff) + kSqrtHalfHigh) - 1.0;
  return LogOfReduced(f, static_cast<double>(k), 0.0);
}

double PortableLog2(double x) {
  constexpr double kPerLn = 1.44269504088896338700e+00;
  if (!(x > 0.0) || x == kInfinity) return PortableLog(x);
  // The exponent apart: of a power of two nothing remains.
  int64_t k = 0;
  if (HighWord(x) < 0x00100000) {
    x *= 18014398509481984.0;  // 2^54
    k = -54;
  }
  const uint32_t high = HighWord(x) + (kOneHigh - kSqrtHalfHigh);
  k += static_cast<int64_t>(high >> 20) - 1023;
  const double f = WithHighWord(x, (high & 0xfffff) + kSqrtHalfHigh) - 1.0;
  return static_cast<double>(k) + LogOfReduced(f, 0.0, 0.0) * kPerLn;
}

double PortableLog10(double x) {
  constexpr double kPerLn = 4.34294481903251816668e-01;
  const double result = PortableLog(x) * kPerLn;
  if (!(result > -0.5 && result < 22.5)) return result;
  const double whole = static_cast<double>(static_cast<int>(result + 0.5));
  double power = 1.0;  // exact up to 10^22
  for (double n = 0; n < whole; ++n) power *= 10.0;
  return power == x ? whole : result;
}

double PortableLog1p(double x) {
  if (x != x) return x;
  if (x <= -1.0) return x == -1.0 ? -kInfinity : kNaN;
  if (x == kInfinity) return x;
  if (x < 1.1102230246251565e-16 && x > -1.1102230246251565e-16) return x;  // |x| < 2^-53
  if (x > -0.2928 && x < 0.4142) return LogOfReduced(x, 0.0, 0.0);

  const double u = 1.0 + x;
  uint32_t high = HighWord(u);
  high += kOneHigh - kSqrtHalfHigh;
  const int32_t k = static_cast<int32_t>(high >> 20) - 1023;
  // What 1 + x lost to rounding, relative to u; negligible when x is beyond 2^53.
  const double lost = k < 54 ? (k >= 2 ? 1.0 - (u - x) : x - (u - 1.0)) / u : 0.0;
  const double f = WithHighWord(u, (high & 0xfffff) + kSqrtHalfHigh) - 1.0;
  return LogOfReduced(f, static_cast<double>(k), lost);
}

double Logistic(double x) {
  // With e = exp(-|x|) nothing overflows and both tails keep their relative precision.
  const double e = PortableExp(x < 0.0 ? x : -x);
  return (x < 0.0 ? e : 1.0) / (1.0 + e);
}

double PortablePow(double x, double y) {
  if (y == 0.0 || x == 1.0) return 1.0;
  return PortableExp(y * PortableLog(x));
}

}  // namespace millrace
