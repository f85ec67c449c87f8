// FieldFacts: what a sample of records shows of one field: which kinds of JSON values it has, their
// ranges, how many differ, what is in its lists and objects. No value is kept but the ends of
// ranges and, if asked for, a few samples. Owned by one thread.

#ifndef MILLRACE_APP_INFERENCE_FIELD_FACTS_H_
#define MILLRACE_APP_INFERENCE_FIELD_FACTS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "stream/decode/decoder.h"
#include "stream/decode/json_document.h"

namespace millrace {

// How a number, or a text, may say a time.
inline constexpr std::array kTimeUnits = {TimeUnit::kSeconds, TimeUnit::kMillis, TimeUnit::kMicros,
                                          TimeUnit::kRfc3339};
// "s", "ms", "us", "rfc3339": the word of the configuration.
absl::string_view TimeUnitWord(TimeUnit unit);

struct FieldFacts {
  static constexpr size_t kMaxSamples = 3;
  static constexpr size_t kMaxDepth = 8;

  // Takes in the value of another record, which the log had at that time.
  void Add(const JsonValue& value, int64_t record_ms, size_t depth = 0);

  int64_t values() const { return bools + ints + doubles + strings + arrays + objects; }
  int64_t scalars() const { return bools + ints + doubles + strings; }
  // The facts of a member of the objects; null when there is none.
  const FieldFacts* Find(absl::string_view member) const;

  int64_t nulls = 0;
  int64_t bools = 0;
  int64_t ints = 0;
  int64_t doubles = 0;
  int64_t strings = 0;
  int64_t arrays = 0;
  int64_t objects = 0;

  // Of numbers.
  double least = std::numeric_limits<double>::infinity();
  double most = -std::numeric_limits<double>::infinity();
  // Scalars that differ, by hash.
  absl::flat_hash_set<uint64_t> different;
  int64_t string_bytes = 0;
  int64_t times = 0;  // strings in RFC 3339
  // Values that are no earlier than the one before them, as numbers or times.
  int64_t rising = 0;
  // By kTimeUnits: values that, read so, lie within a day of when the log had the record.
  std::array<int64_t, kTimeUnits.size()> near_record{};

  std::unique_ptr<FieldFacts> items;  // of all lists; null: there was none
  size_t fewest_items = std::numeric_limits<size_t>::max();
  size_t most_items = 0;
  // Of objects, in the order they were first seen.
  std::vector<std::pair<std::string, std::unique_ptr<FieldFacts>>> members;

  std::vector<std::string> samples;  // scalars as text

 private:
  void AddNumber(double number, int64_t record_ms);
  void AddScalar(std::string text);
  void AddTime(double ms);
  FieldFacts& Member(const std::string& name);

  std::optional<double> before_;  // the value that a next one may rise from
};

}  // namespace millrace

#endif  // MILLRACE_APP_INFERENCE_FIELD_FACTS_H_
