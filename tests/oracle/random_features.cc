#include "tests/oracle/random_features.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"

namespace millrace::oracle {
namespace {

constexpr int64_t kSecond = 1000;
constexpr int64_t kHour = 3600 * kSecond;
constexpr int64_t kDay = 24 * kHour;

// Inputs each aggregation takes; a name may stand several times to be drawn more often.
const std::map<std::string, std::string>& Inputs() {
  static const std::map<std::string, std::string> kInputs = {{"count", "* * x s l m"},
                                                             {"sum", "x v w z l m e"},
                                                             {"mean", "x v w z l m e"},
                                                             {"min", "x v w z s l m e"},
                                                             {"max", "x v w z s l m e"},
                                                             {"arg_max", "v s x"},
                                                             {"arg_min", "v s x"},
                                                             {"var_pop", "x x v l m e"},
                                                             {"var_samp", "x x v l m"},
                                                             {"std_pop", "x x v e"},
                                                             {"std_samp", "x x v"},
                                                             {"skew_pop", "x v"},
                                                             {"skew_samp", "x v"},
                                                             {"kurtosis_pop", "x v"},
                                                             {"kurtosis_samp", "x v"},
                                                             {"first", "x v w z s b l m"},
                                                             {"last", "x v w z s b l m"},
                                                             {"nth", "x v s l"},
                                                             {"first_k", "x v s b l"},
                                                             {"last_k", "x v s b l"},
                                                             {"first_distinct", "v s b l"},
                                                             {"last_distinct", "v s b l"},
                                                             {"top_k", "v w x s l"},
                                                             {"bottom_k", "v w x s l"},
                                                             {"cov_pop", "x v"},
                                                             {"cov_samp", "x v"},
                                                             {"corr", "x v"},
                                                             {"trend", "x v"},
                                                             {"distinct", "v s b l"},
                                                             {"count_distinct", "v w s x l"},
                                                             {"bounded_count_distinct", "v s l"},
                                                             {"approx_count_distinct", "v w s x l"},
                                                             {"quantile", "x v l"},
                                                             {"median", "x v l"},
                                                             {"histogram", "v s b l"},
                                                             {"top_frequency", "v s b l"},
                                                             {"top1_ratio", "v s b l"},
                                                             {"entropy", "v s b l"},
                                                             {"ratio", "*"},
                                                             {"rate", "* x"},
                                                             {"time_since", "* x"},
                                                             {"time_since_first", "* x"},
                                                             {"decay_sum", "x v m"},
                                                             {"decay_count", "* x"},
                                                             {"decay_mean", "x v"},
                                                             {"decay_rate", "* x"},
                                                             {"ew_mean", "x v"},
                                                             {"drawdown", "x v"}};
  return kInputs;
}

std::vector<std::string> Names(const std::string& words) { return absl::StrSplit(words, ' '); }

Shape ShapeOf(const std::string& field) {
  if (field == "l") return Shape::kList;
  if (field == "m") return Shape::kMap;
  if (field == "e") return Shape::kVector;
  return Shape::kScalar;
}

std::optional<bool> Positive(const Datum& number) {
  if (const auto* v = number.As<double>()) return *v > 0;
  if (const auto* v = number.As<int64_t>()) return *v > 0;
  return std::nullopt;
}

std::optional<bool> And(std::optional<bool> a, std::optional<bool> b) {
  if (a == false || b == false) return false;
  if (!a || !b) return std::nullopt;
  return true;
}

std::optional<bool> Not(std::optional<bool> a) { return a ? std::optional(!*a) : std::nullopt; }

std::optional<bool> Flag(const Record& record) {
  const auto* b = record.Field("b").As<bool>();
  return b == nullptr ? std::nullopt : std::optional(*b);
}

int64_t RandomLength(Random* random, const TimeLine& line) {
  static const std::vector<int64_t> kLengths = {1,        10,         999,      kSecond,    1280,
                                                60'000,   5 * 60'000, kHour,    12 * kHour, kDay,
                                                7 * kDay, 30 * kDay,  90 * kDay};
  switch (random->Below(3)) {
    case 0: return OneOf(random, kLengths);
    case 1: return line.unit_ms * random->Between(1, 20);
    default: return random->Between(1, std::max<int64_t>(2, 2 * line.span_ms));
  }
}

void SetSession(Random* random, const TimeLine& line, Window* window) {
  window->kind = WindowKind::kSession;
  window->gap_ms = std::max<int64_t>(1, RandomLength(random, line) / 4);
  if (random->Chance(0.4)) window->max_length_ms = window->gap_ms * random->Between(1, 6);
  if (random->Chance(0.4)) window->which = Which::kComplete;
}

void SetBounds(Random* random, Window* window) {
  if (random->Chance(0.5)) return;
  window->start_open = window->kind == WindowKind::kSliding && random->Chance(0.5);
  window->end_closed = random->Chance(0.5);
}

Window RandomWindow(Random* random, const TimeLine& line, bool needs_size) {
  Window window;
  window.size_ms = RandomLength(random, line);
  switch (random->Below(needs_size ? 6 : 10)) {
    case 0:
      window.kind = WindowKind::kTumbling;
      if (random->Chance(0.3)) window.origin_ms = random->Between(0, window.size_ms - 1);
      if (random->Chance(0.4)) window.which = Which::kComplete;
      break;
    case 1:
      window.kind = WindowKind::kHopping;
      window.hop_ms = std::max<int64_t>(1, window.size_ms / random->Between(1, 7));
      break;
    case 6: window.kind = WindowKind::kLifetime; break;
    case 7:
      window.kind = WindowKind::kEvents;
      window.events = random->Between(1, 12);
      break;
    case 8: SetSession(random, line, &window); break;
    default:
      if (!needs_size && random->Chance(0.2)) window.max_events = random->Between(1, 8);
      break;
  }
  const bool plain = window.kind == WindowKind::kSliding || window.kind == WindowKind::kLifetime ||
                     window.kind == WindowKind::kEvents;
  if (plain) SetBounds(random, &window);
  if (random->Chance(0.25)) window.lag_ms = RandomLength(random, line) / 2;
  return window;
}

void SetOptions(Random* random, const TimeLine& line, Feature* feature) {
  static const std::vector<double> kShares = {0.0, 0.1, 0.25, 0.5, 0.9, 0.999, 1.0};
  const std::string& name = feature->aggregation;
  feature->k = random->Between(1, 5);
  if (name == "nth" || name == "histogram") feature->k = random->Between(0, 4);
  feature->q = OneOf(random, kShares);
  feature->p = random->Between(8, 16);
  feature->alpha = static_cast<double>(random->Between(1, 16)) / 16;
  if (name.starts_with("decay_")) {
    // Not so short that weights vanish.
    const int64_t longest =
        line.span_ms +
        (feature->window.kind == WindowKind::kLifetime ? 0 : feature->window.size_ms) +
        feature->window.lag_ms;
    feature->half_life_ms = std::max<int64_t>(1, longest / random->Between(1, 100));
  }
  if (name == "cov_pop" || name == "cov_samp" || name == "corr") {
    feature->with = OneOf(random, Names("u v"));
  }
  const bool by_order = name == "top_k" || name == "bottom_k";
  if (name.starts_with("arg_") ||
      (by_order && feature->shape == Shape::kScalar && random->Chance(0.5))) {
    feature->order_by = OneOf(random, Names("u v s"));
  }
  if (name == "distinct" && random->Chance(0.3)) feature->max_values = random->Between(1, 4);
  if (name == "count_distinct" && random->Chance(0.3)) feature->max_values = random->Between(1, 4);
}

void SetModifiers(Random* random, const CaseOptions& options, Feature* feature) {
  static const std::set<std::string> kNoMap = {
      "first_k",  "last_k",    "first_distinct", "last_distinct", "top_k", "bottom_k",
      "distinct", "histogram", "top_frequency",  "ratio",         "rate"};
  if (feature->aggregation == "ratio" || random->Chance(0.3)) {
    feature->where = OneOf(random, Conditions());
  }
  // What a map shows of an entry that overflows is not specified.
  const bool may_overflow = feature->aggregation == "sum" && feature->input == "w";
  const bool one_number =
      !may_overflow && (feature->shape == Shape::kScalar || feature->shape == Shape::kList);
  if (one_number && !kNoMap.contains(feature->aggregation) && random->Chance(0.2)) {
    feature->by = OneOf(random, Names("c v b"));
    // Values that equal up to rounding could be ranked either way: only whole ones are.
    static const std::set<std::string> kWhole = {"sum", "min", "max", "first", "last", "nth"};
    const bool whole = feature->aggregation == "count" ||
                       (feature->input == "v" && kWhole.contains(feature->aggregation));
    if (random->Chance(0.3)) {
      feature->top = random->Between(1, 3);
      feature->top_by = whole && random->Chance(0.5) ? TopBy::kValue : TopBy::kKey;
    }
  }
  if (feature->window.end_closed && feature->window.lag_ms == 0 && random->Chance(0.3)) {
    feature->exclude_current = ExcludeCurrent::kTime;
  }
  const WindowKind kind = feature->window.kind;
  const bool ends_now =
      kind == WindowKind::kSliding || kind == WindowKind::kLifetime || kind == WindowKind::kEvents;
  if (options.decisions && ends_now && feature->window.lag_ms == 0) {
    if (random->Chance(0.2)) {
      feature->with_request = true;
    } else if (feature->window.end_closed && random->Chance(0.5)) {
      feature->exclude_current = ExcludeCurrent::kRow;
    }
  }
}

Feature RandomFeature(Random* random, const std::string& aggregation, const TimeLine& line,
                      const CaseOptions& options) {
  Feature feature;
  feature.aggregation = aggregation;
  feature.input = OneOf(random, Names(Inputs().at(aggregation)));
  feature.shape = ShapeOf(feature.input);
  feature.window = RandomWindow(random, line, aggregation == "rate");
  SetOptions(random, line, &feature);
  SetModifiers(random, options, &feature);
  return feature;
}

// What estimates, of inputs of many values, over enough of them.
Feature RandomEstimate(Random* random, const TimeLine& line, const CaseOptions& options) {
  static const std::vector<std::pair<std::string, std::string>> kEstimates = {
      {"approx_count_distinct", "w x"},
      {"count_distinct", "w x"},
      {"distinct", "w"},
      {"bounded_count_distinct", "w"},
      {"quantile", "x v l"},
      {"median", "x"},
      {"histogram", "w"},
      {"top_frequency", "w v"},
      {"top1_ratio", "w"},
      {"entropy", "w v"}};
  const auto& [aggregation, inputs] = OneOf(random, kEstimates);
  Feature feature = RandomFeature(random, aggregation, line, options);
  feature.input = OneOf(random, Names(inputs));
  feature.shape = ShapeOf(feature.input);
  feature.by.clear();
  feature.top.reset();
  static const std::set<std::string> kHaveMaxKeys = {"top1_ratio", "entropy"};
  if (kHaveMaxKeys.contains(aggregation) && random->Chance(0.7)) {
    feature.max_keys = random->Between(20, 1000);
  }
  if (feature.max_values) feature.max_values = random->Between(100, 2000);
  if (feature.window.kind == WindowKind::kEvents) feature.window.events = 2000;
  feature.window.max_events.reset();
  if (feature.window.size_ms < line.span_ms / 4) {
    feature.window.size_ms = random->Between(line.span_ms / 4 + 1, 2 * line.span_ms + 1);
  }
  if (feature.window.hop_ms > 0) feature.window.hop_ms = std::max<int64_t>(1, line.span_ms / 50);
  return feature;
}

// A length below `longest`: any, nearly as long, or whole tiles.
int64_t ShorterLength(Random* random, int64_t longest) {
  static const std::vector<int64_t> kTiles = {10, 1000, 60'000, kHour, kDay};
  int64_t length = longest;
  switch (random->Below(4)) {
    case 0: length -= random->Between(0, 2); break;
    case 1: length = length / OneOf(random, kTiles) * OneOf(random, kTiles); break;
    case 2: length /= 2; break;
    default: length = random->Between(1, longest);
  }
  return std::clamp<int64_t>(length, 1, longest);
}

// The same over a window that lies within that of `widest`, most with the same end.
Feature Nested(Random* random, const TimeLine& line, const Feature& widest) {
  Feature feature = widest;
  Window& window = feature.window;
  if (window.kind == WindowKind::kEvents) {
    window.events = random->Between(1, window.events);
    return feature;
  }
  if (window.kind == WindowKind::kSession) {
    window.gap_ms = ShorterLength(random, window.gap_ms);
    return feature;
  }
  if (window.kind == WindowKind::kLifetime) {
    window.kind = WindowKind::kSliding;
    window.size_ms = line.span_ms;
  }
  const int64_t whole = window.size_ms;
  window.size_ms = ShorterLength(random, whole);
  window.origin_ms = std::min(window.origin_ms, window.size_ms - 1);
  window.hop_ms = std::min(window.hop_ms, window.size_ms);
  const bool ends_now = feature.with_request || feature.exclude_current != ExcludeCurrent::kNo;
  if (!ends_now && random->Chance(0.3)) window.lag_ms += random->Between(0, whole - window.size_ms);
  return feature;
}

}  // namespace

const std::vector<Condition>& Conditions() {
  static const std::vector<Condition> kConditions = {
      {"x > 0.0", [](const Record& r) { return Positive(r.Field("x")); }},
      {"!(x > 0.0)", [](const Record& r) { return Not(Positive(r.Field("x"))); }},
      {"b", Flag},
      {"b && v > 0", [](const Record& r) { return And(Flag(r), Positive(r.Field("v"))); }},
      {"!b || !(v > 0)", [](const Record& r) { return Not(And(Flag(r), Positive(r.Field("v")))); }},
      {"s == null", [](const Record& r) { return std::optional<bool>(r.Field("s").is_null()); }},
      {"c == 'a' || c == 'B'",
       [](const Record& r) -> std::optional<bool> {
         const auto* c = r.Field("c").As<std::string>();
         if (c == nullptr) return std::nullopt;
         return *c == "a" || *c == "B";
       }},
      {"false", [](const Record&) { return std::optional<bool>(false); }}};
  return kConditions;
}

std::vector<Feature> RandomFeatures(Random* random, const TimeLine& line,
                                    const CaseOptions& options) {
  std::vector<Feature> features;
  while (features.size() < options.features) {
    const Feature widest =
        options.estimates ? RandomEstimate(random, line, options)
                          : RandomFeature(random, OneOf(random, AllAggregations()), line, options);
    std::vector<Feature> family = {widest};
    if (random->Chance(0.25)) {
      for (int64_t left = random->Between(1, 5); left > 0; --left) {
        family.push_back(Nested(random, line, widest));
      }
      random->Shuffle(std::span<Feature>(family));
    }
    for (const Feature& feature : family) {
      if (features.size() == options.features) break;
      features.push_back(feature);
      features.back().name = "f" + std::to_string(features.size() - 1);
    }
  }
  return features;
}

const std::vector<std::string>& AllAggregations() {
  static const std::vector<std::string>* const kAll = [] {
    auto* names = new std::vector<std::string>();
    for (const auto& [name, inputs] : Inputs()) names->push_back(name);
    return names;
  }();
  return *kAll;
}

}  // namespace millrace::oracle
