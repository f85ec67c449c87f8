// Record: what arrives, as the oracle sees it. Plain values; thread-compatible.

#ifndef MILLRACE_TESTS_ORACLE_RECORD_H_
#define MILLRACE_TESTS_ORACLE_RECORD_H_

#include <compare>
#include <cstdint>
#include <string>

#include "tests/oracle/datum.h"

namespace millrace::oracle {

// The total order of records (windows-and-aggregations §1). Arrival order never matters.
struct Order {
  int64_t event_time_ms = 0;
  int source = 0;  // index of the source in the view
  int partition = 0;
  int64_t offset = 0;
  friend auto operator<=>(const Order&, const Order&) = default;
};

enum class Change : uint8_t { kInsert, kRetract, kDelete };

struct Record {
  Order order;
  Change change = Change::kInsert;
  DatumMap fields;  // an absent field is null; of a tombstone (kDelete) those of the key
  // When the log appended it.
  int64_t appended_ms = 0;

  const Datum& Field(const std::string& name) const;
};

// The record without its place: what a retraction is matched by, beside key and event time.
std::string Fingerprint(const Record& record);

// One line of a `millrace test` file: `{source: s0, partition: 0, offset: 7, value: {at: …}}`.
std::string ToYaml(const Record& record);

}  // namespace millrace::oracle

#endif  // MILLRACE_TESTS_ORACLE_RECORD_H_
