// Sine, cosine and arc tangent whose results are the same bits on every x86-64 machine, as
// core/portable_math.h and for its reasons. Thread-safe.

#ifndef MILLRACE_CORE_PORTABLE_TRIGONOMETRY_H_
#define MILLRACE_CORE_PORTABLE_TRIGONOMETRY_H_

namespace millrace {

// The largest angle, in radians, that sine and cosine take: beyond it the reduction to a quarter
// turn would need more digits of π than it has.
inline constexpr double kMaxAngle = 1e6;

// Absolute error below 1 ulp or so; NaN for NaN and beyond ±kMaxAngle.
double PortableSin(double x);
double PortableCos(double x);
// The angle of the point (x, y), in (-π, π]: relative error about 1 ulp; 0 for the origin, with
// the sign of y; NaN if one is.
double PortableAtan2(double y, double x);

}  // namespace millrace

#endif  // MILLRACE_CORE_PORTABLE_TRIGONOMETRY_H_
