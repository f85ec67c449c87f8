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
  // Only what was known then, which is a row of its own (FeatureAnswers), made of the records from
  // known_from_ms on. REQUIRES: the view keeps knowledge times.
  std::optional<int64_t> known_ms;
  int64_t known_from_ms = kBeginningOfTime;
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
// entity has outgrown its entries (start and end are then less than a tail tile early) or a read is
// older than what is kept.
struct WindowFold {
  OwnedState state;
  // Of sessions and limited windows: where they turned out to begin; of a session that depends on
  // records that are no longer kept, back to the newest of those.
  Span asked;
  Span covered;
  bool gone = false;  // nothing that old is kept
  // Records that the window asks for were dropped, and no tile is as fine as the window needs: only
  // `covered` is answered.
  bool cut = false;
  // A record that was taken back may have made the session longer than it is, or be why none was
  // found.
  bool extent_lost = false;
  int64_t merges = 0;  // of tiles and entries
  // The window's newest part, from a whole tile of its coarsest tier on: longer windows go on from
  // there. Only of windows that are inside others.
  OwnedState core;
  int64_t core_begin_ms = 0;
  int core_tier = -1;  // -1: there is none
  TileScratch scratch;
  OwnedState unmatched;  // of the retractions in the log that met nothing
};

// `row` may be null: an entity never seen. `inner` may be null, or the fold of a window inside this
// one (WindowPlan::inner) of the same row, time and options. The fold's storage is reused between
// calls.
void FoldWindow(const ViewLayout& layout, const WindowPlan& window, const EntityRow* row,
                const Horizon& horizon, int64_t at_ms, const FoldOptions& options,
                const WindowFold* inner, WindowFold* fold);

// Whether some record of the feature that was taken back stands in tiles only: states that do not
// subtract count it, and so do sessions.
bool CountsLostRetraction(const ViewLayout& layout, const WindowPlan& window,
                          const FeaturePlan& feature, const WindowFold& fold);

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_WINDOW_READER_H_
