// WindowReader: folds one window of one entity at one time: tiles where they lie wholly inside,
// entries at the edges, in time order, at most about 64 merges however many records there are
// (docs/windows.md, "Reading"). Pure functions over a row; thread-safe while the row is not
// written.

#ifndef MILLRACE_FEATURESTORE_WINDOW_READER_H_
#define MILLRACE_FEATURESTORE_WINDOW_READER_H_

#include <cstdint>
#include <optional>
#include <span>

#include "featurestore/entity_row.h"
#include "featurestore/view_layout.h"

namespace millrace {

// What of the records counts, beside the window.
struct FoldOptions {
  // Only what was known then, which is a row of its own (FeatureAnswers). REQUIRES: the view keeps
  // knowledge times.
  std::optional<int64_t> known_ms;
  // A deletion of then came too late to part the entity's records: what stands before it or at its
  // time does not count, as far as tiles tell (WindowFold::covered).
  std::optional<int64_t> deleted_ms;
  // The deciding record, for windows that leave it out.
  std::optional<EventOrder> current;
  // The request's own values, for windows that count them; no words: there are none.
  EntryRef request;
  // The same as fields of the view's first source, for features that use them; empty: there are
  // none.
  std::span<const Value> request_fields;
};

// The fold of a window, and the span it really covers: equal to the asked one but where a hot
// entity has outgrown its entries (the start is then at most a tail tile early) or a read is older
// than what is kept.
struct WindowFold {
  OwnedState state;
  Span asked;  // of sessions and limited windows: where they turned out to begin
  Span covered;
  bool gone = false;  // nothing that old is kept
  // Records that the window asks for were dropped for want of room, and no tile is as fine as the
  // window needs: only `covered` is answered.
  bool cut = false;
  int64_t merges = 0;  // of tiles and entries
  TileScratch scratch;
};

// `row` may be null: an entity never seen. The fold's storage is reused between calls.
void FoldWindow(const ViewLayout& layout, const WindowPlan& window, const EntityRow* row,
                const Horizon& horizon, int64_t at_ms, const FoldOptions& options,
                WindowFold* fold);

// Event time of the entity's newest record before `time_ms`, as far as it is known.
std::optional<int64_t> NewestBefore(const EntityRow& row, int64_t time_ms);

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_WINDOW_READER_H_
