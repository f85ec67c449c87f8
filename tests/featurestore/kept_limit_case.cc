#include "tests/featurestore/kept_limit_case.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "stream/tile_ladder.h"
#include "tests/featurestore/kept_limit_features.h"
#include "tests/featurestore/kept_limit_records.h"
#include "tests/oracle/random_records.h"
#include "tests/oracle/window_members.h"

namespace millrace {
namespace {

using oracle::Feature;
using oracle::OneOf;
using oracle::Record;

constexpr int64_t kMinuteMs = 60'000, kHourMs = 60 * kMinuteMs;

int64_t RandomReadTime(const KeptLimitCase& c, int64_t newest_ms, Random* random) {
  const oracle::Window& window = OneOf(random, c.view.features).window;
  const int64_t record = OneOf(random, c.arrivals).order.event_time_ms;
  const int64_t tile = kTileSizesMs[random->Below(kTileSizesMs.size())];
  const int64_t edge = random->Between(-1, 1);
  switch (random->Below(10)) {
    case 0: return newest_ms + 1;
    case 1: return newest_ms + random->Between(0, 2 * window.size_ms);
    case 2: return newest_ms - random->Between(0, c.as_of_ms);
    case 3: return newest_ms - c.as_of_ms;
    case 4: return record + window.lag_ms + edge;
    case 5: return record + window.lag_ms + window.size_ms + edge;
    case 6: return oracle::Floor(newest_ms, tile) + window.lag_ms + edge;
    case 7: return oracle::Floor(record, tile) + window.size_ms + window.lag_ms + edge;
    case 8: {
      // Of a deletion, if there is one.
      const auto deletion =
          std::find_if(c.arrivals.begin(), c.arrivals.end(), [&](const Record& r) {
            return r.change == oracle::Change::kDelete && random->Chance(0.5);
          });
      if (deletion == c.arrivals.end()) return newest_ms;
      return deletion->order.event_time_ms + window.lag_ms + edge;
    }
    default: return newest_ms - random->Between(0, 2 * c.as_of_ms + 10'000);
  }
}

}  // namespace

KeptLimitCase MakeKeptLimitCase(uint64_t seed) {
  Random random(seed);
  KeptLimitCase c;
  c.seed = seed;
  c.sources = random.Chance(0.4) ? 2 : 1;
  c.accuracy = random.Chance(0.6)   ? Accuracy::kAuto
               : random.Chance(0.8) ? Accuracy::kTiled
                                    : Accuracy::kExact;
  c.as_of_ms = OneOf<int64_t>(&random, {0, kMinuteMs, 10 * kMinuteMs, kHourMs});
  c.retracts = random.Chance(0.35);
  c.tombstones = random.Chance(0.4);
  c.arrivals = RandomKeptLimitRecords(&random, {.sources = c.sources,
                                                .retracts = c.retracts,
                                                .late_retractions = random.Chance(0.5),
                                                .tombstones = c.tombstones});
  const auto [first, last] =
      std::minmax_element(c.arrivals.begin(), c.arrivals.end(),
                          [](const Record& a, const Record& b) { return a.order < b.order; });
  const int64_t span = last->order.event_time_ms - first->order.event_time_ms + 8;
  c.retention_ms = random.Chance(0.5) ? span : LatenessOf(c.arrivals) + 1;
  c.view.key = {"k"};
  if (random.Chance(0.2)) c.view.known_at = "appended";
  // Up to about the pauses between records, or far longer.
  const auto age = [&] { return 1 + span / (int64_t{1} << random.Between(0, 14)); };
  if (random.Chance(0.25)) c.view.ttl_ms = age();
  if (random.Chance(0.25)) c.stale_after_ms = age();
  const int64_t step = std::max<int64_t>(1, span / static_cast<int64_t>(c.arrivals.size()));
  c.view.features = RandomKeptLimitFeatures(&random, {span, step}, c.accuracy);
  for (int i = 0; i < 2; ++i) c.moments.push_back(1 + random.Below(c.arrivals.size()));
  std::sort(c.moments.begin(), c.moments.end());
  c.moments.push_back(c.arrivals.size());
  return c;
}

std::vector<Record> InAnotherOrder(const KeptLimitCase& c, Random* random) {
  const int64_t places = random->Chance(0.5) ? static_cast<int64_t>(c.arrivals.size()) : 50;
  std::vector<Record> ordered = Disordered(c.arrivals, places, random);
  return LatenessOf(ordered) < c.retention_ms ? ordered : c.arrivals;
}

int64_t NewestOf(const KeptLimitCase& c, size_t n) {
  int64_t newest = INT64_MIN;
  for (size_t i = 0; i < n; ++i) {
    if (c.arrivals[i].change == oracle::Change::kDelete) continue;
    newest = std::max(newest, c.arrivals[i].order.event_time_ms);
  }
  return newest == INT64_MIN ? c.arrivals.front().order.event_time_ms : newest;
}

oracle::Read RandomKeptLimitRead(const KeptLimitCase& c, const std::string& key, int64_t newest_ms,
                                 Random* random) {
  oracle::Read read;
  read.key["k"] = oracle::Datum(key);
  read.at_ms = RandomReadTime(c, newest_ms, random);
  if (!c.view.known_at.empty() && random->Chance(0.3)) {
    read.known_ms = random->Chance(0.3)
                        ? read.at_ms
                        : OneOf(random, c.arrivals).appended_ms + random->Between(-1, 1);
  }
  return read;
}

std::string Describe(const KeptLimitCase& c) {
  static constexpr const char* kNames[] = {"auto", "exact", "tiled"};
  const int64_t newest = NewestOf(c, c.arrivals.size());
  std::string out =
      absl::StrCat("seed ", c.seed, ": ", kNames[static_cast<size_t>(c.accuracy)], ", as_of ",
                   c.as_of_ms, " ms, retention ", c.retention_ms, " ms, ttl ",
                   c.view.ttl_ms.value_or(-1), ", stale after ", c.stale_after_ms.value_or(-1),
                   ", ", c.arrivals.size(), " arrivals of ", c.sources, " sources until ", newest,
                   c.retracts ? ", some retracted" : "", c.tombstones ? ", with tombstones" : "");
  for (const Feature& feature : c.view.features) {
    absl::StrAppend(&out, "\n  ", feature.name, ": ", oracle::ToYaml(feature));
  }
  return out;
}

}  // namespace millrace
