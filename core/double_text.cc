#include "core/double_text.h"

#include <charconv>
#include <limits>

namespace millrace {

std::string DoubleText(double v) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (v != v) return "NaN";
  if (v == kInfinity) return "+Inf";
  if (v == -kInfinity) return "-Inf";
  char buffer[32];  // the shortest form needs at most 24
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), v);
  return std::string(buffer, end.ptr);
}

}  // namespace millrace
