// exp, log, pow and logistic whose results are the same bits on every x86-64 machine: the C library
// picks variants by CPU, and a model must not depend on that (docs/decisions/0002-same-bits.md).
// Built from IEEE basic operations only, without fused multiply-add. Thread-safe.

#ifndef MILLRACE_CORE_PORTABLE_MATH_H_
#define MILLRACE_CORE_PORTABLE_MATH_H_

namespace millrace {

// e^x, relative error below 1 ulp or so; 0 and +Inf beyond the range of double; NaN for NaN.
double PortableExp(double x);
// Natural logarithm, relative error about 1 ulp; -Inf for 0, NaN for negatives.
double PortableLog(double x);
// log(1 + x) without cancellation near 0. REQUIRES: x > -1 (else NaN or -Inf).
double PortableLog1p(double x);
// Logarithms to base 2 and 10, error about 2 ulp, exact for the powers that doubles hold exactly;
// special cases as PortableLog.
double PortableLog2(double x);
double PortableLog10(double x);
// 1 / (1 + e^-x), in (0, 1) for |x| <= 36, never NaN for a number.
double Logistic(double x);
// x^y for x > 0, as exp(y log x): relative error grows with |y log x| (about 1e-14 at 100).
double PortablePow(double x, double y);

}  // namespace millrace

#endif  // MILLRACE_CORE_PORTABLE_MATH_H_
