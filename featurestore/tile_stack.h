// TileStack: the tiles of one entity in all tiers of its view, finest first, in cascade: an entry
// changes the finest tile only; a tile that closes is merged once into the coarser one that holds
// it. So every tile is its canonical fold: records of a finest tile in total order, a coarser tile
// the left-to-right merge of its parts (docs/windows.md, "Canonical fold").
//
// A tile of few records that the log still holds is not stored: folding its records when somebody
// asks is cheaper than keeping a state of them. So slow entities have no tiles, and fast ones have
// those that are worth it. Before the log drops a record, every tile that holds it is stored.
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
  // Tiles of more records than this are stored.
  static constexpr size_t kFewEntries = 8;
  // Entities with no more records than this store no tiles.
  static constexpr size_t kSparseEntries = 32;

  explicit TileStack(const ViewLayout& layout);

  // No tile is stored.
  bool empty() const { return tiers_.empty(); }
  // The stored tiles, by tier; none while empty().
  std::vector<TileTier>& tiers() { return tiers_; }
  const std::vector<TileTier>& tiers() const { return tiers_; }
  int64_t closed_ms() const { return closed_ms_; }

  // Adds an entry that stands in the log already, as far as that keeps it. What is late, or takes
  // back, must find the stack trimmed to `horizon`.
  void Add(const MicroLog& log, const EntryRef& entry, const MicroLog::Inserted& inserted,
           const Horizon& horizon);
  // Whether the log cannot drop its oldest record before StoreOldest.
  bool MustStoreOldest(const MicroLog& log) const {
    return layout_->tiers() > 0 && log.OldestSpan().begin_ms >= stored_until_ms_;
  }
  // Stores the tiles of the records that the log will drop next for want of room. REQUIRES: trimmed
  // to `horizon`: older tiles are not stored.
  void StoreOldest(const MicroLog& log, const Horizon& horizon);
  // The horizon has passed closed_ms(), which moves when the stack is trimmed to it.
  bool MustClose(const Horizon& horizon) const;
  // Closes what the horizon has passed.
  void CloseFor(const MicroLog& log, const Horizon& horizon);
  // And drops it.
  void Trim(const MicroLog& log, const Horizon& horizon);
  // Puts the open tile in order where entries came out of it: before it is written down.
  void Settle(const MicroLog& log);

  // The tile of a tier that starts there, completed in *scratch if it is open and folded there if
  // it is not stored; nullopt when it has no entries. Valid until the stack or *scratch is changed.
  std::optional<StateView> View(const MicroLog& log, const FoldPlan& plan, size_t tier,
                                int64_t start_ms, TileScratch* scratch) const;
  // Calls visit(start, StateView) for the tiles with begin <= start < end that have entries,
  // ascending; they are valid during the call.
  template <typename Visit>
  void ForRange(const MicroLog& log, const FoldPlan& plan, size_t tier, int64_t begin_ms,
                int64_t end_ms, TileScratch* scratch, Visit visit) const {
    const int64_t open = FloorTo(closed_ms_, layout_->tile_ms(tier));
    ForParts(log, plan, tier, begin_ms, std::min(end_ms, open), INT64_MAX, scratch, visit);
    if (open < begin_ms || open >= end_ms) return;
    if (const auto state = View(log, plan, tier, open, scratch)) visit(open, *state);
  }
  // Merges them all into `state`. Returns how many merges and entries that took.
  int64_t MergeRange(const MicroLog& log, const FoldPlan& plan, size_t tier, int64_t begin_ms,
                     int64_t end_ms, TileScratch* scratch, StateSlot state) const;
  // Merges the closed parts of a tile that is open into `state`: what it holds before closed_ms().
  // Returns how many merges that took. REQUIRES: closed_ms() lies in the tile.
  int64_t MergeClosed(const MicroLog& log, const FoldPlan& plan, size_t tier, int64_t start_ms,
                      TileScratch* scratch, StateSlot state) const;
  // What ForRange visits, of what is closed: a coarser tile that is open without its open part.
  template <typename Visit>
  void ForClosed(const MicroLog& log, size_t tier, int64_t begin_ms, TileScratch* scratch,
                 Visit visit) const {
    ForParts(log, layout_->state().plan(), tier, begin_ms, INT64_MAX, ClosedUntil(tier), scratch,
             visit);
  }
  // Whether a tile is worth being stored, or has to be: a function of the records alone.
  bool Matters(const MicroLog& log, int64_t start_ms, StateView tile) const;

  // --- storage ---
  // Takes the stack as stored: then come the blocks of its tiers.
  void Restore(int64_t closed_ms, int64_t stored_until_ms, bool has_tiles);
  // Every tile of a record before this time is stored.
  int64_t stored_until_ms() const { return stored_until_ms_; }

  size_t MemoryBytes() const;

 private:
  // All before it is behind the horizon.
  int64_t ClosedBy(const Horizon& horizon) const;
  // Entries of a tier's tiles before this time are merged into them.
  int64_t ClosedUntil(size_t tier) const {
    return tier == 0 ? INT64_MAX : FloorTo(closed_ms_, layout_->tile_ms(tier - 1));
  }
  bool Stored(size_t tier, int64_t start_ms) const {
    return !empty() && tiers_[tier].Find(start_ms).has_value();
  }
  // Whether the tile's records up to `end_ms` are few, the log holds them, and none of them was
  // stored to make room. If so the tile is not stored: it never was, as none of this ever becomes
  // true again.
  bool StaysEntries(const MicroLog& log, const Horizon& horizon, int64_t start_ms,
                    int64_t end_ms) const;
  void CloseUntil(const MicroLog& log, const Horizon& horizon, int64_t time_ms);
  void AddOpen(const MicroLog& log, const EntryRef& entry, const MicroLog::Inserted& inserted,
               const Horizon& horizon);
  void AddLate(const MicroLog& log, const EntryRef& entry, const MicroLog::Inserted& inserted,
               const Horizon& horizon);
  // Folds a tile again, from its parts or from entries. False when neither is there.
  bool Rebuild(const MicroLog& log, size_t tier, int64_t start_ms, const Horizon& horizon);
  // The canonical fold of a tile's records before `until_ms`, from its parts, in (*scratch)[tier].
  StateView FoldParts(const MicroLog& log, const FoldPlan& plan, size_t tier, int64_t start_ms,
                      int64_t until_ms, TileScratch* scratch) const;
  // The same from the entries alone.
  StateView FoldEntries(const MicroLog& log, const FoldPlan& plan, size_t tier, int64_t start_ms,
                        int64_t until_ms, TileScratch* scratch) const;
  // MergeRange of tiles that are closed.
  int64_t MergeParts(const MicroLog& log, const FoldPlan& plan, size_t tier, int64_t begin_ms,
                     int64_t end_ms, TileScratch* scratch, StateSlot state) const;
  // Stored tiles with begin <= start < end, and between them those that are folded from the
  // entries before `until_ms`.
  template <typename Visit>
  void ForParts(const MicroLog& log, const FoldPlan& plan, size_t tier, int64_t begin_ms,
                int64_t end_ms, int64_t until_ms, TileScratch* scratch, Visit visit) const {
    int64_t next = begin_ms;
    if (!empty()) {
      tiers_[tier].ForRange(begin_ms, end_ms, [&](int64_t start, StateView tile) {
        ForEntries(log, plan, tier, next, std::min(start, until_ms), scratch, visit);
        visit(start, tile);
        next = start + layout_->tile_ms(tier);
      });
    }
    ForEntries(log, plan, tier, next, std::min(end_ms, until_ms), scratch, visit);
  }
  // The tiles that the entries of [begin, until) make.
  template <typename Visit>
  void ForEntries(const MicroLog& log, const FoldPlan& plan, size_t tier, int64_t begin_ms,
                  int64_t until_ms, TileScratch* scratch, Visit visit) const {
    if (begin_ms >= until_ms) return;
    int64_t next = begin_ms;
    log.ForRange(begin_ms, until_ms, [&](const EntryRef& entry) {
      if (entry.time_ms() < next) return;
      const int64_t start = FloorTo(entry.time_ms(), layout_->tile_ms(tier));
      next = start + layout_->tile_ms(tier);
      const StateView tile = FoldEntries(log, plan, tier, start, std::min(next, until_ms), scratch);
      if (tile.entries() > 0) visit(start, tile);
    });
  }
  void Store(size_t tier, int64_t start_ms, StateView state);
  template <typename Change>
  void Update(size_t tier, int64_t start_ms, Change change) {
    if (empty()) MakeTiers();
    tiers_[tier].Update(start_ms, change);
  }
  void MakeTiers();

  const ViewLayout* layout_;
  std::vector<TileTier> tiers_;
  int64_t closed_ms_;
  int64_t stored_until_ms_ = -kTimeLimitMs;
  bool open_is_stale_ = false;  // entries came out of order into the open tile, which is stored
};

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_TILE_STACK_H_
