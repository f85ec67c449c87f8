// Source: FreeBSD msun k_sin.c, k_cos.c, e_rem_pio2.c and s_atan.c (Sun Microsystems, 1993), whose
// coefficients are used unchanged. Deviations: the reduction always takes three parts of π/2,
// since it is within kMaxAngle; the quadrants of atan2 are put together here.
//
// Every operation is one IEEE 754 operation in round-to-nearest, in an order fixed by the
// parentheses (the build forbids contraction), so any x86-64 compiler gives the same bits.

#include "core/portable_trigonometry.h"

#include <bit>
#include <cstdint>
#include <limits>

namespace millrace {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kPi = 3.1415926535897931160e+00;
constexpr double kPiLow = 1.2246467991473531772e-16;

// An angle as quadrant and remainder in ±π/4, the remainder in two parts.
struct Reduced {
  int64_t quadrant;
  double high;
  double low;
};

// REQUIRES: |x| <= kMaxAngle.
Reduced Reduce(double x) {
  constexpr double kTwoOverPi = 6.36619772367581382433e-01;
  // π/2 in parts of 33 bits: a product with the quadrant is exact.
  constexpr double kPart1 = 1.57079632673412561417e+00;
  constexpr double kPart2 = 6.07710050630396597660e-11;
  constexpr double kPart3 = 2.02226624871116645580e-21;
  constexpr double kRest = 8.47842766036889956997e-32;
  constexpr double kShift = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds
  const double n = (x * kTwoOverPi + kShift) - kShift;
  // Each difference keeps what it lost to rounding.
  const double first = x - n * kPart1;
  const double second = first - n * kPart2;
  const double lost_second = (first - second) - n * kPart2;
  const double third = second - n * kPart3;
  const double lost_third = (second - third) - n * kPart3;
  const double lost = (lost_second + lost_third) - n * kRest;
  const double high = third + lost;
  return {static_cast<int64_t>(n), high, (third - high) + lost};
}

double SinOfReduced(double x, double low) {
  constexpr double kS1 = -1.66666666666666324348e-01;
  constexpr double kS2 = 8.33333333332248946124e-03;
  constexpr double kS3 = -1.98412698298579493134e-04;
  constexpr double kS4 = 2.75573137070700676789e-06;
  constexpr double kS5 = -2.50507602534068634195e-08;
  constexpr double kS6 = 1.58969099521155010221e-10;
  const double z = x * x;
  const double v = z * x;
  const double r = kS2 + z * (kS3 + z * (kS4 + z * (kS5 + z * kS6)));
  return x - ((z * (0.5 * low - v * r) - low) - v * kS1);
}

double CosOfReduced(double x, double low) {
  constexpr double kC1 = 4.16666666666666019037e-02;
  constexpr double kC2 = -1.38888888888741095749e-03;
  constexpr double kC3 = 2.48015872894767294178e-05;
  constexpr double kC4 = -2.75573143513906633035e-07;
  constexpr double kC5 = 2.08757232129817482790e-09;
  constexpr double kC6 = -1.13596475577881948265e-11;
  const double z = x * x;
  const double r = z * (kC1 + z * (kC2 + z * (kC3 + z * (kC4 + z * (kC5 + z * kC6)))));
  const double half = 0.5 * z;
  const double w = 1.0 - half;
  return w + (((1.0 - w) - half) + (z * r - x * low));
}

// Of x >= 0, also infinite.
double Atan(double x) {
  constexpr double kHigh[] = {4.63647609000806093515e-01, 7.85398163397448278999e-01,
                              9.82793723247329054082e-01, 1.57079632679489655800e+00};
  constexpr double kLow[] = {2.26987774529616870924e-17, 3.06161699786838301793e-17,
                             1.39033110312309984516e-17, 6.12323399573676603587e-17};
  constexpr double kT[] = {
      3.33333333333329318027e-01,  -1.99999999998764832476e-01, 1.42857142725034663711e-01,
      -1.11111104054623557880e-01, 9.09088713343650656196e-02,  -7.69187620504482999495e-02,
      6.66107313738753120669e-02,  -5.83357013379057348645e-02, 4.97687799461593236017e-02,
      -3.65315727442169155270e-02, 1.62858201153657823623e-02};
  if (x >= 0x1p66) return kHigh[3] + kLow[3];
  int part = -1;
  if (x >= 2.4375) {
    part = 3;
    x = -1.0 / x;
  } else if (x >= 1.1875) {
    part = 2;
    x = (x - 1.5) / (1.0 + 1.5 * x);
  } else if (x >= 0.6875) {
    part = 1;
    x = (x - 1.0) / (x + 1.0);
  } else if (x >= 0.4375) {
    part = 0;
    x = (2.0 * x - 1.0) / (2.0 + x);
  }
  const double z = x * x;
  const double w = z * z;
  const double odd =
      z * (kT[0] + w * (kT[2] + w * (kT[4] + w * (kT[6] + w * (kT[8] + w * kT[10])))));
  const double even = w * (kT[1] + w * (kT[3] + w * (kT[5] + w * (kT[7] + w * kT[9]))));
  if (part < 0) return x - x * (odd + even);
  return kHigh[part] - ((x * (odd + even) - kLow[part]) - x);
}

double Magnitude(double x) {
  return std::bit_cast<double>(std::bit_cast<uint64_t>(x) & ~(uint64_t{1} << 63));
}
bool IsNegative(double x) { return std::bit_cast<uint64_t>(x) >> 63 != 0; }

}  // namespace

double PortableSin(double x) {
  if (!(Magnitude(x) <= kMaxAngle)) return kNaN;
  if (Magnitude(x) < 0x1p-27) return x;
  const Reduced r = Reduce(x);
  const double size = r.quadrant & 1 ? CosOfReduced(r.high, r.low) : SinOfReduced(r.high, r.low);
  return r.quadrant & 2 ? -size : size;
}

double PortableCos(double x) {
  if (!(Magnitude(x) <= kMaxAngle)) return kNaN;
  const Reduced r = Reduce(x);
  const double size = r.quadrant & 1 ? SinOfReduced(r.high, r.low) : CosOfReduced(r.high, r.low);
  return (r.quadrant + 1) & 2 ? -size : size;
}

double PortableAtan2(double y, double x) {
  if (x != x || y != y) return kNaN;
  const double height = Magnitude(y);
  const double width = Magnitude(x);
  double angle;
  if (height == 0.0) {
    angle = 0.0;
  } else if (width == std::numeric_limits<double>::infinity() && height == width) {
    angle = kPi / 4;
  } else {
    angle = Atan(height / width);  // a quotient of infinity is a quarter turn
  }
  if (IsNegative(x)) angle = kPi - (angle - kPiLow);
  return IsNegative(y) ? -angle : angle;
}

}  // namespace millrace
