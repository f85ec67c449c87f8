#include "stream/expr/zone_offsets.h"

#include "absl/time/civil_time.h"
#include "stream/expr/time_text.h"

namespace millrace {
namespace {

constexpr int64_t kHourMs = 3'600'000;
// Every int64 of milliseconds is within ±2^42 hours, every offset within ±2^19 seconds.
constexpr uint64_t kHourBias = uint64_t{1} << 42;
constexpr uint64_t kOffsetBias = uint64_t{1} << 19;
constexpr int kOffsetBits = 20;

}  // namespace

int64_t ZoneOffsets::CachedSecondsAt(int64_t epoch_ms) const {
  const int64_t hour = FloorDiv(epoch_ms, kHourMs);
  const uint64_t tag = static_cast<uint64_t>(hour) + kHourBias;
  std::atomic<uint64_t>& entry = cache_[tag % kEntries];
  const uint64_t cached = entry.load(std::memory_order_relaxed);
  if (cached >> kOffsetBits == tag) {
    return static_cast<int64_t>((cached & ((uint64_t{1} << kOffsetBits) - 1)) - kOffsetBias);
  }
  const auto offset_at = [this](int64_t ms) { return zone_.At(absl::FromUnixMillis(ms)).offset; };
  const int64_t into_hour = epoch_ms - hour * kHourMs;
  const int offset = offset_at(epoch_ms);
  // An hour in which the clocks change is not cached. No zone changes twice within one.
  if (offset_at(epoch_ms - into_hour) == offset &&
      offset_at(epoch_ms + (kHourMs - 1 - into_hour)) == offset) {
    entry.store((tag << kOffsetBits) | (static_cast<uint64_t>(offset) + kOffsetBias),
                std::memory_order_relaxed);
  }
  return offset;
}

absl::TimeZone::TimeInfo ZoneOffsets::MomentsOf(int64_t local_ms) const {
  const int64_t seconds = FloorDiv(local_ms, 1000);
  return zone_.At(absl::CivilSecond(1970, 1, 1) + static_cast<absl::civil_diff_t>(seconds));
}

int64_t ZoneOffsets::FirstMomentOf(int64_t local_ms) const {
  if (is_utc_) return local_ms;
  const absl::TimeZone::TimeInfo info = MomentsOf(local_ms);
  if (info.kind == absl::TimeZone::TimeInfo::SKIPPED) return absl::ToUnixMillis(info.trans);
  return absl::ToUnixMillis(info.pre) + (local_ms - FloorDiv(local_ms, 1000) * 1000);
}

int64_t ZoneOffsets::LastMomentOf(int64_t local_ms, int64_t epoch_ms) const {
  const int64_t moment_ms = local_ms - SecondsAt(epoch_ms) * 1000;
  // Most often the clocks have not changed since.
  if (SecondsAt(moment_ms) == SecondsAt(epoch_ms)) return moment_ms;
  const absl::TimeZone::TimeInfo info = MomentsOf(local_ms);
  if (info.kind == absl::TimeZone::TimeInfo::REPEATED) {
    const int64_t again_ms =
        absl::ToUnixMillis(info.post) + (local_ms - FloorDiv(local_ms, 1000) * 1000);
    if (again_ms <= epoch_ms) return again_ms;
  }
  return FirstMomentOf(local_ms);
}

}  // namespace millrace
