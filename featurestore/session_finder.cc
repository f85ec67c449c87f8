#include "featurestore/session_finder.h"

#include <algorithm>

namespace millrace {
namespace {

// A session begins at `first`: what was the newest one ends before it.
template <typename Newest>
void Begin(int64_t first, Newest* newest) {
  newest->before = Span{newest->session.begin_ms, first};
  newest->session.begin_ms = first;
}

}  // namespace

SessionFinder::SessionFinder(const ViewLayout& layout, const WindowPlan& window,
                             const EntityRow& row, const Horizon& horizon,
                             const FoldOptions& options, TileScratch* scratch)
    : layout_(layout),
      window_(window),
      row_(row),
      horizon_(horizon),
      scratch_(scratch),
      known_(options.known_ms.has_value()),
      complete_from_(known_ ? options.known_from_ms : row.complete_from_ms(horizon)),
      kept_from_(HasTiles() ? std::min(complete_from_, horizon.tier_cut_ms[Tier()])
                            : complete_from_),
      seeker_(row.log()) {}

std::optional<Span> SessionFinder::Find(int64_t end, int64_t at) {
  const Window& window = window_.window;
  const bool current = window.which == Which::kCurrent;
  std::optional<NewestEvent> last = Before(end);
  if (!last) return std::nullopt;
  const bool open = at - last->ms <= window.gap_ms;
  if (current && !open) return std::nullopt;
  if (!IsKept(*last)) return std::nullopt;
  const Newest newest = NewestOfRun(last->ms, end);
  if (current || !open) return newest.session;
  if (newest.before) return newest.before;
  last = Before(newest.session.begin_ms);
  if (!last || !IsKept(*last)) return std::nullopt;
  return NewestOfRun(last->ms, newest.session.begin_ms).session;
}

std::optional<NewestEvent> SessionFinder::Before(int64_t time) {
  ++walked_;
  auto last = NewestBefore(row_, horizon_, time);
  // Which of those before were known is not told.
  if (!last && known_ && complete_from_ > -kTimeLimitMs) last = NewestEvent{-kTimeLimitMs, false};
  if (!last || last->exact) return last;
  if (last->ms >= kept_from_) {
    NeedFrom(last->ms);
  } else {
    last->ms = std::min(kept_from_, time) - 1;
  }
  return last;
}

bool SessionFinder::IsKept(const NewestEvent& record) {
  if (record.ms >= kept_from_) return true;
  NeedFrom(record.ms);
  return false;
}

void SessionFinder::NeedFrom(int64_t time) {
  cut_ = true;
  needs_from_ = std::min(needs_from_, time);
}

SessionFinder::Newest SessionFinder::NewestOfRun(int64_t last, int64_t end) {
  Newest newest{{RunStart(last), last + 1}, std::nullopt};
  if (window_.window.max_length_ms > 0) {
    CutInTiles(last, end, &newest);
    CutInLog(last, &newest);
  }
  return newest;
}

int64_t SessionFinder::RunStart(int64_t last) {
  const int64_t gap = window_.window.gap_ms;
  int64_t start = last;
  // All records within a gap of one are of its run: the first of them goes on for all.
  while (start > complete_from_) {
    const int64_t first = seeker_.FirstFrom(std::max(start - gap, complete_from_)).value_or(start);
    if (first >= start) break;
    start = first;
  }
  // The log tells where the run begins if it reaches a gap further back than the run does.
  if (start - gap >= complete_from_) return start;
  if (HasTiles()) return RunStartInTiles(start);
  FindWhetherCut(start);
  return start;
}

void SessionFinder::FindWhetherCut(int64_t start) {
  const auto before = Before(start);
  if (before && start - before->ms <= window_.window.gap_ms) IsKept(*before);
}

void SessionFinder::Note(int64_t tile_start, StateView tile) {
  ++walked_;
  if (tile_start >= complete_from_) return;  // the log tells
  const FoldPlan::Filter& every = layout_.state().filter(0);
  retractions_lost_ |= tile.words[every.live_word] != tile.words[every.word];
}

// Records in one tile are no further apart than a gap, so tiles tell where a run begins.
int64_t SessionFinder::RunStartInTiles(int64_t earliest) {
  const int64_t gap = window_.window.gap_ms;
  const int64_t cut = horizon_.tier_cut_ms[Tier()];
  const FoldPlan::Filter& all = layout_.state().filter(0);
  int64_t start = earliest;
  bool ended = false;
  const auto goes_on = [&](int64_t tile_start, StateView tile) {
    Note(tile_start, tile);
    if (tile_start < cut) return false;
    const auto newest = static_cast<int64_t>(tile.words[all.newest_word]);
    if (static_cast<int64_t>(tile.words[all.live_word]) <= 0) {
      return true;  // nothing but taken back
    }
    ended = start - std::min(newest, start) > gap;
    if (!ended) start = std::min(start, tile.min_time_ms());
    return !ended;
  };
  // The one that holds the record may be open; those before it are whole.
  const int64_t newest = FloorTo(earliest, layout_.tile_ms(Tier()));
  const auto tile = row_.tiles().View(row_.log(), window_.plan, Tier(), newest, scratch_);
  if (!tile || goes_on(newest, *tile)) row_.tiles().tiers()[Tier()].ForBackwards(newest, goes_on);
  if (!ended && start - gap < cut) FindWhetherCut(start);
  return start;
}

void SessionFinder::CutInTiles(int64_t last, int64_t end, Newest* newest) {
  const int64_t length = window_.window.max_length_ms;
  const int64_t until = std::min(end, complete_from_);
  const auto beyond = [&] { return newest->session.begin_ms + length + 1; };
  if (beyond() >= until || !HasTiles()) return;
  const int64_t step = layout_.tile_ms(Tier());
  row_.tiles().ForRange(
      row_.log(), window_.plan, Tier(), FloorTo(beyond(), step), FloorTo(until - 1, step) + step,
      scratch_, [&](int64_t tile_start, StateView tile) {
        Note(tile_start, tile);
        if (tile.max_time_ms() < beyond()) return;
        if (tile.min_time_ms() >= until) return;
        if (tile.min_time_ms() >= beyond()) Begin(tile.min_time_ms(), newest);
        const int64_t in_tile = std::min(tile.max_time_ms(), until - 1);
        if (in_tile < beyond()) return;
        // Which of its records begin sessions is not known: as early as can be. So there may be one
        // more of them than there are, and the newest be one that began before.
        const int64_t before =
            window_.window.which == Which::kComplete ? window_.window.gap_ms + length : 0;
        NeedFrom(last - length - before);
        const int64_t sessions = (in_tile - newest->session.begin_ms) / (length + 1);
        const int64_t all_but_one = (sessions - 1) * (length + 1);
        if (sessions > 1) Begin(newest->session.begin_ms + all_but_one, newest);
        Begin(beyond(), newest);
      });
}

void SessionFinder::CutInLog(int64_t last, Newest* newest) {
  while (newest->session.begin_ms < last) {
    const int64_t beyond = newest->session.begin_ms + window_.window.max_length_ms + 1;
    const auto first = seeker_.FirstFrom(std::max(beyond, complete_from_));
    if (!first || *first > last) return;
    Begin(*first, newest);
  }
}

}  // namespace millrace
