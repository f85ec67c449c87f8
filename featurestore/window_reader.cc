#include "featurestore/window_reader.h"

#include <algorithm>

namespace millrace {
namespace {

int64_t CeilTo(int64_t t, int64_t step) { return FloorTo(t + step - 1, step); }

// A tile of at most this many records is folded from its entries rather than from finer tiles.
constexpr int64_t kFoldEntries = 32;

class Folder {
 public:
  Folder(const ViewLayout& layout, const WindowPlan& window, const EntityRow& row,
         const Horizon& horizon, WindowFold* fold)
      : layout_(layout),
        window_(window),
        row_(row),
        horizon_(horizon),
        fold_(fold),
        complete_from_(std::max(horizon.log_cut_ms, row.log().complete_from_ms())) {}

  void Lifetime(int64_t end) {
    MergeState(window_.ops, row_.base().data(), row_.base_blobs(), fold_->words.data(),
               &fold_->blobs);
    const int64_t begin = row_.base_end_ms();
    if (row_.sparse()) return Entries(begin, end);
    const size_t top = layout_.tiers() - 1;
    const int64_t edge = FloorTo(end, layout_.tile_ms(top));
    Tiles(top, begin, edge);
    if (edge < end) Partial(top, edge, std::max(edge, begin), end);
  }

  void Sliding(int64_t begin, int64_t end) {
    if (window_.tail < 0) {
      const int64_t kept = std::min(std::max(begin, complete_from_), end);
      fold_->cut = kept > begin;
      fold_->covered.begin_ms = kept;
      return Entries(kept, end);
    }
    if (row_.sparse()) return Entries(begin, end);
    // The finest tier of the window that still has its start.
    const int top = window_.top;
    int low = window_.tail;
    while (low <= top && horizon_.tier_cut_ms[low] > FloorTo(begin, layout_.tile_ms(low))) ++low;
    if (low > top) {
      low = window_.tail;
      for (int i = low; i <= top; ++i) {
        if (horizon_.tier_cut_ms[i] < horizon_.tier_cut_ms[low]) low = i;
      }
      const int64_t kept = std::min(end, horizon_.tier_cut_ms[low]);
      if (complete_from_ <= begin) {
        Entries(begin, kept);
      } else {
        fold_->covered.begin_ms = kept;
      }
      begin = kept;
    }
    if (begin < end) Cover(low, top, begin, end);
  }

 private:
  void Entries(int64_t begin, int64_t end) {
    row_.log().ForRange(begin, end, [this](const EntryRef& entry) {
      AddEntry(layout_.state(), window_.ops, entry, fold_->words.data(), &fold_->blobs);
    });
  }

  void Tiles(size_t tier, int64_t begin, int64_t end) {
    row_.tier(tier).ForRange(begin, end, [this](const uint64_t* words, const BlobList& blobs) {
      MergeState(window_.ops, words, blobs, fold_->words.data(), &fold_->blobs);
    });
  }

  // [begin, end) by tiles of `low` … `top`, and the two tiles of `low` that it cuts.
  void Cover(int low, int top, int64_t begin, int64_t end) {
    const int64_t step = layout_.tile_ms(low);
    int64_t start = CeilTo(begin, step);
    int64_t stop = FloorTo(end, step);
    if (start > stop) return Partial(low, stop, begin, end);
    if (begin < start) Partial(low, start - step, begin, start);
    for (int i = low; i < top; ++i) {
      const int64_t coarser = layout_.tile_ms(i + 1);
      const int64_t inner_start = CeilTo(start, coarser);
      const int64_t inner_stop = FloorTo(stop, coarser);
      if (inner_start >= inner_stop || horizon_.tier_cut_ms[i + 1] > inner_start) {
        Tiles(i, start, stop);
        start = stop;
        break;
      }
      Tiles(i, start, inner_start);
      Tiles(i, inner_stop, stop);
      start = inner_start;
      stop = inner_stop;
    }
    Tiles(top, start, stop);
    const int64_t edge = FloorTo(end, step);
    if (edge < end) Partial(low, edge, edge, end);
  }

  // The part [begin, end) of one tile, exactly where that is possible.
  void Partial(size_t tier, int64_t tile_start, int64_t begin, int64_t end) {
    const BlobList* blobs = nullptr;
    const uint64_t* tile = row_.tier(tier).Find(tile_start, &blobs);
    if (tile == nullptr || StateMaxTime(tile) < begin || StateMinTime(tile) >= end) return;
    if (StateMinTime(tile) >= begin && StateMaxTime(tile) < end) {
      MergeState(window_.ops, tile, *blobs, fold_->words.data(), &fold_->blobs);
      return;
    }
    const bool finer = tier > 0 && horizon_.tier_cut_ms[tier - 1] <= tile_start;
    const bool exact = complete_from_ <= begin;
    const int64_t tile_ms = layout_.tile_ms(tier);
    const int64_t cheap = finer ? std::max(kFoldEntries, tile_ms / layout_.tile_ms(tier - 1)) : 0;
    if (exact && (!finer || StateCount(tile) <= cheap)) return Entries(begin, end);
    const int64_t tile_end = tile_start + tile_ms;
    const bool takes_whole = layout_.spec().accuracy == Accuracy::kTiled && end == tile_end;
    if (finer && !takes_whole) {
      return Cover(static_cast<int>(tier) - 1, static_cast<int>(tier) - 1, begin, end);
    }
    if (end == tile_end) {  // a start that cannot be resolved: a little too much, and said so
      fold_->covered.begin_ms = std::min(fold_->covered.begin_ms, tile_start);
      MergeState(window_.ops, tile, *blobs, fold_->words.data(), &fold_->blobs);
    } else {  // an end: never more than was known then
      fold_->covered.end_ms = std::min(fold_->covered.end_ms, std::max(begin, tile_start));
    }
  }

  const ViewLayout& layout_;
  const WindowPlan& window_;
  const EntityRow& row_;
  const Horizon& horizon_;
  WindowFold* fold_;
  const int64_t complete_from_;
};

}  // namespace

void FoldWindow(const ViewLayout& layout, const WindowPlan& window, const EntityRow* row,
                const Horizon& horizon, const Span& span, WindowFold* fold) {
  fold->words.resize(static_cast<size_t>(layout.state().words()));
  ResetState(layout.state(), fold->words.data());
  fold->blobs.clear();
  fold->covered = span;
  fold->gone = false;
  fold->cut = false;
  if (window.window.kind == WindowKind::kLifetime) {
    if (span.end_ms < horizon.base_end_ms) {
      fold->gone = true;
      fold->covered.end_ms = fold->covered.begin_ms;
      return;
    }
    if (row != nullptr) Folder(layout, window, *row, horizon, fold).Lifetime(span.end_ms);
    return;
  }
  // Older than every tier: nothing is known.
  int64_t oldest = horizon.log_cut_ms;
  for (int i = window.tail; i >= 0 && i <= window.top; ++i) {
    oldest = std::min(oldest, horizon.tier_cut_ms[i]);
  }
  fold->covered.begin_ms = std::min(std::max(span.begin_ms, oldest), span.end_ms);
  fold->gone = span.end_ms <= oldest;
  if (fold->gone || row == nullptr) return;
  Folder(layout, window, *row, horizon, fold).Sliding(fold->covered.begin_ms, span.end_ms);
}

std::optional<int64_t> NewestBefore(const ViewLayout& layout, const EntityRow& row,
                                    int64_t time_ms) {
  if (row.newest_ms() < time_ms) return row.newest_ms();
  if (const auto newest = row.log().NewestBefore(time_ms)) return newest;
  std::optional<int64_t> newest;
  const auto offer = [&](int64_t time) {
    if (time < time_ms && (!newest || *newest < time)) newest = time;
  };
  for (size_t i = 0; !row.sparse() && i < layout.tiers(); ++i) {
    const int64_t step = layout.tile_ms(i);
    row.tier(i).ForRange(FloorTo(-kTimeLimitMs, step), FloorTo(time_ms, step) + step,
                         [&](const uint64_t* words, const BlobList&) {
                           offer(StateMaxTime(words));
                           offer(StateMinTime(words));
                         });
  }
  if (!row.base().empty() && StateCount(row.base().data()) > 0) {
    offer(StateMaxTime(row.base().data()));
    offer(StateMinTime(row.base().data()));
  }
  return newest;
}

}  // namespace millrace
