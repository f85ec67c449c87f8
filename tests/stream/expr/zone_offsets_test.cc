#include "stream/expr/zone_offsets.h"

#include <random>

#include "gtest/gtest.h"
#include "stream/expr/time_text.h"

namespace millrace {
namespace {

// The cache must never be seen: its answers are those of the zone itself, around every change of
// the clocks, at odd offsets, and over the whole range of timestamps.
TEST(ZoneOffsets, AgreeWithTheZoneEverywhere) {
  constexpr uint64_t kSeed = 11;
  SCOPED_TRACE(kSeed);
  std::mt19937_64 random(kSeed);
  for (const char* name : {"UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
                           "Africa/Monrovia", "Europe/Amsterdam", "Pacific/Apia"}) {
    SCOPED_TRACE(name);
    absl::TimeZone zone;
    ASSERT_TRUE(absl::LoadTimeZone(name, &zone));
    const ZoneOffsets offsets(zone);
    const auto check = [&](int64_t ms) {
      ASSERT_EQ(offsets.SecondsAt(ms), zone.At(absl::FromUnixMillis(ms)).offset) << ms;
    };
    absl::Time at = absl::FromUnixMillis(-3'000'000'000'000);
    absl::TimeZone::CivilTransition change;
    for (int i = 0; i < 400 && zone.NextTransition(at, &change); ++i) {
      at = absl::FromCivil(change.from, zone);
      const int64_t ms = absl::ToUnixMillis(at);
      for (int repeat = 0; repeat < 2; ++repeat) {
        for (int64_t d = -4'000'000; d <= 4'000'000; d += 499'999) check(ms + d);
        check(ms - 1);
        check(ms);
        check(ms + 1);
      }
    }
    std::uniform_int_distribution<int64_t> times(kMinTimestampMs, kMaxTimestampMs);
    for (int i = 0; i < 5'000; ++i) check(times(random));
  }
}

}  // namespace
}  // namespace millrace
