#include "featurestore/view_layout.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"

namespace millrace {
namespace {

constexpr int64_t kHourMs = 3'600'000;
// Without tiles the horizon of entries moves in steps, so that rows are not trimmed at each record.
constexpr int64_t kLogStepMs = 1'000;

// The span whose edges a window's tiers must resolve. A lifetime window has only an end, which
// moves within `as_of`.
int64_t LadderSpan(const Window& window, int64_t as_of_ms) {
  return window.kind == WindowKind::kLifetime ? std::max(as_of_ms, kHourMs) : window.size_ms;
}

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

int ViewLayout::FilterOf(const FeatureSpec& feature) {
  if (feature.where_text.empty()) return 0;
  for (size_t f = 0; f < filter_expression_.size(); ++f) {
    if (expressions_[filter_expression_[f]].text == feature.where_text) {
      return static_cast<int>(f) + 1;
    }
  }
  filter_expression_.push_back(static_cast<int>(expressions_.size()));
  expressions_.push_back({feature.where_text, &feature.where});
  return state_.AddFilter();
}

int ViewLayout::ColumnOf(const FeatureSpec& feature, int filter) {
  if (feature.input_type == Type::kNull) return -1;
  for (size_t c = 0; c < state_.columns().size(); ++c) {
    const StateColumn& column = state_.columns()[c];
    if (column.filter == filter && column.type == feature.input_type &&
        expressions_[column_expression_[c]].text == feature.input_text) {
      return static_cast<int>(c);
    }
  }
  int expression = -1;
  for (size_t e = 0; e < expressions_.size(); ++e) {
    if (expressions_[e].text == feature.input_text) expression = static_cast<int>(e);
  }
  if (expression < 0) {
    expression = static_cast<int>(expressions_.size());
    expressions_.push_back({feature.input_text, &feature.input});
  }
  column_expression_.push_back(expression);
  return state_.AddColumn({filter, feature.input_type});
}

absl::Status ViewLayout::Build() {
  const auto refuse = [this](const FeatureSpec& feature, absl::string_view why) {
    return absl::InvalidArgumentError(
        absl::StrCat("view \"", spec_->name, "\": feature \"", feature.name, "\": ", why));
  };
  for (const FeatureSpec& feature : spec_->features) {
    if (feature.aggregation != AggregationKind::kCount &&
        !ResultType(feature.aggregation, feature.input_type)) {
      return refuse(feature, absl::StrCat(AggregationName(feature.aggregation), " does not take ",
                                          TypeName(feature.input_type)));
    }
    if (feature.window.kind == WindowKind::kSliding &&
        (feature.window.size_ms < 1 || feature.window.size_ms > kTimeLimitMs / 4)) {
      return refuse(feature, "the window's size is out of range");
    }
    if (feature.window.lag_ms < 0 || feature.window.lag_ms > kTimeLimitMs / 4) {
      return refuse(feature, "the window's lag is out of range");
    }
    if ((!feature.where_text.empty() && feature.where.size() != spec_->inputs.size()) ||
        (feature.input_type != Type::kNull && feature.input.size() != spec_->inputs.size())) {
      return refuse(feature, "an expression per source is needed");
    }
    FeaturePlan plan;
    plan.filter = FilterOf(feature);
    plan.column = ColumnOf(feature, plan.filter);
    if (feature.aggregation != AggregationKind::kCount) {
      plan.accumulator = state_.AddAccumulator(feature.aggregation, plan.column);
    }
    const auto same = std::find_if(windows_.begin(), windows_.end(),
                                   [&](const WindowPlan& w) { return w.window == feature.window; });
    plan.window = static_cast<int>(same - windows_.begin());
    if (same == windows_.end()) windows_.push_back({feature.window, -1, -1, {}});
    features_.push_back(plan);
  }
  if (state_.columns().size() > 2048) {
    return absl::InvalidArgumentError(
        absl::StrCat("view \"", spec_->name, "\": more than 2048 different inputs"));
  }
  state_.Finish();
  BuildLadderAndWindows();
  BuildHorizons();
  BuildFingerprint();
  return absl::OkStatus();
}

// Windows shorter than the tiles are folded record by record.
int ViewLayout::TailOfOneTier(const Window& window, int64_t span_ms) const {
  return window.kind == WindowKind::kLifetime || tile_ms(0) <= span_ms ? ladder_[0] : -1;
}

void ViewLayout::BuildLadderAndWindows() {
  std::vector<int64_t> spans;
  for (const WindowPlan& plan : windows_) spans.push_back(LadderSpan(plan.window, spec_->as_of_ms));
  ladder_ = spec_->tile_ms ? std::vector<int>{TierOfAtMost(*spec_->tile_ms)} : BuildLadder(spans);
  for (size_t w = 0; w < windows_.size(); ++w) {
    WindowPlan& plan = windows_[w];
    int tail = TailTier(spans[w]);
    if (spec_->tile_ms) tail = TailOfOneTier(plan.window, spans[w]);
    for (size_t tier = 0; tail >= 0 && tier < ladder_.size(); ++tier) {
      if (ladder_[tier] == tail) plan.tail = static_cast<int>(tier);
      if (plan.window.kind == WindowKind::kLifetime || tile_ms(tier) <= spans[w]) {
        plan.top = static_cast<int>(tier);
      }
    }
    std::vector<int> accumulators, columns, filters;
    for (const FeaturePlan& feature : features_) {
      if (feature.window != static_cast<int>(w)) continue;
      filters.push_back(feature.filter);
      if (feature.column >= 0) columns.push_back(feature.column);
      if (feature.accumulator >= 0) accumulators.push_back(feature.accumulator);
    }
    plan.ops = state_.Subset(accumulators, columns, filters);
  }
}

void ViewLayout::BuildHorizons() {
  for (const WindowPlan& plan : windows_) {
    const int64_t lag = plan.window.lag_ms + spec_->as_of_ms + 1;  // + 1: bounds move by a ms
    if (plan.window.kind == WindowKind::kLifetime) {
      lifetime_lag_ms_ = std::max(lifetime_lag_ms_, plan.window.lag_ms);
      for (size_t tier = plan.tail; tier < ladder_.size(); ++tier) {
        const int64_t coarser = tile_ms(std::min(tier + 1, ladder_.size() - 1));
        tier_need_ms_[tier] = std::max(tier_need_ms_[tier], lag + coarser);
      }
      longest_ms_ = std::max(longest_ms_, lag);
      continue;
    }
    longest_ms_ = std::max(longest_ms_, lag + plan.window.size_ms);
    for (int tier = plan.tail; tier >= 0 && tier <= plan.top; ++tier) {
      tier_need_ms_[tier] = std::max(tier_need_ms_[tier], lag + plan.window.size_ms);
    }
  }
  for (size_t tier = 0; tier < ladder_.size(); ++tier) {
    log_follows_tiers_ |= tier_need_ms_[tier] >= longest_ms_;
  }
}

size_t ViewLayout::max_entries() const {
  return spec_->accuracy == Accuracy::kExact ? std::numeric_limits<size_t>::max()
                                             : kMicroLogEntries;
}

Horizon ViewLayout::HorizonAt(int64_t stream_ms) const {
  Horizon horizon;
  if (stream_ms <= -kTimeLimitMs) {
    horizon.tier_cut_ms.fill(-kTimeLimitMs);
    return horizon;
  }
  int64_t oldest = log_follows_tiers_ ? std::numeric_limits<int64_t>::max()
                                      : FloorTo(stream_ms - longest_ms_, kLogStepMs);
  for (size_t tier = 0; tier < ladder_.size(); ++tier) {
    horizon.tier_cut_ms[tier] =
        FloorTo(stream_ms - tier_need_ms_[tier], kTilesPerBlock * tile_ms(tier));
    oldest = std::min(oldest, horizon.tier_cut_ms[tier]);
  }
  horizon.log_cut_ms = oldest;
  if (spec_->accuracy == Accuracy::kTiled && !ladder_.empty()) {
    horizon.log_cut_ms = FloorTo(stream_ms, tile_ms(0)) - tile_ms(0);
  }
  if (has_lifetime()) {
    horizon.base_end_ms =
        FloorTo(stream_ms - spec_->as_of_ms - lifetime_lag_ms_, tile_ms(ladder_.size() - 1));
  }
  return horizon;
}

int64_t ViewLayout::NextHorizonChange(int64_t stream_ms) const {
  if (stream_ms <= -kTimeLimitMs) return stream_ms + 1;
  const auto next = [stream_ms](int64_t behind, int64_t step) {
    return FloorTo(stream_ms - behind, step) + step + behind;
  };
  int64_t change = std::numeric_limits<int64_t>::max();
  if (!log_follows_tiers_) change = next(longest_ms_, kLogStepMs);
  for (size_t tier = 0; tier < ladder_.size(); ++tier) {
    change = std::min(change, next(tier_need_ms_[tier], kTilesPerBlock * tile_ms(tier)));
  }
  if (spec_->accuracy == Accuracy::kTiled && !ladder_.empty()) {
    change = std::min(change, next(0, tile_ms(0)));
  }
  if (has_lifetime()) {
    change =
        std::min(change, next(spec_->as_of_ms + lifetime_lag_ms_, tile_ms(ladder_.size() - 1)));
  }
  return change;
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
  absl::StrAppend(&out, "\naccuracy ", static_cast<int>(spec_->accuracy), "\nladder");
  for (size_t tier = 0; tier < ladder_.size(); ++tier) {
    absl::StrAppend(&out, " ", tile_ms(tier), ":", tier_need_ms_[tier]);
  }
  absl::StrAppend(&out, "\nentries ", longest_ms_, "\nlifetime ", lifetime_lag_ms_);
  for (const int e : filter_expression_) absl::StrAppend(&out, "\nwhere ", expressions_[e].text);
  for (size_t c = 0; c < column_expression_.size(); ++c) {
    const StateColumn& column = state_.columns()[c];
    absl::StrAppend(&out, "\ncolumn ", column.filter, " ", TypeName(column.type), " ",
                    expressions_[column_expression_[c]].text);
  }
  for (const StateOp& op : state_.ops()) {
    absl::StrAppend(&out, "\nstate ", static_cast<int>(op.kind), " ", op.word);
  }
}

EntryRef ViewLayout::MakeEntry(int input, const EventOrder& order, std::span<const Value> fields,
                               Scratch* scratch) const {
  scratch->words.assign(static_cast<size_t>(state_.entry_words()), 0);
  scratch->values.resize(expressions_.size());
  scratch->bytes.resize(expressions_.size());
  uint64_t* words = scratch->words.data();
  words[0] = static_cast<uint64_t>(order.event_time_ms);
  words[1] = PackSource(order.source, order.partition);
  words[2] = static_cast<uint64_t>(order.offset);
  const auto set_bit = [words](int bit) { words[3 + bit / 64] |= uint64_t{1} << (bit % 64); };
  for (size_t e = 0; e < expressions_.size(); ++e) {
    const auto& expression = (*expressions_[e].by_input)[input];
    scratch->values[e] =
        expression ? expression->Evaluate(fields, &scratch->bytes[e]) : Value::Null();
  }
  set_bit(0);
  for (size_t f = 0; f < filter_expression_.size(); ++f) {
    const Value& passes = scratch->values[filter_expression_[f]];
    if (passes.type() == Type::kBool && passes.bool_value()) set_bit(static_cast<int>(f) + 1);
  }
  size_t blobs = 0;
  for (size_t c = 0; c < column_expression_.size(); ++c) {
    const StateColumn& column = state_.columns()[c];
    const int filter = column.filter;
    if ((words[3 + filter / 64] >> (filter % 64) & 1) == 0) continue;
    const Value& value = scratch->values[column_expression_[c]];
    uint64_t* word = words + state_.value_word(static_cast<int>(c));
    if (column.type == Type::kDouble) {
      double number = 0;
      if (value.type() == Type::kDouble) {
        number = value.double_value();
      } else if (value.type() == Type::kInt) {
        number = static_cast<double>(value.int_value());
      } else {
        continue;
      }
      if (!std::isfinite(number)) continue;
      *word = std::bit_cast<uint64_t>(number == 0 ? 0.0 : number);
    } else if (value.type() != column.type) {
      continue;
    } else if (column.type == Type::kString || column.type == Type::kBytes) {
      if (scratch->blobs.size() == blobs) scratch->blobs.emplace_back();
      scratch->blobs[blobs].assign(value.string_value().data(), value.string_value().size());
      *word = ++blobs;
    } else {
      *word = static_cast<uint64_t>(value.type() == Type::kBool ? value.bool_value()
                                                                : value.int_value());
    }
    set_bit(state_.column_bit(static_cast<int>(c)));
  }
  return {words, &scratch->blobs};
}

}  // namespace millrace
