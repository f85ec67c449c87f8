// ViewLayout: a ViewSpec as the store works with it: which states its features share, its tile
// ladder, what each window folds. Immutable but for counts; thread-safe.

#ifndef MILLRACE_FEATURESTORE_VIEW_LAYOUT_H_
#define MILLRACE_FEATURESTORE_VIEW_LAYOUT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "featurestore/entry_maker.h"
#include "featurestore/tile_tier.h"
#include "featurestore/view_horizon.h"
#include "featurestore/window_plan.h"
#include "stream/aggregate_state.h"
#include "stream/state_limits.h"
#include "stream/tile_ladder.h"
#include "stream/view_spec.h"

namespace millrace {

// Entries kept per entity unless the view says `accuracy: exact`.
inline constexpr size_t kMicroLogEntries = 4096;

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
  bool has_lifetime() const { return horizon_.lifetime_lag_ms() >= 0; }
  // Entities with few entries keep no tiles; not where entries are not kept.
  bool may_be_sparse() const { return spec_->accuracy != Accuracy::kTiled && !spec_->tile_ms; }
  // SIZE_MAX for `accuracy: exact`.
  size_t max_entries() const { return max_entries_; }
  const HorizonRules& horizon() const { return horizon_; }

  // What must be equal for stored state to be usable, as text.
  const std::string& fingerprint() const { return fingerprint_; }

  using Scratch = EntryMaker::Scratch;
  EntryRef MakeEntry(int input, const Event& event, Scratch* scratch) const {
    return maker_.Make(input, event, scratch);
  }
  // Inputs of the feature, in the entries made so far, that were NaN or infinite. Any thread.
  uint64_t NotFinite(int feature) const {
    const int column = features_[static_cast<size_t>(feature)].column;
    return column < 0 ? 0 : maker_.NotFinite(column);
  }

 private:
  explicit ViewLayout(std::shared_ptr<const ViewSpec> spec)
      : spec_(std::move(spec)), maker_(*spec_) {}
  absl::Status Build();
  LadderNeed NeedOf(const Window& window) const;
  bool LateNeedsTile() const;
  void BuildLadderAndWindows();
  void NestWindows();
  void BuildHorizon();
  void BuildFingerprint();

  std::shared_ptr<const ViewSpec> spec_;
  EntryMaker maker_;
  std::optional<StateLayout> state_;
  std::vector<int> ladder_;
  std::vector<TileShape> tile_shapes_;  // by tier
  std::vector<WindowPlan> windows_;
  std::vector<FeaturePlan> features_;
  size_t max_entries_ = kMicroLogEntries;
  HorizonRules horizon_;
  std::string fingerprint_;
};

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_VIEW_LAYOUT_H_
