#include "tests/oracle/random_records.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <utility>

namespace millrace::oracle {
namespace {

constexpr int64_t kSecond = 1000;
constexpr int64_t kHour = 3600 * kSecond;
constexpr int64_t kDay = 24 * kHour;

// Of a size whose fourth power is far from overflow, with a spread that leaves digits.
double Bearable(Random* random) {
  switch (random->Below(5)) {
    case 0: return static_cast<double>(random->Between(-5, 5));
    case 1: return random->Unit() * 100 - 50;
    case 2: return 1000 + random->Unit();
    case 3: return std::ldexp(random->Unit() - 0.5, static_cast<int>(random->Between(-20, 20)));
    default: return static_cast<double>(random->Between(0, 3)) / 4;
  }
}

double Wild(Random* random, const CaseOptions& options) {
  switch (random->Below(options.not_finite ? 8 : 6)) {
    case 0: return -0.0;
    case 1: return std::ldexp(random->Unit() - 0.5, static_cast<int>(random->Between(-1060, 950)));
    case 2: return std::ldexp(random->Unit() + 1, 970);  // null to sums
    case 3: return 1e16 * static_cast<double>(random->Between(-1, 1));
    case 4: return random->Unit();
    case 5: return std::numeric_limits<double>::denorm_min();
    case 6: return std::numeric_limits<double>::quiet_NaN();
    default: return std::numeric_limits<double>::infinity() * (random->Chance(0.5) ? 1 : -1);
  }
}

int64_t WildInt(Random* random) {
  switch (random->Below(4)) {
    case 0: return std::numeric_limits<int64_t>::max() - random->Between(0, 2);
    case 1: return std::numeric_limits<int64_t>::min() + random->Between(0, 2);
    case 2: return static_cast<int64_t>(random->Bits());
    default: return random->Between(-9, 9);
  }
}

Datum RandomList(Random* random) {
  DatumList list;
  for (uint64_t left = random->Below(4); left > 0; --left) {
    list.push_back(random->Chance(0.2) ? Datum() : Datum(random->Between(-5, 5)));
  }
  return Datum(list);
}

Datum RandomMap(Random* random) {
  DatumMap map;
  for (const char* key : {"p", "q", "r"}) {
    if (random->Chance(0.5)) map[key] = Datum(Bearable(random));
  }
  return Datum(map);
}

Datum RandomVector(Random* random) {
  DatumVector vector;
  for (int i = 0; i < 3; ++i) vector.push_back(Bearable(random));
  return Datum(vector);
}

Datum Word(Random* random) {
  static const std::vector<std::string> kWords = {"a", "b", "B", "ab", "", "ä", "zz"};
  return Datum(OneOf(random, kWords));
}

int64_t RandomTime(Random* random, const TimeLine& line, int64_t previous) {
  switch (random->Below(6)) {
    case 0: return previous;  // a tie
    case 1: return previous + random->Between(-1, 1);
    case 2: return line.base_ms + random->Between(0, line.span_ms / line.unit_ms) * line.unit_ms;
    case 3: return previous + random->Between(-3, 3) * line.unit_ms;
    default: return line.base_ms + random->Between(0, line.span_ms);
  }
}

// From an event to when it is known; sometimes before it happens.
int64_t RandomDelay(Random* random, const TimeLine& line) {
  switch (random->Below(4)) {
    case 0: return 0;
    case 1: return random->Between(-2, 2);
    default: return random->Between(0, line.span_ms);
  }
}

// Retracts some of the records: as they were, twice, or with a value that was never there.
std::vector<Record> Retractions(Random* random, const TimeLine& line,
                                const std::vector<Record>& inserts) {
  std::vector<Record> retractions;
  for (const Record& insert : inserts) {
    if (insert.change == Change::kDelete) continue;
    if (!random->Chance(0.15)) continue;
    Record retraction = insert;
    retraction.change = Change::kRetract;
    retraction.appended_ms += RandomDelay(random, line);
    if (random->Chance(0.2)) retraction.fields["v"] = Datum(random->Between(100, 110));
    retractions.push_back(retraction);
    if (random->Chance(0.1)) retractions.push_back(retraction);
  }
  return retractions;
}

void NumberOffsets(std::vector<Record>* records) {
  std::map<std::pair<int, int>, int64_t> next;
  for (Record& record : *records) {
    record.order.offset = next[{record.order.source, record.order.partition}]++;
  }
}

}  // namespace

TimeLine RandomTimeLine(Random* random) {
  static const std::vector<int64_t> kBases = {0,
                                              -1,
                                              1'700'000'000'000,
                                              1'699'999'200'000,  // a whole hour
                                              -3'000'000'000'123,
                                              -86'400'000 * 3};
  static const std::vector<int64_t> kUnits = {
      1, 10, 250, kSecond, 60 * kSecond, 10 * 60 * kSecond, kHour, 6 * kHour, kDay};
  TimeLine line;
  line.base_ms = OneOf(random, kBases);
  line.unit_ms = OneOf(random, kUnits);
  line.span_ms = line.unit_ms * random->Between(1, 100);
  return line;
}

DatumMap RandomFields(Random* random, const CaseOptions& options) {
  DatumMap fields;
  const auto set = [&](const char* name, const Datum& value) {
    if (!random->Chance(0.12)) fields[name] = value;
  };
  set("v", Datum(random->Between(-4, 6)));
  set("w", Datum(WildInt(random)));
  set("x", Datum(Bearable(random)));
  set("u", Datum(Bearable(random)));
  set("z", Datum(Wild(random, options)));
  set("s", Word(random));
  set("c", Word(random));
  set("b", Datum(random->Chance(0.5)));
  set("l", RandomList(random));
  set("m", RandomMap(random));
  set("e", RandomVector(random));
  return fields;
}

std::vector<Record> RandomArrivals(Random* random, const TimeLine& line, const RandomKeys& keys,
                                   int sources, const CaseOptions& options) {
  const auto most = static_cast<int64_t>(options.max_records);
  const auto count = static_cast<size_t>(random->Between(options.estimates ? most / 4 : 1, most));
  const double deletions =
      options.tombstones && random->Chance(0.3) ? 4.0 / static_cast<double>(count + 4) : 0;
  std::vector<Record> inserts;
  int64_t previous = line.base_ms;
  while (inserts.size() < count) {
    Record record;
    previous = RandomTime(random, line, previous);
    record.order = {previous, static_cast<int>(random->Below(static_cast<uint64_t>(sources))),
                    static_cast<int>(random->Below(3)), 0};
    record.appended_ms = previous + RandomDelay(random, line);
    const DatumMap& entity = OneOf(random, keys.entities);
    if (random->Chance(deletions)) {
      record.change = Change::kDelete;
      record.fields = entity;
      inserts.push_back(record);
      continue;
    }
    record.fields = RandomFields(random, options);
    record.fields["id"] = Datum(static_cast<int64_t>(inserts.size()));
    if (random->Chance(0.8)) record.fields["known"] = Datum(previous + RandomDelay(random, line));
    for (const auto& [name, part] : entity) record.fields[name] = part;
    if (random->Chance(0.03)) record.fields.erase(OneOf(random, keys.names));
    inserts.push_back(record);
    if (random->Chance(0.08)) inserts.push_back(record);  // a twin: the next offset
  }
  NumberOffsets(&inserts);
  std::vector<Record> arrivals = inserts;
  if (options.retractions && random->Chance(0.6)) {
    const std::vector<Record> retractions = Retractions(random, line, inserts);
    arrivals.insert(arrivals.end(), retractions.begin(), retractions.end());
  }
  const bool shuffled = random->Chance(0.7);
  if (shuffled) random->Shuffle(std::span<Record>(arrivals));
  if (!options.arrive_by_offset) {
    // Retractions get offsets of their own, beyond all inserts of their partition.
    std::map<std::pair<int, int>, int64_t> next;
    for (const Record& record : inserts) {
      next[{record.order.source, record.order.partition}] = record.order.offset + 1;
    }
    for (Record& record : arrivals) {
      if (record.change != Change::kRetract) continue;
      record.order.offset = next[{record.order.source, record.order.partition}]++;
    }
    return arrivals;
  }
  // Twins that the shuffle drew apart are put side by side again before offsets are given.
  std::map<std::string, size_t> places;
  for (size_t i = 0; i < arrivals.size(); ++i) places.emplace(Fingerprint(arrivals[i]), i);
  std::stable_sort(arrivals.begin(), arrivals.end(), [&](const Record& a, const Record& b) {
    return places[Fingerprint(a)] < places[Fingerprint(b)];
  });
  NumberOffsets(&arrivals);
  return arrivals;
}

}  // namespace millrace::oracle
