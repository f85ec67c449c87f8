// ViewLayout: a ViewSpec as the store works with it: which states its features share, its tile
// ladder, what each window folds and how long each tier must be kept. Immutable; thread-safe.

#ifndef MILLRACE_FEATURESTORE_VIEW_LAYOUT_H_
#define MILLRACE_FEATURESTORE_VIEW_LAYOUT_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "featurestore/tile_tier.h"
#include "stream/aggregate_state.h"
#include "stream/state_limits.h"
#include "stream/tile_ladder.h"
#include "stream/view_spec.h"

namespace millrace {

// Entries kept per entity unless the view says `accuracy: exact`.
inline constexpr size_t kMicroLogEntries = 4096;

// What is still kept, by event time; a function of the stream time alone, so every replica and
// every arrival order agree. Everything older is gone, even where a row happens to still hold it.
struct Horizon {
  int64_t log_cut_ms = -kTimeLimitMs;                      // entries
  std::array<int64_t, kTileSizesMs.size()> tier_cut_ms{};  // tiles, by position in the ladder
  int64_t base_end_ms = -kTimeLimitMs;  // lifetime windows: all before is one state
};

// One distinct window of a view.
struct WindowPlan {
  Window window;
  int tail = -1;  // position in the ladder; -1: folded from entries
  int top = -1;   // coarsest tier that covers it
  FoldPlan plan;  // what its features need
  // The longest of the shorter windows with the same end whose features need the same, where the
  // order of folding does not matter: an index into windows(); -1: there is none.
  int inner = -1;
  bool is_inner = false;  // of some other
  bool nested() const { return inner >= 0 || is_inner; }
};

struct FeaturePlan {
  int window = 0;  // index into windows(); -1: it is computed from others
  int filter = 0;
  int column = -1;
  int accumulator = -1;
  int candidates = -1;  // the column without the feature's `where`, where a share is wanted
};

class ViewLayout {
 public:
  // InvalidArgument when the view cannot be (types, no features, too many distinct states).
  static absl::StatusOr<std::unique_ptr<const ViewLayout>> Make(
      std::shared_ptr<const ViewSpec> spec);

  const ViewSpec& spec() const { return *spec_; }
  const std::shared_ptr<const ViewSpec>& shared_spec() const { return spec_; }
  const StateLayout& state() const { return *state_; }
  const EntryLayout& entry() const { return state_->entry(); }
  const std::vector<WindowPlan>& windows() const { return windows_; }
  const std::vector<FeaturePlan>& features() const { return features_; }

  size_t tiers() const { return ladder_.size(); }
  int tile_size_index(size_t tier) const { return ladder_[tier]; }
  int64_t tile_ms(size_t tier) const { return tile_shapes_[tier].tile_ms; }
  const TileShape& tile_shape(size_t tier) const { return tile_shapes_[tier]; }
  bool has_lifetime() const { return lifetime_lag_ms_ >= 0; }
  // Entities with few entries keep no tiles; not where entries are not kept.
  bool may_be_sparse() const { return spec_->accuracy != Accuracy::kTiled && !spec_->tile_ms; }
  // SIZE_MAX for `accuracy: exact`.
  size_t max_entries() const { return max_entries_; }
  // How far back sessions are followed.
  static int64_t SessionReach(const Window& window);

  Horizon HorizonAt(int64_t stream_ms) const;
  // The first stream time after `stream_ms` at which the horizon may differ.
  int64_t NextHorizonChange(int64_t stream_ms) const;

  // What must be equal for stored state to be usable, as text.
  const std::string& fingerprint() const { return fingerprint_; }

  // Evaluates the view's expressions over a record of its `input`-th source. Reused between
  // records. Owned by one thread.
  struct Scratch {
    std::vector<uint64_t> words;
    BlobList blobs;
    std::vector<Value> values;
    std::vector<std::string> bytes;
  };
  // The entry lies in *scratch and lives until its next use.
  EntryRef MakeEntry(int input, const Event& event, Scratch* scratch) const;
  // Inputs of the feature, in the entries made so far, that were NaN or infinite. Any thread.
  uint64_t NotFinite(int feature) const;

 private:
  explicit ViewLayout(std::shared_ptr<const ViewSpec> spec) : spec_(std::move(spec)) {}
  absl::Status Build();
  absl::Status CheckFeature(const FeatureSpec& feature) const;
  int ExpressionOf(const std::string& text,
                   const std::vector<std::shared_ptr<const Expression>>& by_input);
  int FilterOf(const FeatureSpec& feature, EntryLayout* entry);
  int ColumnOf(const FeatureSpec& feature, int filter, EntryLayout* entry);
  LadderNeed NeedOf(const Window& window) const;
  int64_t BaseLag(const Window& lifetime) const;
  void BuildLadderAndWindows();
  void NestWindows();
  void BuildHorizons();
  void BuildFingerprint();

  // An expression of the view by input; several filters or columns may use one.
  struct Evaluated {
    std::string text;
    const std::vector<std::shared_ptr<const Expression>>* by_input;
  };

  std::shared_ptr<const ViewSpec> spec_;
  std::optional<StateLayout> state_;
  std::vector<Evaluated> expressions_;
  std::vector<int> filter_expression_;  // by filter - 1
  struct ColumnExpressions {
    int value = -1;
    int other = -1;
    int category = -1;
    friend bool operator==(const ColumnExpressions&, const ColumnExpressions&) = default;
  };
  std::vector<ColumnExpressions> column_expressions_;      // by column
  mutable std::vector<std::atomic<uint64_t>> not_finite_;  // by column
  std::vector<int> ladder_;
  std::vector<TileShape> tile_shapes_;  // by tier
  std::vector<WindowPlan> windows_;
  std::vector<FeaturePlan> features_;
  std::array<int64_t, kTileSizesMs.size()> tier_need_ms_{};
  size_t max_entries_ = kMicroLogEntries;
  bool keeps_newest_ = false;       // some window goes by number of records, whatever their age
  int64_t longest_ms_ = 0;          // longest window + lag + as_of
  bool log_follows_tiers_ = false;  // some tier is kept as long as longest_ms_
  int64_t lifetime_lag_ms_ = -1;    // longest lag of a lifetime window; -1: there is none
  int64_t base_lag_ms_ = 0;         // how far the base stays behind
  std::string fingerprint_;
};

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_VIEW_LAYOUT_H_
