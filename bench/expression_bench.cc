// Expressions per record, on fields like those of the flights demo (the items per second are
// evaluations of one core).
//   ninja expression_bench && bench/expression_bench

#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "core/collection.h"
#include "stream/expr/expression.h"

namespace millrace {
namespace {

constexpr int64_t kStartMs = 1'357'034'400'000;

void Evaluate(benchmark::State& state, const char* text) {
  const Scope scope = {{"at", Type::kTimestamp},
                       {"dep_delay", Type::kInt},
                       {"distance", Type::kDouble},
                       {"origin", Type::kString},
                       {"tags", {Type::kList, Type::kString}},
                       {"place", {Type::kVector, Type::kDouble, 64}}};
  const auto expression = Expression::Compile(text, scope);
  if (!expression.ok()) return state.SkipWithError("does not compile");
  ListBuilder tags;
  for (const char* tag : {"hub", "international", "night", "promo-7"}) tags.Add(Value::String(tag));
  const std::vector<double> components(64, 0.125);
  std::string bytes;
  std::vector<Value> fields = {
      Value::Timestamp(kStartMs), Value::Int(12), Value::Double(1400),
      Value::String("JFK"),       tags.value(),   MakeVector(components, &bytes)};
  std::string scratch;
  int64_t ms = kStartMs;
  for (auto _ : state) {
    fields[0] = Value::Timestamp(ms += 97'000);
    benchmark::DoNotOptimize((*expression)->Evaluate(fields, &scratch));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(Evaluate, comparison, "dep_delay > 15");
BENCHMARK_CAPTURE(Evaluate, conjunction, "origin == 'JFK' && dep_delay > 15 && distance < 2000.0");
BENCHMARK_CAPTURE(Evaluate, arithmetic, "(double(dep_delay) + 1.0) / (distance / 60.0)");
BENCHMARK_CAPTURE(Evaluate, hour_in_zone, "hour(at, 'America/New_York')");
BENCHMARK_CAPTURE(Evaluate, string_of_time, "string(at)");
BENCHMARK_CAPTURE(Evaluate, start_of_day_in_zone, "start_of_day(at, 'America/New_York')");
BENCHMARK_CAPTURE(Evaluate, joined_string, "origin.lowerAscii() + '-' + string(dep_delay)");
BENCHMARK_CAPTURE(Evaluate, hash_bucket, "hash(origin, 1000)");
BENCHMARK_CAPTURE(Evaluate, item_in_list, "'night' in tags");
BENCHMARK_CAPTURE(Evaluate, exists_in_list, "tags.exists(t, t.startsWith('promo'))");
BENCHMARK_CAPTURE(Evaluate, mapped_list, "tags.map(t, size(t) > 3, t + '!')");
BENCHMARK_CAPTURE(Evaluate, cosine_of_64, "place.cosine(place)");
BENCHMARK_CAPTURE(Evaluate, geo_distance, "geo_distance(distance / 40.0, 10.0, 48.1, 11.6)");

}  // namespace
}  // namespace millrace

BENCHMARK_MAIN();
