// WindowReader: folds one window of one entity at one time: tiles where they lie wholly inside,
// entries at the edges, at most about 64 merges however many records there are
// (docs/windows.md, "Reading"). Pure functions over a row; thread-safe while the row is not
// written.

#ifndef MILLRACE_FEATURESTORE_WINDOW_READER_H_
#define MILLRACE_FEATURESTORE_WINDOW_READER_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "featurestore/entity_row.h"
#include "featurestore/view_layout.h"

namespace millrace {

// The fold of a window, and the span it really covers: equal to the asked one but where a hot
// entity has outgrown its entries (the start is then at most a tail tile early) or a read is older
// than what is kept.
struct WindowFold {
  std::vector<uint64_t> words;
  BlobList blobs;
  Span covered;
  bool gone = false;  // nothing that old is kept
  // Records that the span asks for were dropped for want of room, and no tile is as fine as the
  // window needs: only `covered` is answered.
  bool cut = false;
};

// `row` may be null: an entity never seen. The fold's storage is reused between calls.
void FoldWindow(const ViewLayout& layout, const WindowPlan& window, const EntityRow* row,
                const Horizon& horizon, const Span& span, WindowFold* fold);

// Event time of the entity's newest record before `time_ms`, as far as it is known.
std::optional<int64_t> NewestBefore(const ViewLayout& layout, const EntityRow& row,
                                    int64_t time_ms);

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_WINDOW_READER_H_
