#include "tests/oracle/random_cases.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tests/oracle/random_features.h"
#include "tests/oracle/window_members.h"

namespace millrace::oracle {
namespace {

// A time at which something may change for the feature: at, just before and just after a record, an
// end of the window that begins or ends at it, or an edge of a tile.
int64_t EdgeTime(Random* random, const TimeLine& line, const std::vector<Record>& arrivals,
                 const Feature& feature) {
  static const std::vector<int64_t> kTiles = {10, 100, 1000, 10'000, 60'000, 3'600'000, 86'400'000};
  int64_t t = OneOf(random, arrivals).order.event_time_ms;
  const Window& window = feature.window;
  switch (random->Below(6)) {
    case 0: break;
    case 1: t += window.lag_ms; break;
    case 2: t += window.size_ms + window.lag_ms; break;
    case 3: t = Floor(t, OneOf(random, kTiles)); break;
    case 4: t += window.gap_ms + window.lag_ms; break;
    default: return line.base_ms + random->Between(-line.unit_ms, line.span_ms + line.unit_ms);
  }
  return t + random->Between(-1, 1);
}

TimedRead RandomRead(Random* random, const TimeLine& line, const RandomKeys& keys,
                     const RandomCase& made, const CaseOptions& options) {
  TimedRead timed;
  timed.after =
      random->Chance(0.4) ? made.arrivals.size() : random->Below(made.arrivals.size()) + 1;
  const Record& record = OneOf(random, made.arrivals);
  for (const std::string& name : keys.names) {
    if (!record.Field(name).is_null()) timed.read.key[name] = record.Field(name);
  }
  if (random->Chance(0.05)) timed.read.key = Mixed(random, keys);
  timed.read.at_ms = EdgeTime(random, line, made.arrivals, OneOf(random, made.view.features));
  if (options.decisions) {
    timed.read.request = RandomFields(random, options);
    timed.read.deciding = record.order;
    if (random->Chance(0.5)) timed.read.at_ms = record.order.event_time_ms;
  }
  if (!made.view.known_at.empty() && random->Chance(0.6)) {
    const Record& known = OneOf(random, made.arrivals);
    const auto* field = known.Field("known").As<int64_t>();
    const int64_t then = field != nullptr && random->Chance(0.5) ? *field : known.appended_ms;
    timed.read.known_ms = random->Chance(0.3) ? timed.read.at_ms : then + random->Between(-1, 1);
  }
  return timed;
}

}  // namespace

const std::vector<std::pair<std::string, std::string>>& RandomSchema() {
  static const std::vector<std::pair<std::string, std::string>> kSchema = {
      {"k", "string"},      {"k2", "string"},       {"num", "int"},  {"raw", "bytes"},
      {"g", "bool"},        {"known", "timestamp"}, {"id", "int"},   {"v", "int"},
      {"w", "int"},         {"x", "double"},        {"u", "double"}, {"z", "double"},
      {"s", "string"},      {"c", "string"},        {"b", "bool"},   {"l", "list<int>"},
      {"m", "map<double>"}, {"e", "vector<3>"}};
  return kSchema;
}

RandomCase MakeCase(uint64_t seed, const CaseOptions& options) {
  Random random(seed);
  RandomCase made;
  made.seed = seed;
  made.sources = random.Chance(0.3) ? 2 : 1;
  const TimeLine line = RandomTimeLine(&random);
  RandomKeys keys = MakeRandomKeys(&random);
  if (options.estimates) keys.entities.resize(1);
  made.view.key = keys.names;
  made.view.vectors = {{"e", 3}};
  if (random.Chance(0.1)) made.view.ttl_ms = random.Between(1, line.span_ms);
  if (random.Chance(0.3)) made.view.known_at = random.Chance(0.5) ? "known" : "appended";
  made.arrivals = RandomArrivals(&random, line, keys, made.sources, options);
  made.view.features = RandomFeatures(&random, line, options);
  for (size_t i = 0; i < options.reads; ++i) {
    made.reads.push_back(RandomRead(&random, line, keys, made, options));
  }
  std::stable_sort(made.reads.begin(), made.reads.end(),
                   [](const TimedRead& a, const TimedRead& b) { return a.after < b.after; });
  for (uint64_t left = random.Below(3); left > 0; --left) {
    made.restarts.push_back(random.Below(made.arrivals.size()) + 1);
  }
  std::sort(made.restarts.begin(), made.restarts.end());
  return made;
}

std::string ConfigYaml(const View& view, int sources) {
  std::string schema;
  for (const auto& [name, type] : RandomSchema()) {
    absl::StrAppend(&schema, schema.empty() ? "" : ", ", name, ": ", type);
  }
  std::string out = "sources:\n";
  std::string from;
  for (int i = 0; i < sources; ++i) {
    const std::string name = "s" + std::to_string(i);
    absl::StrAppend(&from, from.empty() ? "" : ", ", name);
    absl::StrAppend(&out, "  ", name, ": {topic: t.", name,
                    ", format: json, time: {field: at, unit: ms}, lateness: {retention: 36500d}, "
                    "schema: {",
                    schema, "}}\n");
  }
  std::string key;
  for (const std::string& name : view.key) absl::StrAppend(&key, key.empty() ? "" : ", ", name);
  absl::StrAppend(&out, "entities: {k: {key: [", key, "]}}\nviews:\n  f:\n    from: [", from,
                  "]\n    entity: k\n");
  if (view.ttl_ms) out += "    ttl: " + DurationText(*view.ttl_ms) + "\n";
  if (!view.known_at.empty()) out += "    known_at: " + view.known_at + "\n";
  out += "    accuracy: exact\n    features:\n";
  for (const Feature& feature : view.features) {
    out += "      " + feature.name + ": " + ToYaml(feature) + "\n";
  }
  return out;
}

std::string TestFileYaml(const RandomCase& random_case) {
  const View& view = random_case.view;
  std::string out = ConfigYaml(view, random_case.sources) + "cases:\n  - name: seed " +
                    std::to_string(random_case.seed) + "\n    steps:\n";
  size_t next = 0;
  const auto add_records = [&](size_t until) {
    for (; next < until; ++next) {
      out += "      - record: " + ToYaml(random_case.arrivals[next]) + "\n";
    }
  };
  for (const TimedRead& timed : random_case.reads) {
    add_records(timed.after);
    const FeatureOracle oracle(view, std::span(random_case.arrivals).first(timed.after));
    std::string values;
    std::string status;
    const std::vector<Answer> answers = oracle.At(timed.read);
    for (size_t i = 0; i < answers.size(); ++i) {
      const std::string& name = view.features[i].name;
      absl::StrAppend(&values, i == 0 ? "" : ", ", name, ": ", ToText(answers[i].value));
      absl::StrAppend(&status, i == 0 ? "" : ", ", name, ": \"", StatusName(answers[i].status),
                      "\"");
    }
    // A test file reads what was known at the time of the read only.
    const std::string known =
        timed.read.known_ms
            ? absl::StrCat("known: as_of, ", "  # as known at ", *timed.read.known_ms, "\n        ")
            : "";
    absl::StrAppend(&out, "      - expect: {view: f, ", known,
                    "key: ", ToText(Datum(timed.read.key)), ", at: ", timed.read.at_ms,
                    ", values: {", values, "}, status: {", status, "}}\n");
  }
  add_records(random_case.arrivals.size());
  return out;
}

}  // namespace millrace::oracle
