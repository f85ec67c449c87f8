// Places on Earth: distance and geohash. The same bits on every machine; nothing here allocates.
// Thread-safe: pure functions but for the scratch.
//
// Sources: R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68 (1984); G. Niemeyer's
// geohash (2008), as Wikipedia's "Geohash" describes it.

#ifndef MILLRACE_STREAM_EXPR_GEO_H_
#define MILLRACE_STREAM_EXPR_GEO_H_

#include <span>

#include "core/value.h"
#include "stream/expr/op.h"
#include "stream/expr/scratch.h"

namespace millrace {

// The mean radius of the WGS 84 ellipsoid (IUGG's R1).
inline constexpr double kEarthRadiusMetres = 6'371'008.8;
inline constexpr int kMaxGeohashCharacters = 12;

// kGeoDistance: latitude and longitude of two places, in degrees → metres along a great circle of
// a sphere, which errs by up to 0.5 %. kGeohash: latitude, longitude and the number of characters,
// 1 to kMaxGeohashCharacters → its geohash. Null for a latitude beyond ±90, a longitude beyond ±180
// or another number of characters. REQUIRES: no argument is null.
Value ApplyGeo(Op op, std::span<const Value> arguments, Scratch* scratch);

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPR_GEO_H_
