// SpanFolder: folds the records of one entity in a span of event time. Working object of
// FoldWindow (window_reader.h).

#ifndef MILLRACE_FEATURESTORE_SPAN_FOLDER_H_
#define MILLRACE_FEATURESTORE_SPAN_FOLDER_H_

#include <cstdint>
#include <optional>

#include "featurestore/window_reader.h"

namespace millrace {

class SpanFolder {
 public:
  SpanFolder(const ViewLayout& layout, const WindowPlan& window, const EntityRow& row,
             const Horizon& horizon, const WindowFold* inner, WindowFold* fold);

  // [begin, end) of a lifetime; with the base as a whole where that reaches to begin.
  void Lifetime(int64_t begin, int64_t end);
  // [begin, end), by the tiers of the window. What it really covers goes to the fold.
  void Sliding(int64_t begin, int64_t end);
  // [begin, end) record by record; those for which keep(EntryRef) is true.
  template <typename Keep>
  void EntriesIf(int64_t begin, int64_t end, Keep keep) {
    row_.log().ForRange(begin, end, [&](const EntryRef& entry) {
      if (!keep(entry)) return;
      AddEntry(layout_.state(), window_.plan, entry, fold_->state.slot());
      ++fold_->merges;
    });
  }
  // The log holds every record from this time on.
  int64_t complete_from_ms() const { return complete_from_; }

 private:
  void Entries(int64_t begin, int64_t end);
  bool FewEntries(int64_t begin, int64_t end) const;
  void Merge(StateView tile);
  void Tiles(int tier, int64_t begin, int64_t end);
  void Cover(int low, int top, int64_t begin, int64_t end);
  void CoverByCore(int low, int top, int64_t begin, int64_t end);
  bool GoOnFromInner(int top, int64_t begin);
  void KeepCore(int tier, int64_t begin);
  void Inner(int tier, int top, int64_t begin, int64_t end);
  void Partial(int tier, int64_t tile_start, int64_t begin, int64_t end);

  const ViewLayout& layout_;
  const WindowPlan& window_;
  const EntityRow& row_;
  const Horizon& horizon_;
  const WindowFold* inner_;
  WindowFold* fold_;
  const int64_t complete_from_;
};

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_SPAN_FOLDER_H_
