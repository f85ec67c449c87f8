// TileStack: the tiles of one entity in all tiers of its view, finest first, in cascade: an entry
// changes the finest tile only; a tile that closes is merged once into the coarser one that holds
// it. So every tile is its canonical fold: records of a finest tile in total order, a coarser tile
// the left-to-right merge of its parts (docs/windows.md, "Canonical fold").
//
// `closed` is the start of the finest tile that is open: all before it is merged into the coarser
// tiers, the tile of a coarser tier that holds it is completed by readers (View). Entries before it
// are late: they change their tile and every coarser one that holds it, by folding again where the
// order matters or a record is taken back and the entries for it are still there.
//
// The functions that take the entity's log want the same one, which holds what it keeps of the
// entries added. Thread-compatible.

#ifndef MILLRACE_FEATURESTORE_TILE_STACK_H_
#define MILLRACE_FEATURESTORE_TILE_STACK_H_

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "featurestore/micro_log.h"
#include "featurestore/tile_tier.h"
#include "featurestore/view_layout.h"

namespace millrace {

// A state per tier for what is put together while reading or folding again.
using TileScratch = std::array<OwnedState, kTileSizesMs.size()>;

class TileStack {
 public:
  explicit TileStack(const ViewLayout& layout);

  size_t tiers() const { return tiers_.size(); }
  TileTier& tier(size_t i) { return tiers_[i]; }
  const TileTier& tier(size_t i) const { return tiers_[i]; }
  int64_t closed_ms() const { return closed_ms_; }
  void set_closed_ms(int64_t closed_ms) { closed_ms_ = closed_ms; }

  // Adds an entry that stands in the log already, as far as that keeps it.
  void Add(const MicroLog& log, const EntryRef& entry, const MicroLog::Inserted& inserted,
           const Horizon& horizon);
  // Closes what the horizon has passed.
  void CloseFor(const MicroLog& log, const Horizon& horizon);
  // And drops it.
  void Trim(const MicroLog& log, const Horizon& horizon);
  // Puts the open tile in order where entries came out of it: before it is stored or closed.
  void Settle(const MicroLog& log);

  // The tile of a tier that starts there, completed in *scratch if it is open; nullopt when it has
  // no entries. Valid until the stack or *scratch is changed.
  std::optional<StateView> View(const MicroLog& log, const FoldPlan& plan, size_t tier,
                                int64_t start_ms, TileScratch* scratch) const;
  // Calls visit(start, StateView) for the tiles with begin <= start < end, ascending.
  template <typename Visit>
  void ForRange(const MicroLog& log, const FoldPlan& plan, size_t tier, int64_t begin_ms,
                int64_t end_ms, TileScratch* scratch, Visit visit) const {
    const int64_t open = FloorTo(closed_ms_, tiers_[tier].tile_ms());
    tiers_[tier].ForRange(begin_ms, std::min(end_ms, open), visit);
    if (open < begin_ms || open >= end_ms) return;
    if (const auto state = View(log, plan, tier, open, scratch)) visit(open, *state);
  }

  // The canonical fold of a tile from the entries alone, in (*scratch)[tier].
  static StateView FoldEntries(const ViewLayout& layout, const FoldPlan& plan, const MicroLog& log,
                               size_t tier, int64_t start_ms, int64_t end_ms, TileScratch* scratch);

  size_t MemoryBytes() const;

 private:
  void CloseUntil(const MicroLog& log, int64_t time_ms);
  void AddOpen(const MicroLog& log, const EntryRef& entry, const MicroLog::Inserted& inserted,
               const Horizon& horizon);
  void AddLate(const MicroLog& log, const EntryRef& entry, const MicroLog::Inserted& inserted,
               const Horizon& horizon);
  // Folds a tile again, from its parts or from entries. False when neither is there.
  bool Rebuild(const MicroLog& log, size_t tier, int64_t start_ms, const Horizon& horizon);
  void Replace(size_t tier, int64_t start_ms, StateView state);

  const ViewLayout* layout_;
  std::vector<TileTier> tiers_;
  int64_t closed_ms_;
  bool open_is_stale_ = false;  // entries came out of order into the open tile
};

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_TILE_STACK_H_
