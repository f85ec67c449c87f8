#include "tests/oracle/feature.h"

#include <set>

namespace millrace::oracle {
namespace {

std::string WindowText(const Window& window) {
  const std::string which = window.which == Which::kComplete ? ", which: complete" : "";
  const std::string size = DurationText(window.size_ms);
  switch (window.kind) {
    case WindowKind::kSliding: return size;
    case WindowKind::kLifetime: return "lifetime";
    case WindowKind::kEvents: return "{events: " + std::to_string(window.events) + "}";
    case WindowKind::kHopping:
      return "{hopping: " + size + ", hop: " + DurationText(window.hop_ms) + "}";
    case WindowKind::kTumbling: {
      const std::string origin =
          window.origin_ms == 0 ? "" : ", origin: " + DurationText(window.origin_ms);
      return "{tumbling: " + size + origin + which + "}";
    }
    case WindowKind::kSession: {
      const std::string longest =
          window.max_length_ms ? ", max_length: " + DurationText(*window.max_length_ms) : "";
      return "{session: {gap: " + DurationText(window.gap_ms) + longest + which + "}}";
    }
  }
  return "";
}

std::string BoundsText(const Window& window) {
  if (!window.start_open && !window.end_closed) return "";
  return std::string(", bounds: \"") + (window.start_open ? '(' : '[') +
         (window.end_closed ? ']' : ')') + "\"";
}

std::string OptionsText(const Feature& feature) {
  static const std::set<std::string> kTakesK = {
      "nth",           "first_k",      "last_k",   "first_distinct",
      "last_distinct", "top_k",        "bottom_k", "bounded_count_distinct",
      "histogram",     "top_frequency"};
  std::string out;
  if (kTakesK.contains(feature.aggregation)) out += ", k: " + std::to_string(feature.k);
  if (feature.aggregation == "quantile") out += ", q: " + ToText(Datum(feature.q));
  if (feature.aggregation == "approx_count_distinct") out += ", p: " + std::to_string(feature.p);
  if (feature.aggregation == "ew_mean") out += ", alpha: " + ToText(Datum(feature.alpha));
  if (feature.half_life_ms > 0) out += ", half_life: " + DurationText(feature.half_life_ms);
  if (feature.max_values) out += ", max_values: " + std::to_string(*feature.max_values);
  if (feature.max_keys) out += ", max_keys: " + std::to_string(*feature.max_keys);
  if (!feature.with.empty()) out += ", with: " + feature.with;
  if (!feature.order_by.empty()) out += ", order_by: " + feature.order_by;
  return out;
}

std::string ModifiersText(const Feature& feature) {
  std::string out;
  if (feature.where) out += ", where: " + ToText(Datum(feature.where->text));
  if (!feature.by.empty()) out += ", by: " + feature.by;
  if (feature.top) {
    out += ", top: " + std::to_string(*feature.top) +
           ", top_by: " + (feature.top_by == TopBy::kKey ? "key" : "value");
  }
  if (feature.shape == Shape::kVector) out += ", elementwise: true";
  if (feature.exclude_current == ExcludeCurrent::kTime) out += ", exclude_current: time";
  if (feature.exclude_current == ExcludeCurrent::kRow) out += ", exclude_current: row";
  if (feature.with_request) out += ", with_request: true";
  if (feature.default_value) out += ", default: " + ToText(*feature.default_value);
  return out;
}

}  // namespace

bool Subtracts(const std::string& aggregation) {
  static const std::set<std::string> kSubtracting = {
      "count",      "sum",     "mean",  "distinct", "count_distinct", "histogram", "top_frequency",
      "top1_ratio", "entropy", "ratio", "rate"};
  return kSubtracting.contains(aggregation);
}

std::string DurationText(int64_t ms) { return std::to_string(ms) + "ms"; }

std::string ToYaml(const Feature& feature) {
  std::string out = "{" + feature.aggregation + ": ";
  out += feature.input == "*" ? "\"*\"" : feature.input;
  out += OptionsText(feature) + ", window: " + WindowText(feature.window);
  if (feature.window.lag_ms > 0) out += ", lag: " + DurationText(feature.window.lag_ms);
  if (feature.window.max_events) {
    out += ", max_events: " + std::to_string(*feature.window.max_events);
  }
  return out + BoundsText(feature.window) + ModifiersText(feature) + "}";
}

}  // namespace millrace::oracle
