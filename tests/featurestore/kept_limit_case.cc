#include "tests/featurestore/kept_limit_case.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

namespace millrace {
namespace {

using oracle::Datum;
using oracle::Feature;
using oracle::Record;
using Kind = oracle::WindowKind;

constexpr int64_t kSecondMs = 1'000, kMinuteMs = 60 * kSecondMs, kHourMs = 60 * kMinuteMs,
                  kDayMs = 24 * kHourMs;
// Retractions that are not late come before so many records more have come.
constexpr int64_t kSoonRanks = 500;

template <typename T>
const T& OneOf(Random* random, const std::vector<T>& items) {
  return items[random->Below(items.size())];
}

// Event times, ascending: evenly, or in bursts with pauses of all lengths between them.
std::vector<int64_t> RandomTimes(Random* random, size_t n) {
  static const std::vector<int64_t> kSpans = {10 * kMinuteMs, kHourMs,     12 * kHourMs,
                                              3 * kDayMs,     30 * kDayMs, 120 * kDayMs};
  const int64_t span = OneOf(random, kSpans);
  const int64_t base = random->Chance(0.2) ? -span / 2 : 1'700'000'000'000;
  const bool bursts = random->Chance(0.5);
  const int64_t step = std::max<int64_t>(1, span / static_cast<int64_t>(n));
  std::vector<int64_t> times;
  int64_t at = base;
  while (times.size() < n) {
    if (!bursts) {
      at += random->Between(0, 2 * step);
    } else if (random->Chance(0.01)) {
      at += random->Between(1, 160) * step;
    } else {
      at += random->Between(0, std::max<int64_t>(1, step / 4));
    }
    times.push_back(at);
  }
  return times;
}

oracle::Window RandomWindow(Random* random, int64_t span, int64_t step, bool tiled) {
  static const std::vector<int64_t> kLengths = {
      500,     1'280,        10 * kSecondMs, kMinuteMs,  10 * kMinuteMs,
      kHourMs, 12 * kHourMs, kDayMs,         7 * kDayMs, 30 * kDayMs};
  oracle::Window window;
  window.size_ms =
      random->Chance(0.5) ? OneOf(random, kLengths) : random->Between(1, span + span / 4);
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
      window.gap_ms = std::max<int64_t>(1, step * random->Between(1, 200) / 4);
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
  if (random->Chance(0.25)) window.lag_ms = random->Between(1, span / 8);
  return window;
}

Feature RandomFeature(Random* random, const oracle::Window& window) {
  static const std::vector<std::pair<std::string, std::string>> kAggregations = {
      {"count", "*"},    {"count", "v"},  {"sum", "v"},  {"sum", "x"},   {"mean", "x"},
      {"min", "v"},      {"max", "x"},    {"last", "v"}, {"top_k", "v"}, {"count_distinct", "v"},
      {"quantile", "x"}, {"var_pop", "x"}};
  Feature feature;
  std::tie(feature.aggregation, feature.input) = OneOf(random, kAggregations);
  feature.k = random->Between(1, 5);
  feature.q = OneOf<double>(random, {0.1, 0.5, 0.9});
  feature.window = window;
  return feature;
}

Record RandomRecord(Random* random, int64_t time_ms, int64_t id) {
  Record record;
  record.order = {time_ms, 0, static_cast<int>(random->Below(2)), id};
  record.fields["k"] = Datum(random->Chance(0.02) ? "cold" : "hot");
  record.fields["id"] = Datum(id);
  if (!random->Chance(0.05)) record.fields["v"] = Datum(random->Between(-9, 90));
  if (!random->Chance(0.05)) record.fields["x"] = Datum(random->Unit() * 100 - 20);
  return record;
}

struct Arrival {
  int64_t rank = 0;
  Record record;
};

std::vector<Record> Ordered(std::vector<Arrival> arrivals) {
  std::stable_sort(arrivals.begin(), arrivals.end(),
                   [](const Arrival& a, const Arrival& b) { return a.rank < b.rank; });
  std::vector<Record> records;
  records.reserve(arrivals.size());
  for (Arrival& arrival : arrivals) records.push_back(std::move(arrival.record));
  return records;
}

// How late the latest is.
int64_t LatenessOf(const std::vector<Record>& arrivals) {
  int64_t newest = arrivals.front().order.event_time_ms, lateness = 0;
  for (const Record& record : arrivals) {
    newest = std::max(newest, record.order.event_time_ms);
    lateness = std::max(lateness, newest - record.order.event_time_ms);
  }
  return lateness;
}

}  // namespace

KeptLimitCase MakeKeptLimitCase(uint64_t seed) {
  Random random(seed);
  KeptLimitCase c;
  c.seed = seed;
  c.accuracy = random.Chance(0.6) ? Accuracy::kAuto : Accuracy::kTiled;
  c.as_of_ms = OneOf<int64_t>(&random, {0, kMinuteMs, 10 * kMinuteMs, kHourMs});
  const auto n = static_cast<size_t>(random.Between(5'000, 11'000));
  const std::vector<int64_t> times = RandomTimes(&random, n);
  const int64_t span = times.back() - times.front() + 8;

  // `tiled` keeps hardly any record.
  c.retracts = random.Chance(0.3);
  const bool late = c.retracts && random.Chance(0.5);
  int64_t disorder = OneOf<int64_t>(&random, {0, 0, 20, 2'000, static_cast<int64_t>(n)});
  if (c.retracts && !late) disorder = std::min(disorder, kSoonRanks);
  std::vector<Arrival> arrivals;
  for (size_t i = 0; i < n; ++i) {
    const auto rank = static_cast<int64_t>(i) + random.Between(0, disorder);
    Record record = RandomRecord(&random, times[i], static_cast<int64_t>(i));
    if (c.retracts && random.Chance(0.05)) {
      Record retraction = record;
      retraction.change = oracle::Change::kRetract;
      retraction.order.offset += static_cast<int64_t>(n);
      const int64_t delay = random.Between(-10, late ? static_cast<int64_t>(n) : kSoonRanks);
      arrivals.push_back({rank + delay, std::move(retraction)});
    }
    arrivals.push_back({rank, std::move(record)});
  }
  c.arrivals = Ordered(std::move(arrivals));
  c.retention_ms = random.Chance(0.5) ? span : LatenessOf(c.arrivals) + 1;

  c.view.key = {"k"};
  const int64_t step = std::max<int64_t>(1, span / static_cast<int64_t>(n));
  for (int i = 0; i < 6; ++i) {
    const bool tiled = c.accuracy == Accuracy::kTiled;
    c.view.features.push_back(RandomFeature(&random, RandomWindow(&random, span, step, tiled)));
    c.view.features.back().name = absl::StrCat("f", i);
  }
  for (int i = 0; i < 2; ++i) c.moments.push_back(1 + random.Below(c.arrivals.size()));
  std::sort(c.moments.begin(), c.moments.end());
  c.moments.push_back(c.arrivals.size());
  return c;
}

std::vector<Record> InAnotherOrder(const KeptLimitCase& c, Random* random) {
  std::vector<Arrival> arrivals;
  const bool any = random->Chance(0.5);
  const int64_t disorder = any ? static_cast<int64_t>(c.arrivals.size()) : 50;
  for (size_t i = 0; i < c.arrivals.size(); ++i) {
    arrivals.push_back({static_cast<int64_t>(i) + random->Between(0, disorder), c.arrivals[i]});
  }
  std::vector<Record> ordered = Ordered(std::move(arrivals));
  return LatenessOf(ordered) < c.retention_ms ? ordered : c.arrivals;
}

int64_t NewestOf(const KeptLimitCase& c, size_t n) {
  int64_t newest = c.arrivals.front().order.event_time_ms;
  for (size_t i = 0; i < n; ++i) newest = std::max(newest, c.arrivals[i].order.event_time_ms);
  return newest;
}

int64_t RandomReadTime(const KeptLimitCase& c, int64_t newest_ms, Random* random) {
  const oracle::Window& window = OneOf(random, c.view.features).window;
  const int64_t record = OneOf(random, c.arrivals).order.event_time_ms;
  const int64_t edge = random->Between(-1, 1);
  switch (random->Below(7)) {
    case 0: return newest_ms + 1;
    case 1: return newest_ms + random->Between(0, 2 * window.size_ms);
    case 2: return newest_ms - random->Between(0, c.as_of_ms);
    case 3: return newest_ms - c.as_of_ms;
    case 4: return record + window.lag_ms + edge;
    case 5: return record + window.lag_ms + window.size_ms + edge;
    default: return newest_ms - random->Between(0, 2 * c.as_of_ms + 10'000);
  }
}

std::string Describe(const KeptLimitCase& c) {
  const int64_t newest = NewestOf(c, c.arrivals.size());
  std::string out = absl::StrCat(
      "seed ", c.seed, ": ", c.accuracy == Accuracy::kTiled ? "tiled" : "auto", ", as_of ",
      c.as_of_ms, " ms, retention ", c.retention_ms, " ms, ", c.arrivals.size(), " arrivals until ",
      newest, c.retracts ? ", some retracted" : "");
  for (const Feature& feature : c.view.features) {
    absl::StrAppend(&out, "\n  ", feature.name, ": ", oracle::ToYaml(feature));
  }
  return out;
}

}  // namespace millrace
