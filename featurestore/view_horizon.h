// What a view still keeps at a stream time, and why: each tier for the windows that it serves, the
// entries for the longest of them, a base for what is older than any lifetime window can tell
// apart.

#ifndef MILLRACE_FEATURESTORE_VIEW_HORIZON_H_
#define MILLRACE_FEATURESTORE_VIEW_HORIZON_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "featurestore/window_plan.h"
#include "stream/state_limits.h"
#include "stream/tile_ladder.h"
#include "stream/view_spec.h"
#include "stream/window.h"

namespace millrace {

// What is still kept, by event time; a function of the stream time alone, so every replica and
// every arrival order agree. Everything older is gone, even where a row happens to still hold it.
struct Horizon {
  int64_t log_cut_ms = -kTimeLimitMs;                      // entries
  std::array<int64_t, kTileSizesMs.size()> tier_cut_ms{};  // tiles, by position in the ladder
  int64_t base_end_ms = -kTimeLimitMs;  // lifetime windows: all before is one state
};

// How far back sessions of the window are followed at the least, before `lag` and `as_of`: a day,
// 128 gaps or two `max_length`, whichever is longest (docs/windows.md, "Sessions"). Records and
// tiles are kept for it, the ladder covers it, and while the data reach less far back a session
// that was not found may still warm.
int64_t SessionReach(const Window& window);
// How far the base of a lifetime window stays behind the stream. `finds_tiles`: what comes late or
// is taken back must still find its tile.
int64_t BaseLag(const ViewSpec& spec, const Window& lifetime, bool finds_tiles);

// The horizon as a function of the stream time. Immutable; thread-safe.
class HorizonRules {
 public:
  // Keeps nothing.
  HorizonRules() = default;
  // `tile_ms`: sizes of the tiers, ascending, which `windows` name; `finds_tiles` as for BaseLag.
  HorizonRules(const ViewSpec& spec, std::span<const WindowPlan> windows,
               std::vector<int64_t> tile_ms, bool finds_tiles);

  Horizon At(int64_t stream_ms) const;
  // The first stream time after `stream_ms` at which the horizon may differ.
  int64_t NextChange(int64_t stream_ms) const;

  // How long a tier is kept.
  int64_t tier_need_ms(size_t tier) const { return tier_need_ms_[tier]; }
  // The longest window with its lag and `as_of`.
  int64_t longest_ms() const { return longest_ms_; }
  // Some window goes by number of records, whatever their age.
  bool keeps_newest() const { return keeps_newest_; }
  // The longest lag of a lifetime window; -1: there is none.
  int64_t lifetime_lag_ms() const { return lifetime_lag_ms_; }
  // How far the base stays behind.
  int64_t base_lag_ms() const { return base_lag_ms_; }

 private:
  void KeepForLifetime(const ViewSpec& spec, const WindowPlan& plan, bool finds_tiles);

  std::vector<int64_t> tile_ms_;
  std::array<int64_t, kTileSizesMs.size()> tier_need_ms_{};
  bool tiled_ = false;  // entries are kept for the newest tiles only
  bool keeps_newest_ = false;
  int64_t longest_ms_ = 0;
  bool log_follows_tiers_ = false;  // some tier is kept as long as longest_ms_
  int64_t lifetime_lag_ms_ = -1;
  int64_t base_lag_ms_ = 0;
};

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_VIEW_HORIZON_H_
