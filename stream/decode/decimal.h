// DecimalToDouble: Avro's decimals, as Connect and Debezium write them. Thread-safe: pure.

#ifndef MILLRACE_STREAM_DECODE_DECIMAL_H_
#define MILLRACE_STREAM_DECODE_DECIMAL_H_

#include "absl/strings/string_view.h"

namespace millrace {

// The double nearest to unscaled · 10^-scale, where `unscaled` is an integer in two's complement,
// big-endian (none: 0). False when it needs more than 128 bits. REQUIRES: 0 <= scale <= 308.
bool DecimalToDouble(absl::string_view unscaled, int scale, double* value);

}  // namespace millrace

#endif  // MILLRACE_STREAM_DECODE_DECIMAL_H_
