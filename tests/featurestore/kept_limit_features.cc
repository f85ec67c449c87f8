#include "tests/featurestore/kept_limit_features.h"

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/oracle/random_features.h"

namespace millrace {
namespace {

using oracle::Feature;
using oracle::OneOf;
using oracle::Window;
using Kind = oracle::WindowKind;

constexpr int64_t kSecondMs = 1'000, kMinuteMs = 60 * kSecondMs, kHourMs = 60 * kMinuteMs,
                  kDayMs = 24 * kHourMs;

int64_t RandomLength(Random* random, int64_t span_ms) {
  static const std::vector<int64_t> kLengths = {
      500,     1'280,        10 * kSecondMs, kMinuteMs,  10 * kMinuteMs,
      kHourMs, 12 * kHourMs, kDayMs,         7 * kDayMs, 30 * kDayMs};
  return random->Chance(0.5) ? OneOf(random, kLengths) : random->Between(1, span_ms + span_ms / 4);
}

void SetLagAndBounds(Random* random, const KeptLimitScale& scale, Window* window) {
  if (random->Chance(0.25)) window->lag_ms = random->Between(1, scale.span_ms / 8);
  if (random->Chance(0.6)) return;
  const bool has_end = window->kind == Kind::kSliding || window->kind == Kind::kLifetime ||
                       window->kind == Kind::kEvents;
  window->start_open = window->kind == Kind::kSliding && random->Chance(0.5);
  window->end_closed = has_end && random->Chance(0.5);
}

Window RandomWindow(Random* random, const KeptLimitScale& scale, Accuracy accuracy) {
  const bool tiled = accuracy == Accuracy::kTiled;
  Window window;
  window.size_ms = RandomLength(random, scale.span_ms);
  switch (random->Below(10)) {
    case 0:
      window.kind = Kind::kTumbling;
      if (random->Chance(0.3)) window.origin_ms = random->Between(0, window.size_ms - 1);
      if (random->Chance(0.5)) window.which = oracle::Which::kComplete;
      break;
    case 1:
      window.kind = Kind::kHopping;
      window.hop_ms = std::max<int64_t>(1, window.size_ms / random->Between(1, 9));
      break;
    case 2:
    case 3:
      window.kind = Kind::kSession;
      window.gap_ms = std::max<int64_t>(1, scale.step_ms * random->Between(1, 200) / 4);
      if (random->Chance(0.4)) window.max_length_ms = window.gap_ms * random->Between(1, 40);
      if (random->Chance(0.4)) window.which = oracle::Which::kComplete;
      break;
    case 4:
      if (tiled) break;
      window.kind = Kind::kEvents;
      window.events = random->Chance(0.5) ? random->Between(1, 20) : random->Between(1, 4'096);
      break;
    case 5: window.kind = Kind::kLifetime; break;
    case 6:
      if (!tiled) window.max_events = random->Between(1, 3'000);
      break;
    default: break;
  }
  SetLagAndBounds(random, scale, &window);
  return window;
}

// An aggregation without its window. Those of class S are left out: where a record comes too late,
// what they answer depends on that (docs/windows.md).
Feature RandomAggregation(Random* random, const KeptLimitScale& scale) {
  static const std::vector<std::pair<std::string, std::string>> kAggregations = {
      {"count", "*"},
      {"count", "v"},
      {"sum", "v"},
      {"sum", "x"},
      {"mean", "x"},
      {"min", "v"},
      {"max", "x"},
      {"first", "v"},
      {"last", "v"},
      {"last_k", "v"},
      {"last_distinct", "c"},
      {"arg_max", "v"},
      {"top_k", "v"},
      {"distinct", "c"},
      {"count_distinct", "v"},
      {"approx_count_distinct", "v"},
      {"histogram", "c"},
      {"top_frequency", "v"},
      {"entropy", "v"},
      {"ratio", "*"},
      {"time_since", "*"},
      {"quantile", "x"},
      {"var_pop", "x"},
      {"decay_sum", "x"}};
  static const std::set<std::string> kByCategory = {"count", "sum", "mean", "min", "max", "last"};
  Feature feature;
  std::tie(feature.aggregation, feature.input) = OneOf(random, kAggregations);
  const std::string& name = feature.aggregation;
  feature.k = random->Between(1, 5);
  feature.q = OneOf<double>(random, {0.1, 0.5, 0.9});
  if (name == "arg_max") feature.order_by = "x";
  if (name == "decay_sum") feature.half_life_ms = std::max<int64_t>(1, scale.span_ms / 4);
  if (name == "ratio" || random->Chance(0.3)) feature.where = OneOf(random, oracle::Conditions());
  if (kByCategory.contains(name) && random->Chance(0.3)) {
    feature.by = OneOf<std::string>(random, {"c", "b"});
  }
  return feature;
}

// 2 to 12 lengths up to one of about the span: any, multiples of tiles, nearly the same.
std::vector<int64_t> RandomSizes(Random* random, int64_t span_ms) {
  std::set<int64_t> sizes;
  const auto wanted = static_cast<size_t>(random->Between(2, 12));
  const int64_t longest = std::max<int64_t>(kMinuteMs, RandomLength(random, span_ms));
  while (sizes.size() < wanted) {
    switch (random->Below(4)) {
      case 0: sizes.insert(RandomLength(random, span_ms)); break;
      case 1: sizes.insert(std::max<int64_t>(1, longest - random->Between(0, 2))); break;
      case 2: sizes.insert(std::max<int64_t>(1, longest >> random->Below(12))); break;
      default: sizes.insert(random->Between(1, longest));
    }
  }
  return {sizes.begin(), sizes.end()};
}

// The same aggregations over windows that end at the same time.
void AddFamily(Random* random, const KeptLimitScale& scale, std::vector<Feature>* features) {
  Window window;
  SetLagAndBounds(random, scale, &window);
  std::vector<Feature> members;
  for (int64_t left = random->Between(1, 2); left > 0; --left) {
    members.push_back(RandomAggregation(random, scale));
  }
  for (const int64_t size_ms : RandomSizes(random, scale.span_ms)) {
    window.size_ms = size_ms;
    for (Feature& member : members) {
      member.window = window;
      features->push_back(member);
    }
  }
}

}  // namespace

std::vector<Feature> RandomKeptLimitFeatures(Random* random, const KeptLimitScale& scale,
                                             Accuracy accuracy) {
  std::vector<Feature> features;
  for (int64_t left = random->Between(0, 2); left > 0; --left) AddFamily(random, scale, &features);
  for (int64_t left = random->Between(2, 6); left > 0; --left) {
    features.push_back(RandomAggregation(random, scale));
    features.back().window = RandomWindow(random, scale, accuracy);
  }
  random->Shuffle(std::span<Feature>(features));
  for (size_t i = 0; i < features.size(); ++i) features[i].name = absl::StrCat("f", i);
  return features;
}

}  // namespace millrace
