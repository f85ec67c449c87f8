#include "featurestore/feature_check.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "featurestore/view_horizon.h"

namespace millrace {
namespace {

bool HasLength(const Window& window) {
  return window.kind == WindowKind::kSliding || window.kind == WindowKind::kTumbling ||
         window.kind == WindowKind::kHopping;
}

}  // namespace

absl::Status CheckFeature(const ViewSpec& view, const FeatureSpec& feature) {
  const auto refuse = [&](absl::string_view why) {
    return absl::InvalidArgumentError(
        absl::StrCat("view \"", view.name, "\": feature \"", feature.name, "\": ", why));
  };
  if (feature.computed()) {
    const auto inside = [&view](int operand) {
      return operand >= 0 && static_cast<size_t>(operand) < view.features.size();
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
  if (window.max_events > 0 && view.accuracy == Accuracy::kTiled) {
    return refuse("`accuracy: tiled` keeps no records to count the newest of");
  }
  const size_t inputs = view.inputs.size();
  if ((!feature.where_text.empty() && feature.where.size() != inputs) ||
      (feature.input_type != Type::kNull && feature.input.size() != inputs) ||
      (feature.other_type != Type::kNull && feature.other.size() != inputs) ||
      (feature.by_type != Type::kNull && feature.by.size() != inputs)) {
    return refuse("an expression per source is needed");
  }
  return absl::OkStatus();
}

}  // namespace millrace
