#include "featurestore/view_layout.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "featurestore/feature_check.h"

namespace millrace {
namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr size_t kMaxColumns = 2048;

// The index of the largest tile size <= length_ms, or of the smallest.
int TierOfAtMost(int64_t length_ms) {
  int tier = 0;
  while (tier + 1 < static_cast<int>(kTileSizesMs.size()) && kTileSizesMs[tier + 1] <= length_ms) {
    ++tier;
  }
  return tier;
}

}  // namespace

absl::StatusOr<std::unique_ptr<const ViewLayout>> ViewLayout::Make(
    std::shared_ptr<const ViewSpec> spec) {
  std::unique_ptr<ViewLayout> layout(new ViewLayout(std::move(spec)));
  RETURN_IF_ERROR(layout->Build());
  return std::unique_ptr<const ViewLayout>(std::move(layout));
}

absl::Status ViewLayout::Build() {
  for (const FeatureSpec& feature : spec_->features) {
    RETURN_IF_ERROR(CheckFeature(*spec_, feature));
    FeaturePlan plan;
    if (feature.computed()) {
      plan.window = -1;
      features_.push_back(plan);
      continue;
    }
    plan.filter = maker_.FilterOf(feature);
    plan.column = maker_.ColumnOf(feature, plan.filter);
    if (feature.aggregation->counts_candidates) plan.candidates = maker_.ColumnOf(feature, 0);
    const auto same = std::find_if(windows_.begin(), windows_.end(),
                                   [&](const WindowPlan& w) { return w.window == feature.window; });
    plan.window = static_cast<int>(same - windows_.begin());
    if (same == windows_.end()) windows_.push_back({feature.window, -1, -1, {}});
    features_.push_back(plan);
  }
  const EntryLayout& entry = maker_.Finish();
  if (entry.columns().size() > kMaxColumns) {
    return absl::InvalidArgumentError(
        absl::StrCat("view \"", spec_->name, "\": more than ", kMaxColumns, " different inputs"));
  }
  state_.emplace(entry);
  for (size_t i = 0; i < features_.size(); ++i) {
    if (spec_->features[i].computed()) continue;
    const Aggregation& aggregation = *spec_->features[i].aggregation;
    if (aggregation.accumulator == nullptr) continue;
    features_[i].accumulator =
        state_->AddAccumulator(features_[i].column, aggregation.state_key, aggregation.accumulator);
  }
  state_->Finish();
  BuildLadderAndWindows();
  NestWindows();
  BuildHorizon();
  BuildFingerprint();
  return absl::OkStatus();
}

// Where order or the record itself matters.
bool ViewLayout::LateNeedsTile() const { return state_->plan().ordered || entry().retracts(); }

// The span whose edges the tiers of a window must resolve, and the tier that does.
LadderNeed ViewLayout::NeedOf(const Window& window) const {
  LadderNeed need;
  switch (window.kind) {
    case WindowKind::kEvents: return need;
    case WindowKind::kLifetime:
      // It has only an end, which moves within `as_of`; coarser tiers reach back to the base.
      need.tail = TailTier(std::max(spec_->as_of_ms, kHourMs));
      need.window_ms =
          std::max({spec_->as_of_ms, kHourMs, BaseLag(*spec_, window, LateNeedsTile())});
      need.only_ends = true;
      break;
    case WindowKind::kSession: need.window_ms = SessionReach(window); break;
    default: need.window_ms = window.size_ms;
  }
  if (window.kind != WindowKind::kLifetime) need.tail = TailTier(need.window_ms);
  if (window.kind == WindowKind::kSession) {
    // Within a tile no longer than the gap there is no end of a session.
    need.tail = window.gap_ms < kTileSizesMs[0] ? -1 : TierOfAtMost(window.gap_ms);
  }
  if (spec_->tile_ms) {
    // Windows shorter than the tiles are folded record by record.
    const int tier = TierOfAtMost(*spec_->tile_ms);
    const int64_t longest = window.kind == WindowKind::kSession    ? window.gap_ms
                            : window.kind == WindowKind::kLifetime ? INT64_MAX
                                                                   : need.window_ms;
    need.tail = kTileSizesMs[tier] <= longest ? tier : -1;
  }
  return need;
}

void ViewLayout::BuildLadderAndWindows() {
  std::vector<LadderNeed> needs;
  for (const WindowPlan& plan : windows_) needs.push_back(NeedOf(plan.window));
  ladder_ = spec_->tile_ms ? std::vector<int>{TierOfAtMost(*spec_->tile_ms)} : BuildLadder(needs);
  for (const int size : ladder_) tile_shapes_.emplace_back(*state_, kTileSizesMs[size]);
  for (size_t w = 0; w < windows_.size(); ++w) {
    WindowPlan& plan = windows_[w];
    for (size_t tier = 0; needs[w].tail >= 0 && tier < ladder_.size(); ++tier) {
      if (ladder_[tier] == needs[w].tail) plan.tail = static_cast<int>(tier);
      if (plan.window.kind == WindowKind::kLifetime || tile_ms(tier) <= needs[w].window_ms) {
        plan.top = static_cast<int>(tier);
      }
    }
    if (spec_->tile_ms && needs[w].tail >= 0) plan.top = 0;
    std::vector<int> accumulators, columns, filters;
    for (const FeaturePlan& feature : features_) {
      if (feature.window != static_cast<int>(w)) continue;
      filters.push_back(feature.filter);
      if (feature.column >= 0) columns.push_back(feature.column);
      if (feature.candidates >= 0) columns.push_back(feature.candidates);
      filters.push_back(0);
      if (feature.accumulator >= 0) accumulators.push_back(feature.accumulator);
    }
    plan.plan = state_->Subset(accumulators, columns, filters);
  }
}

void ViewLayout::NestWindows() {
  const auto fits = [](const WindowPlan& inner, const WindowPlan& outer) {
    Window as_long = inner.window;
    as_long.size_ms = outer.window.size_ms;
    return inner.window.size_ms < outer.window.size_ms && as_long == outer.window &&
           inner.plan == outer.plan && inner.tail >= 0;
  };
  for (WindowPlan& outer : windows_) {
    if (outer.window.kind != WindowKind::kSliding || outer.window.max_events > 0 ||
        outer.window.exclude_current == ExcludeCurrent::kRow || outer.plan.ordered) {
      continue;
    }
    for (size_t i = 0; i < windows_.size(); ++i) {
      if (fits(windows_[i], outer) &&
          (outer.inner < 0 || windows_[i].window.size_ms >
                                  windows_[static_cast<size_t>(outer.inner)].window.size_ms)) {
        outer.inner = static_cast<int>(i);
      }
    }
    if (outer.inner >= 0) windows_[static_cast<size_t>(outer.inner)].is_inner = true;
  }
}

void ViewLayout::BuildHorizon() {
  for (const WindowPlan& plan : windows_) {
    max_entries_ = std::max(max_entries_, static_cast<size_t>(plan.window.max_events));
  }
  if (spec_->accuracy == Accuracy::kExact) max_entries_ = std::numeric_limits<size_t>::max();
  std::vector<int64_t> sizes;
  for (const TileShape& shape : tile_shapes_) sizes.push_back(shape.tile_ms);
  horizon_ = HorizonRules(*spec_, windows_, std::move(sizes), LateNeedsTile());
}

void ViewLayout::BuildFingerprint() {
  std::string& out = fingerprint_;
  absl::StrAppend(&out, spec_->name, "\nkey");
  for (const Type type : spec_->key_types) absl::StrAppend(&out, " ", TypeName(type));
  absl::StrAppend(&out, "\ninputs");
  for (const ViewInput& input : spec_->inputs) {
    absl::StrAppend(&out, " ", input.source, ":");
    for (const int field : input.key_fields) absl::StrAppend(&out, field, ",");
  }
  absl::StrAppend(&out, "\nkeeps", entry().retracts() ? " fingerprints" : "",
                  entry().known() ? " known" : "");
  for (const ViewInput& input : spec_->inputs) {
    if (entry().known() && input.known_field) absl::StrAppend(&out, " ", *input.known_field);
  }
  absl::StrAppend(&out, "\naccuracy ", static_cast<int>(spec_->accuracy), "\nladder");
  for (size_t tier = 0; tier < ladder_.size(); ++tier) {
    absl::StrAppend(&out, " ", tile_ms(tier), ":", horizon_.tier_need_ms(tier));
  }
  absl::StrAppend(&out, "\nentries ", horizon_.longest_ms(), " ", max_entries_, " ",
                  horizon_.keeps_newest(), "\nlifetime ", horizon_.lifetime_lag_ms(), " ",
                  horizon_.base_lag_ms());
  out += maker_.Fingerprint();
  for (int i = 0; i < state_->accumulators(); ++i) {
    absl::StrAppend(&out, "\nstate ", state_->accumulator_column(i), " ",
                    state_->accumulator_key(i));
  }
}

}  // namespace millrace
