#include "app/catalog/view_explanation.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "app/catalog/lineage.h"
#include "core/status_macros.h"
#include "featurestore/view_layout.h"
#include "stream/tile_ladder.h"

namespace millrace {
namespace {

// The most tiles that a window merges, and the span that those of its coarsest tier cover.
struct Cover {
  int64_t merges = 0;
  int64_t span_ms = 0;
};

// REQUIRES: the window has a tail tier.
Cover WorstCoverOf(const ViewLayout& layout, const WindowPlan& plan) {
  std::vector<int> tiers;
  for (auto t = static_cast<size_t>(plan.tail); t < layout.tiers(); ++t) {
    tiers.push_back(layout.tile_size_index(t));
  }
  if (plan.window.kind != WindowKind::kLifetime) {
    const int64_t span_ms =
        plan.window.kind == WindowKind::kSession ? SessionReach(plan.window) : plan.window.size_ms;
    return {WorstCover({span_ms, plan.tail}, tiers), span_ms};
  }
  // From the base, which ends where a tile of the coarsest tier begins.
  const int64_t top_ms = layout.tile_ms(layout.tiers() - 1);
  const int64_t span_ms = kExplainedAtMs - layout.horizon().At(kExplainedAtMs).base_end_ms + top_ms;
  return {1 + WorstCover({span_ms, plan.tail, true}, tiers), span_ms};
}

class Explainer {
 public:
  Explainer(const ViewLayout& layout, const EntityLoad& load) : layout_(layout), load_(load) {}

  std::vector<TierExplanation> Tiers() const {
    const Horizon horizon = layout_.horizon().At(kExplainedAtMs);
    std::vector<TierExplanation> tiers;
    for (size_t t = 0; t < layout_.tiers(); ++t) {
      tiers.push_back({layout_.tile_ms(t), kExplainedAtMs - horizon.tier_cut_ms[t]});
    }
    return tiers;
  }

  std::vector<WindowExplanation> Windows() const {
    std::vector<WindowExplanation> windows;
    for (size_t w = 0; w < layout_.windows().size(); ++w) {
      WindowExplanation window = Explain(layout_.windows()[w]);
      for (size_t f = 0; f < layout_.features().size(); ++f) {
        if (layout_.features()[f].window == static_cast<int>(w)) {
          window.features.push_back(spec().features[f].name);
        }
      }
      windows.push_back(std::move(window));
    }
    return windows;
  }

  std::vector<StateExplanation> States() const {
    std::vector<std::pair<FeaturePlan, StateExplanation>> states;
    for (size_t f = 0; f < layout_.features().size(); ++f) {
      const FeaturePlan& plan = layout_.features()[f];
      const FeatureSpec& feature = spec().features[f];
      if (feature.computed()) continue;
      auto state = std::find_if(states.begin(), states.end(), [&plan](const auto& other) {
        return other.first.accumulator == plan.accumulator && other.first.column == plan.column &&
               other.first.filter == plan.filter;
      });
      if (state == states.end()) {
        const auto& accumulator = feature.aggregation->accumulator;
        state = states.insert(
            states.end(),
            {plan,
             {"", accumulator == nullptr ? StateClass::kExact : accumulator->state_class(), {}}});
      }
      state->second.features.push_back(feature.name);
    }
    std::vector<StateExplanation> explained;
    for (auto& [plan, state] : states) {
      state.computes = Computes(state.features);
      explained.push_back(std::move(state));
    }
    return explained;
  }

 private:
  const ViewSpec& spec() const { return layout_.spec(); }

  WindowExplanation Explain(const WindowPlan& plan) const {
    WindowExplanation out;
    out.window = DescribeWindow(plan.window);
    if (plan.tail >= 0) {
      out.tail_ms = layout_.tile_ms(static_cast<size_t>(plan.tail));
      const Cover cover = WorstCoverOf(layout_, plan);
      out.merges = cover.merges;
      // Towards each end at most a coarser tile's worth of each finer tier: two blocks.
      const int64_t of_top = cover.span_ms / layout_.tile_ms(static_cast<size_t>(plan.top));
      out.blocks = 4 * (plan.top - plan.tail) + of_top / kTilesPerBlock + 2;
    }
    if (plan.window.kind == WindowKind::kSession) out.session_reach_ms = SessionReach(plan.window);
    Judge(plan, &out);
    return out;
  }

  // Whether the records at the window's ends are kept at the load.
  void Judge(const WindowPlan& plan, WindowExplanation* out) const {
    const Window& window = plan.window;
    int64_t reach_ms = window.lag_ms;
    if (window.size_ms > 0) {
      reach_ms += window.size_ms;
      out->records = load_.records_per_s * static_cast<double>(window.size_ms) / 1'000;
    }
    if (window.max_events > 0 && window.lag_ms == 0) return;  // they are among those kept
    const double needed = load_.records_per_s * static_cast<double>(reach_ms) / 1'000;
    if (spec().accuracy == Accuracy::kTiled) {
      out->exact = reach_ms == 0;
    } else {
      out->exact = needed <= static_cast<double>(layout_.max_entries());
    }
    if (!out->exact) out->off_by_ms = out->tail_ms;
  }

  // "mean, sum of dep_delay where late": what the features have in common.
  std::string Computes(const std::vector<std::string>& features) const {
    std::vector<std::string> aggregations;
    const FeatureSpec* any = nullptr;
    for (const FeatureSpec& feature : spec().features) {
      if (std::find(features.begin(), features.end(), feature.name) == features.end()) continue;
      any = &feature;
      if (std::find(aggregations.begin(), aggregations.end(), feature.aggregation_name) ==
          aggregations.end()) {
        aggregations.push_back(feature.aggregation_name);
      }
    }
    std::string text = absl::StrCat(absl::StrJoin(aggregations, ", "), " of ",
                                    any->input_text.empty() ? "*" : any->input_text);
    if (!any->other_text.empty()) absl::StrAppend(&text, " and ", any->other_text);
    if (!any->by_text.empty()) absl::StrAppend(&text, " by ", any->by_text);
    if (!any->where_text.empty()) absl::StrAppend(&text, " where ", any->where_text);
    return text;
  }

  const ViewLayout& layout_;
  const EntityLoad& load_;
};

}  // namespace

absl::string_view AccuracyName(Accuracy accuracy) {
  switch (accuracy) {
    case Accuracy::kAuto: return "auto";
    case Accuracy::kExact: return "exact";
    case Accuracy::kTiled: return "tiled";
  }
  return "";
}

absl::StatusOr<ViewExplanation> ExplainView(const Project& project, int32_t view,
                                            const EntityLoad& load) {
  const std::shared_ptr<const ViewSpec>& spec = project.views[static_cast<size_t>(view)];
  ASSIGN_OR_RETURN(const std::unique_ptr<const ViewLayout> layout, ViewLayout::Make(spec));
  const Explainer explainer(*layout, load);
  ViewExplanation out;
  out.load = load;
  out.view = spec->name;
  out.entity = spec->entity;
  out.sources = Lineage(project).SourcesOfView(view);
  out.accuracy = spec->accuracy;
  out.as_of_ms = spec->as_of_ms;
  out.tiers = explainer.Tiers();
  out.windows = explainer.Windows();
  out.states = explainer.States();
  const auto source = static_cast<size_t>(spec->inputs[0].source);
  EntitySizer sizer(*layout, project.sources[source].schema);
  out.sparse = sizer.OfRecords(kSparseRecords);
  out.dense = sizer.AtRate(load.records_per_s);
  out.record = sizer.OfOneRecord();
  if (layout->max_entries() != std::numeric_limits<size_t>::max()) {
    out.most_records = static_cast<int64_t>(layout->max_entries());
  }
  if (sizer.records_kept_ms() != std::numeric_limits<int64_t>::max()) {
    out.records_kept_ms = sizer.records_kept_ms();
  }
  return out;
}

}  // namespace millrace
