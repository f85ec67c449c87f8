#include "tests/featurestore/kept_limit_records.h"

#include <algorithm>
#include <string>
#include <utility>

#include "tests/oracle/random_records.h"

namespace millrace {
namespace {

using oracle::Change;
using oracle::Datum;
using oracle::OneOf;
using oracle::Record;

constexpr int64_t kMinuteMs = 60'000, kHourMs = 60 * kMinuteMs, kDayMs = 24 * kHourMs;
// A record, its twin, what takes it back and a deletion at it each have an offset of their own.
constexpr int64_t kOffsets = 5;
constexpr int64_t kBeyondAllOffsets = 1'000'000;

// A record and when it comes, in numbers of records.
struct Arrival {
  int64_t rank = 0;
  Record record;
};

std::vector<Record> InOrderOfRank(std::vector<Arrival> arrivals) {
  std::stable_sort(arrivals.begin(), arrivals.end(),
                   [](const Arrival& a, const Arrival& b) { return a.rank < b.rank; });
  std::vector<Record> records;
  records.reserve(arrivals.size());
  for (Arrival& arrival : arrivals) records.push_back(std::move(arrival.record));
  return records;
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

Record RandomRecord(Random* random, int64_t time_ms, int64_t id, int sources) {
  Record record;
  record.order = {time_ms, static_cast<int>(random->Below(static_cast<uint64_t>(sources))),
                  static_cast<int>(random->Below(2)), (id + 1) * kOffsets};
  record.appended_ms = time_ms + (random->Chance(0.5) ? 0 : random->Between(0, kHourMs));
  record.fields["k"] = Datum(random->Chance(0.02) ? "cold" : "hot");
  record.fields["id"] = Datum(id);
  const auto set = [&](const char* name, const Datum& value) {
    if (!random->Chance(0.05)) record.fields[name] = value;
  };
  set("v", Datum(random->Between(-9, 90)));
  set("x", Datum(random->Unit() * 100 - 20));
  set("b", Datum(random->Chance(0.5)));
  set("c", Datum(OneOf<std::string>(random, {"a", "B", "ab", "zz"})));
  return record;
}

// As the record is, but rarely of something that never was.
Record RetractionOf(Random* random, const Record& record) {
  Record retraction = record;
  retraction.change = Change::kRetract;
  retraction.order.offset += 2 + (random->Chance(0.5) ? kBeyondAllOffsets : 0);
  retraction.appended_ms += random->Between(0, kHourMs);
  if (random->Chance(0.1)) retraction.fields["v"] = Datum(random->Between(100, 110));
  return retraction;
}

// At the record's time, just before or after it.
Record TombstoneAt(Random* random, const Record& record) {
  Record tombstone;
  tombstone.change = Change::kDelete;
  tombstone.order = record.order;
  tombstone.order.event_time_ms += random->Chance(0.5) ? 0 : random->Between(-1, 1);
  tombstone.order.offset += OneOf<int64_t>(random, {-1, 3, 3 + kBeyondAllOffsets});
  tombstone.appended_ms = record.appended_ms;
  tombstone.fields["k"] = random->Chance(0.8) ? record.Field("k") : Datum("cold");
  return tombstone;
}

}  // namespace

std::vector<Record> RandomKeptLimitRecords(Random* random, const KeptLimitRecordOptions& options) {
  const int64_t n = random->Between(5'000, 11'000);
  const std::vector<int64_t> times = RandomTimes(random, static_cast<size_t>(n));
  int64_t disorder = OneOf<int64_t>(random, {0, 0, 20, 2'000, n});
  if (options.retracts && !options.late_retractions) disorder = std::min(disorder, kSoonRanks);
  const double tombstones = options.tombstones ? OneOf<double>(random, {1, 3, 8, 40}) : 0;
  const bool late_tombstones = random->Chance(0.5);
  std::vector<Arrival> arrivals;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t rank = i + random->Between(0, disorder);
    Record record = RandomRecord(random, times[static_cast<size_t>(i)], i, options.sources);
    if (options.retracts && random->Chance(0.05)) {
      const int64_t delay = random->Between(-10, options.late_retractions ? n : kSoonRanks);
      arrivals.push_back({rank + delay, RetractionOf(random, record)});
    }
    if (random->Chance(tombstones / static_cast<double>(n))) {
      const int64_t delay = random->Between(0, late_tombstones ? n / 2 : 0);
      arrivals.push_back({rank + delay, TombstoneAt(random, record)});
    }
    if (random->Chance(0.01)) {
      Record twin = record;
      twin.order.offset += 1;
      arrivals.push_back({rank, std::move(twin)});
    }
    arrivals.push_back({rank, std::move(record)});
  }
  return InOrderOfRank(std::move(arrivals));
}

std::vector<Record> Disordered(std::vector<Record> records, int64_t places, Random* random) {
  std::vector<Arrival> arrivals;
  int64_t i = 0;
  for (Record& record : records) {
    arrivals.push_back({i++ + random->Between(0, places), std::move(record)});
  }
  return InOrderOfRank(std::move(arrivals));
}

int64_t LatenessOf(const std::vector<Record>& arrivals) {
  int64_t newest = arrivals.front().order.event_time_ms, lateness = 0;
  for (const Record& record : arrivals) {
    if (record.change != Change::kDelete) newest = std::max(newest, record.order.event_time_ms);
    lateness = std::max(lateness, newest - record.order.event_time_ms);
  }
  return lateness;
}

}  // namespace millrace
