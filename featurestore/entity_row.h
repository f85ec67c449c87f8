// EntityRow: everything a view knows of one entity, decoded: its newest records (the micro-log),
// its tiles per tier, and for lifetime windows the state of all that is older (the base).
//
// The content is a function of the records added and of the horizon, not of their order nor of when
// it was stored. A row of which the horizon has passed everything stays, with the times of the
// newest record and of the newest that is lost: ages go by them. Stored as one row while small,
// else as a head and a row per block and chunk (docs/formats/feature-state.md). Thread-compatible.

#ifndef MILLRACE_FEATURESTORE_ENTITY_ROW_H_
#define MILLRACE_FEATURESTORE_ENTITY_ROW_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "featurestore/micro_log.h"
#include "featurestore/tile_stack.h"
#include "featurestore/view_layout.h"
#include "stream/state_store.h"

namespace millrace {

class EntityRow {
 public:
  // Rows that encode to more than this are stored in parts.
  static constexpr size_t kInlineBytes = 1024;

  // An entity without records. The layout outlives the row.
  EntityRow(const ViewLayout& layout, const Horizon& horizon);

  // Drops what the horizon has passed. Horizons never go back. What a row holds beyond its horizon
  // changes no answer, so it need not be trimmed each time the horizon moves.
  void Trim(const Horizon& horizon);
  // Adds a record, or takes one back. Trims the row where that matters for it.
  enum class Added : uint8_t { kDone, kRetractedNothing };
  Added Add(const EntryRef& entry, const Horizon& horizon);

  // --- for readers ---
  const ViewLayout& layout() const { return *layout_; }
  // The log holds every record from this time on.
  int64_t complete_from_ms(const Horizon& horizon) const {
    return std::max(horizon.log_cut_ms, log_.complete_from_ms());
  }
  const MicroLog& log() const { return log_; }
  const TileStack& tiles() const { return tiles_; }
  // Event time of the newest record, as far as it is known; -kTimeLimitMs: none.
  int64_t newest_ms() const { return newest_ms_; }
  // Event time of the newest live record that the row no longer tells of, as it was last trimmed;
  // -kTimeLimitMs: none. Readers want NewestLost (newest_event.h).
  int64_t lost_ms() const { return lost_ms_; }
  // All records before it are in the base; -kTimeLimitMs without lifetime windows.
  int64_t base_end_ms() const { return base_end_ms_; }
  const OwnedState& base() const { return base_; }

  // --- storage; `prefix` is the entity's part of the key ---
  // Adds what differs from what is stored, and takes it as stored. Appends the deleted keys to
  // *deleted, so that a failed commit can repeat them. REQUIRES: trimmed not long ago.
  void AddChanges(absl::string_view prefix, StateBatch* batch, std::vector<std::string>* deleted);
  // The batch was not stored after all.
  void MarkAllDirty();
  // The stored entity, or null when there is none. DataLoss when it does not parse.
  static absl::StatusOr<std::unique_ptr<EntityRow>> Load(const ViewLayout& layout,
                                                         absl::string_view prefix,
                                                         const StateStore& store);
  // The stored entity from its head and, where it has them, its parts (key without prefix, value).
  static absl::StatusOr<std::unique_ptr<EntityRow>> Decode(
      const ViewLayout& layout, absl::string_view head,
      const std::vector<std::pair<std::string, std::string>>& parts);
  // True when a row with this head has parts.
  static bool HasParts(absl::string_view head);

  // Canonical bytes of the content within the horizon. REQUIRES: trimmed to it.
  std::string Canonical(const Horizon& horizon);

  size_t MemoryBytes() const;
  // Asks the processor for the row itself; with that at hand for what it points to; and for what
  // that points to.
  static constexpr int kPrefetchSteps = 3;
  void Prefetch(int step) const;

 private:
  void FoldIntoBase(const Horizon& horizon);
  // Beyond the log and all tiles.
  bool IsLost(int64_t time_ms, const Horizon& horizon) const;
  void EncodeHead(std::string* out) const;
  void EncodeInline(std::string* out) const;
  struct LogHead {
    std::optional<EventOrder> floor;
    int64_t newest_dropped_ms = -kTimeLimitMs;
    int64_t next_chunk = 0;
  };
  bool DecodeHead(absl::string_view* in, LogHead* log);
  bool DecodeInline(absl::string_view* in);
  bool DecodePart(absl::string_view key, absl::string_view value);

  const ViewLayout* layout_;
  MicroLog log_;
  TileStack tiles_;
  int64_t newest_ms_ = -kTimeLimitMs;
  int64_t lost_ms_ = -kTimeLimitMs;
  int64_t base_end_ms_ = -kTimeLimitMs;
  OwnedState base_;     // empty without lifetime windows
  bool split_ = false;  // stored in parts
};

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_ENTITY_ROW_H_
