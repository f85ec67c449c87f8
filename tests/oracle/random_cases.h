// Random cases for the comparison of an engine with the oracle: records, features and reads made to
// meet where mistakes live (edges of windows and tiles, equal times, ties, nulls, retractions).
// A seed gives the same case for ever. Pure functions; thread-safe.

#ifndef MILLRACE_TESTS_ORACLE_RANDOM_CASES_H_
#define MILLRACE_TESTS_ORACLE_RANDOM_CASES_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/oracle/feature_oracle.h"

namespace millrace::oracle {

struct CaseOptions {
  size_t max_records = 60;
  size_t features = 24;
  size_t reads = 24;
  // Retractions, also unmatched ones and ones that come before their insert.
  bool retractions = true;
  // NaN and infinities among the doubles (JSON cannot carry them).
  bool not_finite = true;
  // `exclude_current: row` and `with_request`, which need a decision and a request.
  bool decisions = false;
  // Deletions of entities.
  bool tombstones = true;
  // Only aggregations that estimate, of many records of one entity.
  bool estimates = false;
  // Within a partition, arrival by offset; else any order.
  bool arrive_by_offset = false;
};

// A read after the first `after` arrivals.
struct TimedRead {
  size_t after = 0;
  Read read;
};

struct RandomCase {
  uint64_t seed = 0;
  int sources = 1;
  View view;
  std::vector<Record> arrivals;
  std::vector<TimedRead> reads;  // ascending by `after`
  std::vector<size_t> restarts;  // the engine restarts before these arrivals; ascending
};

// Field and type of every source, in the words of the configuration. `at` is not among them. `k`,
// `k2`, `num`, `raw`, `g` and `known` are given where they are in the view's key; `known` also says
// when a record became known. `x` and `u` are doubles that moments can bear, `z` is any double at
// all, `v` a small integer, `w` any integer; `e` is `vector<3>`.
const std::vector<std::pair<std::string, std::string>>& RandomSchema();

// Every name of the table of aggregations.
const std::vector<std::string>& AllAggregations();

RandomCase MakeCase(uint64_t seed, const CaseOptions& options);

// `sources: … entities: … views: …`, as `millrace test` reads it; the view is `f`.
std::string ConfigYaml(const View& view, int sources);
// A whole test file with one case: a counterexample someone else can run.
std::string TestFileYaml(const RandomCase& random_case);

}  // namespace millrace::oracle

#endif  // MILLRACE_TESTS_ORACLE_RANDOM_CASES_H_
