// Expressions per record, on fields like those of the flights demo (the items per second are
// evaluations of one core).
//   ninja expression_bench && bench/expression_bench

#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "stream/expr/expression.h"

namespace millrace {
namespace {

constexpr int64_t kStartMs = 1'357'034'400'000;

void Evaluate(benchmark::State& state, const char* text) {
  const Scope scope = {{"at", Type::kTimestamp},
                       {"dep_delay", Type::kInt},
                       {"distance", Type::kDouble},
                       {"origin", Type::kString}};
  const auto expression = Expression::Compile(text, scope);
  if (!expression.ok()) return state.SkipWithError("does not compile");
  std::vector<Value> fields = {Value::Timestamp(kStartMs), Value::Int(12), Value::Double(1400),
                               Value::String("JFK")};
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

}  // namespace
}  // namespace millrace

BENCHMARK_MAIN();
