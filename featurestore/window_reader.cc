#include "featurestore/window_reader.h"

#include <algorithm>

#include "featurestore/session_finder.h"
#include "featurestore/span_folder.h"

namespace millrace {
namespace {

uint16_t NetWord(const FoldPlan::Column& column) { return column.net_word; }
uint16_t NetWord(const FoldPlan::Filter& filter) { return filter.word; }

// How many records of a column or filter are taken back without having met.
template <typename Counts>
uint64_t TakenBack(const StateView& state, const Counts& counts) {
  return state.words[counts.live_word] - state.words[NetWord(counts)];
}

class WindowFolder {
 public:
  WindowFolder(const ViewLayout& layout, const WindowPlan& window, const EntityRow& row,
               const Horizon& horizon, const FoldOptions& options, const WindowFold* inner,
               WindowFold* fold)
      : layout_(layout),
        window_(window),
        row_(row),
        horizon_(horizon),
        options_(options),
        fold_(fold),
        folder_(layout, window, row, horizon, inner, fold) {}

  void Fold(int64_t at_ms) {
    FoldRecords(at_ms);
    if (layout_.entry().retracts()) FindUnmatched();
  }

 private:
  void FoldRecords(int64_t at_ms) {
    if (window_.window.kind == WindowKind::kSession && !FindSession(at_ms)) return;
    fold_->covered.begin_ms = std::min(AfterDeletion(fold_->covered.begin_ms), fold_->asked.end_ms);
    const int64_t begin = fold_->covered.begin_ms, end = fold_->asked.end_ms;
    if (LimitIsReached(end)) {
      FoldNewest(end);
    } else if (window_.window.kind == WindowKind::kEvents) {
      FoldAllEntries(end);
    } else if (OnlyLive()) {
      FoldLive(begin, end);
    } else if (LeavesOut() && options_.current->event_time_ms >= begin &&
               options_.current->event_time_ms < end) {
      // The record's millisecond apart.
      const int64_t time = options_.current->event_time_ms;
      FoldSpan(begin, time);
      folder_.EntriesIf(time, time + 1,
                        [this](const EntryRef& entry) { return !IsCurrent(entry); });
      folder_.Sliding(time + 1, end);
    } else if (OnlyLive()) {
      FoldLive(begin, end);
    } else {
      FoldSpan(begin, end);
    }
  }

  // Narrows what is asked to the session. False: there is none.
  bool FindSession(int64_t at_ms) {
    SessionFinder finder(layout_, window_, row_, horizon_, options_, &fold_->scratch);
    auto session = finder.Find(fold_->asked.end_ms, at_ms - window_.window.lag_ms);
    if (session && AfterDeletion(session->begin_ms) >= session->end_ms) session.reset();
    const int64_t end = fold_->asked.end_ms;
    fold_->asked = session.value_or(Span{end, end});
    if (window_.window.which == Which::kCurrent) fold_->asked.end_ms = end;
    fold_->covered = fold_->asked;
    fold_->asked.begin_ms = std::min(fold_->asked.begin_ms, finder.needs_from());
    fold_->cut |= finder.cut();
    fold_->extent_lost = finder.retractions_lost();
    fold_->merges += finder.walked();
    return session.has_value();
  }

  void FoldSpan(int64_t begin, int64_t end) {
    if (window_.window.kind == WindowKind::kLifetime) return folder_.Lifetime(begin, end);
    folder_.Sliding(begin, end);
  }

  // [begin, end) around the deciding record, where that is left out, and the retractions that met
  // nothing, as far as the log tells.
  void FoldLive(int64_t begin, int64_t end) {
    const int64_t tile = window_.tail < 0 ? 1 : layout_.tile_ms(static_cast<size_t>(window_.tail));
    const int64_t from = std::max(begin, FloorTo(folder_.complete_from_ms() + tile - 1, tile));
    int64_t next = begin;
    row_.log().ForRange(from, end, [&](const EntryRef& e) {
      const int64_t time = e.time_ms();
      const bool met_nothing = e.retracts() && !e.cancelled();
      if ((!met_nothing && !IsCurrent(e)) || time < next) return;
      FoldSpan(next, time);
      folder_.EntriesIf(time, time + 1, [this](const EntryRef& entry) { return Counts(entry); });
      next = time + 1;
    });
    FoldSpan(next, end);
  }

  int64_t AfterDeletion(int64_t begin) const {
    return options_.deleted_ms ? std::max(begin, *options_.deleted_ms + 1) : begin;
  }

  // Sessions and limited windows do not see what was taken back before it came.
  bool OnlyLive() const {
    return layout_.entry().retracts() &&
           (window_.window.kind == WindowKind::kSession ||
            (window_.window.max_events > 0 && window_.window.kind != WindowKind::kEvents));
  }

  int64_t Limit() const {
    return window_.window.max_events - (options_.request.words != nullptr ? 1 : 0);
  }

  // Whether there are more records than the window takes; then newest_ms_ and at_newest_ say where
  // the newest of them begin.
  bool LimitIsReached(int64_t end) {
    if (window_.window.max_events == 0) return false;
    int64_t count = 0;
    bool more = false;
    row_.log().ForLiveBackwards(end, [&](const EntryRef& entry) {
      if (entry.time_ms() < fold_->asked.begin_ms) return false;
      if (IsCurrent(entry)) return true;
      more = count == Limit();
      if (more) return false;
      ++count;
      at_first_ = entry.time_ms() == first_ms_ ? at_first_ + 1 : 1;
      first_ms_ = entry.time_ms();
      return true;
    });
    fold_->cut |= !more && folder_.complete_from_ms() > fold_->asked.begin_ms &&
                  row_.log().floor().has_value();
    if (more && count == 0) first_ms_ = end;
    return more;
  }

  // The newest records of one millisecond, then all that are later.
  void FoldNewest(int64_t end) {
    int64_t at_this_time = 0;
    if (first_ms_ < end) {
      folder_.EntriesIf(first_ms_, first_ms_ + 1, [&](const EntryRef& entry) {
        at_this_time += Counts(entry) ? 1 : 0;
        return false;
      });
    }
    int64_t skip = at_this_time - at_first_;
    fold_->asked.begin_ms = fold_->covered.begin_ms = first_ms_;
    folder_.EntriesIf(first_ms_, std::min(first_ms_ + 1, end),
                      [&](const EntryRef& entry) { return Counts(entry) && skip-- <= 0; });
    if (window_.tail >= 0 && !OnlyLive() && !LeavesOut()) {
      folder_.Sliding(first_ms_ + 1, end);
    } else {
      folder_.EntriesIf(first_ms_ + 1, end,
                        [this](const EntryRef& entry) { return Counts(entry); });
    }
  }

  void FoldAllEntries(int64_t end) {
    folder_.EntriesIf(fold_->asked.begin_ms, end,
                      [this](const EntryRef& entry) { return Counts(entry); });
    fold_->asked.begin_ms = fold_->covered.begin_ms =
        fold_->state.view().entries() > 0 ? fold_->state.view().min_time_ms() : end;
  }

  // The retractions that met nothing and stand in the log.
  void FindUnmatched() {
    if (OnlyLive() || TakenBack(fold_->state.view(), layout_.state().filter(0)) == 0) return;
    row_.log().ForRange(fold_->covered.begin_ms, fold_->covered.end_ms, [&](const EntryRef& entry) {
      if (!entry.retracts() || IsCurrent(entry)) return;
      AddEntry(layout_.state(), window_.plan, entry, fold_->unmatched.slot());
    });
  }

  bool LeavesOut() const {
    return window_.window.exclude_current == ExcludeCurrent::kRow && options_.current.has_value();
  }
  bool IsCurrent(const EntryRef& entry) const {
    return LeavesOut() && OrderOf(entry.words) == *options_.current;
  }
  // Whether a limited window counts it.
  bool Counts(const EntryRef& entry) const {
    return !entry.cancelled() && !entry.retracts() && !IsCurrent(entry);
  }

  const ViewLayout& layout_;
  const WindowPlan& window_;
  const EntityRow& row_;
  const Horizon& horizon_;
  const FoldOptions& options_;
  WindowFold* fold_;
  SpanFolder folder_;
  int64_t first_ms_ = INT64_MIN;  // of the newest records the window takes
  int64_t at_first_ = 0;          // how many of them have that time
};

// Whether more is off than a window may be: its start and end by less than a tile of its tail tier,
// and never all of it.
bool CoversAnotherSpan(const ViewLayout& layout, const WindowPlan& window, const WindowFold& fold) {
  const int64_t tile = window.tail < 0 ? 1 : layout.tile_ms(static_cast<size_t>(window.tail));
  const Span &asked = fold.asked, &covered = fold.covered;
  const int64_t early = asked.begin_ms - covered.begin_ms;
  const bool nothing = covered.begin_ms == covered.end_ms && asked.begin_ms < asked.end_ms;
  return nothing || early < 0 || early >= tile || asked.end_ms - covered.end_ms >= tile;
}

}  // namespace

void FoldWindow(const ViewLayout& layout, const WindowPlan& window, const EntityRow* row,
                const Horizon& horizon, int64_t at_ms, const FoldOptions& options,
                const WindowFold* inner, WindowFold* fold) {
  fold->state.Reset(layout.state());
  if (layout.entry().retracts()) fold->unmatched.Reset(layout.state());
  fold->asked = fold->covered = SpanAt(window.window, at_ms);
  fold->gone = false;
  fold->cut = false;
  fold->extent_lost = false;
  fold->merges = 0;
  fold->core_tier = -1;
  const Span& asked = fold->asked;
  switch (window.window.kind) {
    case WindowKind::kLifetime: fold->gone = asked.end_ms < horizon.base_end_ms; break;
    case WindowKind::kEvents: break;
    default: {
      // Older than every tier: nothing is known.
      int64_t oldest = horizon.log_cut_ms;
      for (int i = window.tail; i >= 0 && i <= window.top; ++i) {
        oldest = std::min(oldest, horizon.tier_cut_ms[i]);
      }
      fold->gone = asked.end_ms <= oldest && oldest > -kTimeLimitMs;
      if (window.window.kind == WindowKind::kSession) break;  // where it begins is to be found
      fold->covered.begin_ms = std::min(std::max(asked.begin_ms, oldest), asked.end_ms);
    }
  }
  if (fold->gone) {
    fold->covered.end_ms = fold->covered.begin_ms;
    return;
  }
  if (row != nullptr) {
    WindowFolder(layout, window, *row, horizon, options, inner, fold).Fold(at_ms);
  }
  fold->cut |= CoversAnotherSpan(layout, window, *fold);
  if (options.request.words != nullptr) {
    AddEntry(layout.state(), window.plan, options.request, fold->state.slot());
  }
}

bool CountsLostRetraction(const ViewLayout& layout, const WindowPlan& window,
                          const FeaturePlan& feature, const WindowFold& fold) {
  if (!layout.entry().retracts()) return false;
  const StateLayout& state = layout.state();
  const auto lost = [&](const auto& counts) {
    return TakenBack(fold.state.view(), counts) != TakenBack(fold.unmatched.view(), counts);
  };
  // Of a session, be it one that no feature counts: the extent goes by it.
  if (window.window.kind == WindowKind::kSession) return fold.extent_lost || lost(state.filter(0));
  if (feature.column < 0) return lost(state.filter(feature.filter));
  return lost(state.column(feature.column));
}

}  // namespace millrace
