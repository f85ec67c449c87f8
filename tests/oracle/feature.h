// Feature and View: what is asked of the oracle, in the words of the configuration
// (windows-and-aggregations §2 and §3.2). Plain values; thread-compatible.

#ifndef MILLRACE_TESTS_ORACLE_FEATURE_H_
#define MILLRACE_TESTS_ORACLE_FEATURE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/oracle/record.h"

namespace millrace::oracle {

enum class WindowKind : uint8_t { kSliding, kTumbling, kHopping, kSession, kEvents, kLifetime };
enum class Which : uint8_t { kCurrent, kComplete };

struct Window {
  WindowKind kind = WindowKind::kSliding;
  int64_t size_ms = 0;                   // sliding, tumbling, hopping
  int64_t origin_ms = 0;                 // tumbling
  int64_t hop_ms = 0;                    // hopping
  int64_t gap_ms = 0;                    // session
  std::optional<int64_t> max_length_ms;  // session
  Which which = Which::kCurrent;         // tumbling, session
  int64_t events = 0;                    // last N
  std::optional<int64_t> max_events;     // sliding: both limits
  int64_t lag_ms = 0;
  bool start_open = false;  // bounds "(…"
  bool end_closed = false;  // bounds "…]"
};

// A condition both as the engine reads it and as the oracle evaluates it. nullopt is null.
struct Condition {
  std::string text;
  std::function<std::optional<bool>(const Record&)> test;
};

enum class ExcludeCurrent : uint8_t { kNo, kTime, kRow };
enum class Shape : uint8_t { kScalar, kList, kMap, kVector };
enum class TopBy : uint8_t { kKey, kValue };

struct Feature {
  std::string name;
  std::string aggregation;       // "count", "sum", …
  std::string input = "*";       // a field or "*"
  Shape shape = Shape::kScalar;  // of the input
  std::string with;              // cov_pop, cov_samp, corr
  std::string order_by;          // arg_max, arg_min; top_k, bottom_k if given
  std::optional<Condition> where;
  std::string by;  // a field, or empty
  std::optional<int64_t> top;
  TopBy top_by = TopBy::kValue;
  Window window;
  ExcludeCurrent exclude_current = ExcludeCurrent::kNo;
  bool with_request = false;
  std::optional<Datum> default_value;
  // Options of aggregations.
  double q = 0.5;
  int64_t k = 0;
  int64_t p = 12;
  double alpha = 0;
  int64_t half_life_ms = 0;
  std::optional<int64_t> max_values;
  std::optional<int64_t> max_keys;
};

struct View {
  std::vector<std::string> key;
  std::optional<int64_t> ttl_ms;
  // Vector fields with their sizes: a record with a vector of another size, or with a null inside,
  // does not enter the view.
  std::map<std::string, size_t> vectors;
  std::vector<Feature> features;
  // Where the view finds when a record became known: a field, or "appended"; empty: nowhere.
  std::string known_at;
};

// Whether a retraction subtracts algebraically (the `−` of the table of aggregations); of the
// others a retraction only takes the record it matches away.
bool Subtracts(const std::string& aggregation);

// The feature as the configuration writes it: `{sum: x, window: 1h, where: "x > 1.0"}`.
std::string ToYaml(const Feature& feature);

// "90061001ms" and the like, which every duration of the configuration accepts.
std::string DurationText(int64_t ms);

}  // namespace millrace::oracle

#endif  // MILLRACE_TESTS_ORACLE_FEATURE_H_
