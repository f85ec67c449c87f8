#include "stream/expr/geo.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "core/portable_trigonometry.h"

namespace millrace {
namespace {

constexpr double kRadiansPerDegree = 3.1415926535897931160e+00 / 180;

// False also for NaN.
bool IsPlace(const Value& latitude, const Value& longitude) {
  return std::fabs(latitude.double_value()) <= 90 && std::fabs(longitude.double_value()) <= 180;
}

Value Distance(std::span<const Value> arguments) {
  if (!IsPlace(arguments[0], arguments[1]) || !IsPlace(arguments[2], arguments[3])) {
    return Value::Null();
  }
  const double latitude_1 = arguments[0].double_value() * kRadiansPerDegree;
  const double latitude_2 = arguments[2].double_value() * kRadiansPerDegree;
  const double across =
      (arguments[3].double_value() - arguments[1].double_value()) * kRadiansPerDegree;
  const double sin_up = PortableSin((latitude_2 - latitude_1) / 2);
  const double sin_across = PortableSin(across / 2);
  const double haversine = sin_up * sin_up + (PortableCos(latitude_1) * PortableCos(latitude_2)) *
                                                 (sin_across * sin_across);
  // Rounding may carry it beyond 1 for places opposite each other.
  const double h = std::clamp(haversine, 0.0, 1.0);
  const double angle = 2 * PortableAtan2(std::sqrt(h), std::sqrt(1 - h));
  return Value::Double(kEarthRadiusMetres * angle);
}

// Halves the interval; the upper half begins at its middle.
int TakeBit(double value, double* low, double* high) {
  const double middle = (*low + *high) / 2;
  if (value >= middle) {
    *low = middle;
    return 1;
  }
  *high = middle;
  return 0;
}

Value Geohash(std::span<const Value> arguments, Scratch* scratch) {
  constexpr char kDigits[] = "0123456789bcdefghjkmnpqrstuvwxyz";
  const int64_t characters = arguments[2].int_value();
  if (!IsPlace(arguments[0], arguments[1]) || characters < 1 ||
      characters > kMaxGeohashCharacters) {
    return Value::Null();
  }
  const auto size = static_cast<size_t>(characters);
  char* const out = scratch->Take(size);
  if (out == nullptr) return Value::Null();
  double south = -90, north = 90, west = -180, east = 180;
  bool longitude = true;  // its bits and the latitude's take turns
  for (size_t i = 0; i < size; ++i) {
    int digit = 0;
    for (int bit = 0; bit < 5; ++bit, longitude = !longitude) {
      digit = 2 * digit + (longitude ? TakeBit(arguments[1].double_value(), &west, &east)
                                     : TakeBit(arguments[0].double_value(), &south, &north));
    }
    out[i] = kDigits[digit];
  }
  return Value::String(absl::string_view(out, size));
}

}  // namespace

Value ApplyGeo(Op op, std::span<const Value> arguments, Scratch* scratch) {
  return op == Op::kGeoDistance ? Distance(arguments) : Geohash(arguments, scratch);
}

}  // namespace millrace
