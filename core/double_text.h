// DoubleText: the one way a double becomes text for people and for line protocols.

#ifndef MILLRACE_CORE_DOUBLE_TEXT_H_
#define MILLRACE_CORE_DOUBLE_TEXT_H_

#include <string>

namespace millrace {

// The shortest decimal that reads back as the same bits ("0.1", "1e+300", "-0"); "NaN", "+Inf" and
// "-Inf" as Prometheus writes them. The same on every machine and in every locale.
std::string DoubleText(double v);

}  // namespace millrace

#endif  // MILLRACE_CORE_DOUBLE_TEXT_H_
