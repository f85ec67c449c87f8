// ZoneOffsets: how far a time zone is from UTC at a time, answered from a small cache by hour,
// since records come in near order of time and the search of a zone's history costs more than the
// rest of an expression. Thread-safe: each entry of the cache is one atomic word that says which
// hour it is of.

#ifndef MILLRACE_STREAM_EXPR_ZONE_OFFSETS_H_
#define MILLRACE_STREAM_EXPR_ZONE_OFFSETS_H_

#include <array>
#include <atomic>
#include <cstdint>

#include "absl/time/time.h"

namespace millrace {

class ZoneOffsets {
 public:
  explicit ZoneOffsets(absl::TimeZone zone) : zone_(zone), is_utc_(zone == absl::UTCTimeZone()) {}

  // Seconds east of UTC at `epoch_ms`.
  int64_t SecondsAt(int64_t epoch_ms) const { return is_utc_ ? 0 : CachedSecondsAt(epoch_ms); }

  // The first moment at which the zone's clocks show a civil time or a later one; the civil time
  // is given in milliseconds as if it were UTC.
  int64_t FirstMomentOf(int64_t local_ms) const;
  // Of the moments up to `epoch_ms` at which the clocks show a civil time, the last; where they
  // skip it, the moment of the skip. REQUIRES: the clocks have shown or skipped it by then.
  int64_t LastMomentOf(int64_t local_ms, int64_t epoch_ms) const;

 private:
  static constexpr size_t kEntries = 64;  // hours

  int64_t CachedSecondsAt(int64_t epoch_ms) const;
  // The moments at which the clocks show the whole second of a civil time.
  absl::TimeZone::TimeInfo MomentsOf(int64_t local_ms) const;

  const absl::TimeZone zone_;
  const bool is_utc_;
  // Hour since the epoch and offset, packed; 0 is empty.
  mutable std::array<std::atomic<uint64_t>, kEntries> cache_{};
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPR_ZONE_OFFSETS_H_
