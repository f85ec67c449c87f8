// LoadZone: the time zone that an expression names. Thread-safe.

#ifndef MILLRACE_STREAM_EXPR_ZONE_NAME_H_
#define MILLRACE_STREAM_EXPR_ZONE_NAME_H_

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace millrace {

// A name of the IANA database ("America/New_York", "UTC"), or an offset from UTC ("+05:30",
// "-02:00", "02:00"). False for anything else, also for what would differ from machine to machine,
// such as paths and "localtime".
bool LoadZone(absl::string_view name, absl::TimeZone* zone);

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPR_ZONE_NAME_H_
