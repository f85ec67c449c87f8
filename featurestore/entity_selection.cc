#include "featurestore/entity_selection.h"

#include <algorithm>
#include <vector>

#include "featurestore/newest_event.h"

namespace millrace {

EntityRow SelectRecords(const ViewLayout& layout, const EntityRow& row, const Horizon& horizon,
                        absl::FunctionRef<bool(uint64_t*)> keep) {
  // As if nothing were behind the horizon yet: what takes a record back must find it in its tile.
  const Horizon nothing_passed = layout.horizon().At(-kTimeLimitMs);
  EntityRow selected(layout, nothing_passed);
  std::vector<uint64_t> copy(static_cast<size_t>(layout.entry().words()));
  // Of the millisecond of the newest record that was dropped, some may be left.
  row.log().ForRange(row.complete_from_ms(horizon), INT64_MAX, [&](const EntryRef& entry) {
    std::copy_n(entry.words, copy.size(), copy.begin());
    if (!keep(copy.data())) return;
    // What cancels it may not be among them.
    copy[3] &= ~(uint64_t{1} << EntryLayout::kCancelledBit);
    selected.Add({copy.data(), entry.blobs}, nothing_passed);
  });
  selected.Trim(horizon);
  return selected;
}

int64_t SelectableFrom(const EntityRow& row, const Horizon& horizon) {
  const int64_t cut = horizon.log_cut_ms;
  if (row.log().floor()) return std::max(cut, row.log().complete_from_ms());
  if (cut <= -kTimeLimitMs) return kBeginningOfTime;
  // A base may also tell of retractions that met nothing.
  const StateView base = row.base().view();
  const bool in_base = !row.base().empty() && base.entries() > 0 && base.min_time_ms() < cut;
  return in_base || NewestBefore(row, horizon, cut) ? cut : kBeginningOfTime;
}

}  // namespace millrace
