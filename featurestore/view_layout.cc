#include "featurestore/view_layout.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"

namespace millrace {
namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kDayMs = 24 * kHourMs;

// The index of the largest tile size <= length_ms, or of the smallest.
int TierOfAtMost(int64_t length_ms) {
  int tier = 0;
  while (tier + 1 < static_cast<int>(kTileSizesMs.size()) && kTileSizesMs[tier + 1] <= length_ms) {
    ++tier;
  }
  return tier;
}

bool HasLength(const Window& window) {
  return window.kind == WindowKind::kSliding || window.kind == WindowKind::kTumbling ||
         window.kind == WindowKind::kHopping;
}

// How far before (T - lag) the start of a window may lie.
int64_t ReachOf(const Window& window) {
  switch (window.kind) {
    case WindowKind::kSliding: return window.size_ms;
    case WindowKind::kTumbling:
      return window.which == Which::kComplete ? 2 * window.size_ms : window.size_ms;
    case WindowKind::kHopping: return window.size_ms + window.hop_ms;
    case WindowKind::kSession: return ViewLayout::SessionReach(window);
    case WindowKind::kLifetime:
    case WindowKind::kEvents: return 0;
  }
  return 0;
}

}  // namespace

int64_t ViewLayout::SessionReach(const Window& window) {
  return std::max({kDayMs, 128 * window.gap_ms, 2 * window.max_length_ms});
}

absl::StatusOr<std::unique_ptr<const ViewLayout>> ViewLayout::Make(
    std::shared_ptr<const ViewSpec> spec) {
  std::unique_ptr<ViewLayout> layout(new ViewLayout(std::move(spec)));
  RETURN_IF_ERROR(layout->Build());
  return std::unique_ptr<const ViewLayout>(std::move(layout));
}

int ViewLayout::ExpressionOf(const std::string& text,
                             const std::vector<std::shared_ptr<const Expression>>& by_input) {
  for (size_t e = 0; e < expressions_.size(); ++e) {
    if (expressions_[e].text == text) return static_cast<int>(e);
  }
  expressions_.push_back({text, &by_input});
  return static_cast<int>(expressions_.size()) - 1;
}

int ViewLayout::FilterOf(const FeatureSpec& feature, EntryLayout* entry) {
  if (feature.where_text.empty()) return 0;
  const int expression = ExpressionOf(feature.where_text, feature.where);
  for (size_t f = 0; f < filter_expression_.size(); ++f) {
    if (filter_expression_[f] == expression) return static_cast<int>(f) + 1;
  }
  filter_expression_.push_back(expression);
  return entry->AddFilter();
}

int ViewLayout::ColumnOf(const FeatureSpec& feature, int filter, EntryLayout* entry) {
  if (feature.input_type == Type::kNull) return -1;
  ColumnExpressions wanted;
  wanted.value = ExpressionOf(feature.input_text, feature.input);
  if (feature.other_type != Type::kNull) {
    wanted.other = ExpressionOf(feature.other_text, feature.other);
  }
  if (feature.by_type != Type::kNull) wanted.category = ExpressionOf(feature.by_text, feature.by);
  for (size_t c = 0; c < entry->columns().size(); ++c) {
    const StateColumn& column = entry->columns()[c];
    if (column.filter == filter && column.type == feature.input_type &&
        column_expressions_[c] == wanted) {
      return static_cast<int>(c);
    }
  }
  column_expressions_.push_back(wanted);
  return entry->AddColumn({filter, feature.input_type, feature.other_type, feature.by_type});
}

absl::Status ViewLayout::CheckFeature(const FeatureSpec& feature) const {
  const auto refuse = [&](absl::string_view why) {
    return absl::InvalidArgumentError(
        absl::StrCat("view \"", spec_->name, "\": feature \"", feature.name, "\": ", why));
  };
  if (feature.computed()) {
    const auto inside = [this](int operand) {
      return operand >= 0 && static_cast<size_t>(operand) < spec_->features.size();
    };
    if (std::all_of(feature.operands.begin(), feature.operands.end(), inside)) {
      return absl::OkStatus();
    }
    return refuse("it is computed from a feature that there is not");
  }
  const Window& window = feature.window;
  if (feature.aggregation == nullptr) return refuse("it has no aggregation");
  if (HasLength(window) && (window.size_ms < 1 || window.size_ms > kTimeLimitMs / 4)) {
    return refuse("the window's size is out of range");
  }
  if (window.lag_ms < 0 || window.lag_ms > kTimeLimitMs / 4) {
    return refuse("the window's lag is out of range");
  }
  if (window.kind == WindowKind::kHopping &&
      (window.hop_ms < 1 || window.hop_ms > window.size_ms)) {
    return refuse("the hop must be 1 ms to the window's size");
  }
  if (window.kind == WindowKind::kSession &&
      (window.gap_ms < 1 || window.gap_ms > kTimeLimitMs / 1024 || window.max_length_ms < 0 ||
       window.max_length_ms > kTimeLimitMs / 8)) {
    return refuse("the session's gap or length is out of range");
  }
  if (window.max_events < 0 || window.max_events > kMaxWindowEvents ||
      (window.kind == WindowKind::kEvents && window.max_events == 0)) {
    return refuse("the number of records is out of range");
  }
  if (window.max_events > 0 && spec_->accuracy == Accuracy::kTiled) {
    return refuse("`accuracy: tiled` keeps no records to count the newest of");
  }
  const size_t inputs = spec_->inputs.size();
  if ((!feature.where_text.empty() && feature.where.size() != inputs) ||
      (feature.input_type != Type::kNull && feature.input.size() != inputs) ||
      (feature.other_type != Type::kNull && feature.other.size() != inputs) ||
      (feature.by_type != Type::kNull && feature.by.size() != inputs)) {
    return refuse("an expression per source is needed");
  }
  return absl::OkStatus();
}

absl::Status ViewLayout::Build() {
  EntryLayout::Options options;
  options.known = spec_->keeps_known_time;
  for (const ViewInput& input : spec_->inputs) options.retracts |= input.retracts;
  EntryLayout entry(options);
  for (const FeatureSpec& feature : spec_->features) {
    RETURN_IF_ERROR(CheckFeature(feature));
    FeaturePlan plan;
    if (feature.computed()) {
      plan.window = -1;
      features_.push_back(plan);
      continue;
    }
    plan.filter = FilterOf(feature, &entry);
    plan.column = ColumnOf(feature, plan.filter, &entry);
    if (feature.aggregation->counts_candidates) plan.candidates = ColumnOf(feature, 0, &entry);
    const auto same = std::find_if(windows_.begin(), windows_.end(),
                                   [&](const WindowPlan& w) { return w.window == feature.window; });
    plan.window = static_cast<int>(same - windows_.begin());
    if (same == windows_.end()) windows_.push_back({feature.window, -1, -1, {}});
    features_.push_back(plan);
  }
  if (entry.columns().size() > 2048) {
    return absl::InvalidArgumentError(
        absl::StrCat("view \"", spec_->name, "\": more than 2048 different inputs"));
  }
  entry.Finish();
  not_finite_ = std::vector<std::atomic<uint64_t>>(column_expressions_.size());
  state_.emplace(std::move(entry));
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
  BuildHorizons();
  BuildFingerprint();
  return absl::OkStatus();
}

// How far the base of a lifetime window stays behind: what came late or is taken back must still
// find its tile, where order or the record itself matters.
int64_t ViewLayout::BaseLag(const Window& lifetime) const {
  const bool whole = state_->plan().ordered || entry().retracts();
  return spec_->as_of_ms + lifetime.lag_ms + (whole ? spec_->retention_ms : 0);
}

// The span whose edges the tiers of a window must resolve, and the tier that does.
LadderNeed ViewLayout::NeedOf(const Window& window) const {
  LadderNeed need;
  switch (window.kind) {
    case WindowKind::kEvents: return need;
    case WindowKind::kLifetime:
      // It has only an end, which moves within `as_of`; coarser tiers reach back to the base.
      need.tail = TailTier(std::max(spec_->as_of_ms, kHourMs));
      need.window_ms = std::max({spec_->as_of_ms, kHourMs, BaseLag(window)});
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

void ViewLayout::BuildHorizons() {
  for (const WindowPlan& plan : windows_) {
    max_entries_ = std::max(max_entries_, static_cast<size_t>(plan.window.max_events));
    keeps_newest_ |= plan.window.kind == WindowKind::kEvents;
    const int64_t lag = plan.window.lag_ms + spec_->as_of_ms + 1;  // + 1: bounds move by a ms
    if (plan.window.kind == WindowKind::kLifetime) {
      lifetime_lag_ms_ = std::max(lifetime_lag_ms_, plan.window.lag_ms);
      base_lag_ms_ = std::max(base_lag_ms_, BaseLag(plan.window));
      for (size_t tier = plan.tail; tier < ladder_.size(); ++tier) {
        const int64_t coarser = tile_ms(std::min(tier + 1, ladder_.size() - 1));
        const bool top = tier + 1 == ladder_.size();
        tier_need_ms_[tier] =
            std::max(tier_need_ms_[tier], (top ? base_lag_ms_ + 1 : lag) + coarser);
      }
      longest_ms_ = std::max(longest_ms_, lag);
      continue;
    }
    const int64_t reach = ReachOf(plan.window) + lag;
    longest_ms_ = std::max(longest_ms_, reach);
    for (int tier = plan.tail; tier >= 0 && tier <= plan.top; ++tier) {
      tier_need_ms_[tier] = std::max(tier_need_ms_[tier], reach);
    }
  }
  if (spec_->accuracy == Accuracy::kExact) max_entries_ = std::numeric_limits<size_t>::max();
  for (size_t tier = 0; tier < ladder_.size(); ++tier) {
    log_follows_tiers_ |= tier_need_ms_[tier] >= longest_ms_;
  }
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
    absl::StrAppend(&out, " ", tile_ms(tier), ":", tier_need_ms_[tier]);
  }
  absl::StrAppend(&out, "\nentries ", longest_ms_, " ", max_entries_, " ", keeps_newest_,
                  "\nlifetime ", lifetime_lag_ms_, " ", base_lag_ms_);
  for (const int e : filter_expression_) absl::StrAppend(&out, "\nwhere ", expressions_[e].text);
  for (size_t c = 0; c < column_expressions_.size(); ++c) {
    const StateColumn& column = entry().columns()[c];
    absl::StrAppend(&out, "\ncolumn ", column.filter, " ", ValueTypeName(column.type), " ",
                    expressions_[column_expressions_[c].value].text);
    if (column_expressions_[c].other >= 0) {
      absl::StrAppend(&out, " with ", ValueTypeName(column.other), " ",
                      expressions_[column_expressions_[c].other].text);
    }
    if (column_expressions_[c].category >= 0) {
      absl::StrAppend(&out, " by ", ValueTypeName(column.category), " ",
                      expressions_[column_expressions_[c].category].text);
    }
  }
  for (int i = 0; i < state_->accumulators(); ++i) {
    absl::StrAppend(&out, "\nstate ", state_->accumulator_column(i), " ",
                    state_->accumulator_key(i));
  }
}

}  // namespace millrace
