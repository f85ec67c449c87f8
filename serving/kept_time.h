// ExplainRead: what a caller is told of a time that the store keeps no more. Pure function.

#ifndef MILLRACE_SERVING_KEPT_TIME_H_
#define MILLRACE_SERVING_KEPT_TIME_H_

#include <cstdint>

#include "absl/status/status.h"
#include "featurestore/online_store.h"

namespace millrace {

// The status of OnlineStore::Read of `view` at `at_ms` for a caller: OutOfRange as MILLRACE-4015
// with both times as RFC 3339, the one asked for and the oldest that can be read in full; any other
// as it is. REQUIRES: status is an error.
absl::Status ExplainRead(const absl::Status& status, const OnlineStore& store, int32_t view,
                         int64_t at_ms);

}  // namespace millrace

#endif  // MILLRACE_SERVING_KEPT_TIME_H_
