// Answer: what a read must give, with the metadata that goes with it and how closely an engine has
// to agree (windows-and-aggregations §3.4, §5). Plain values; thread-compatible.

#ifndef MILLRACE_TESTS_ORACLE_ANSWER_H_
#define MILLRACE_TESTS_ORACLE_ANSWER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "tests/oracle/datum.h"

namespace millrace::oracle {

enum class Status : uint8_t { kPresent, kNull, kMissing, kExpired, kTruncated, kOverflow };
std::string StatusName(Status status);  // as in the configuration: "present", "null", …

// How an engine's value is compared with the oracle's.
enum class Match : uint8_t {
  kValue,     // equal; doubles within the tolerance, also inside lists and maps
  kInterval,  // a number in [low, high]: sketches beyond their exact range
  kMembers,  // a list of value's size at most, without repeats, all of whose items are in `members`
  kCounts,   // a map of at most `most` entries; each count is in [count − low, count + high] of
             // `members`
  kIllPosed,  // conditioning leaves no digits to compare: any number or null, but never NaN
};

struct Answer {
  Status status = Status::kPresent;
  Datum value;
  // Signed number of records folded: those in the window that pass `where`.
  int64_t count = 0;
  std::optional<int64_t> max_event_time_ms;
  std::optional<int64_t> age_ms;

  Match match = Match::kValue;
  // Doubles agree if |actual − expected| <= tolerance · max(|expected|, scale).
  double tolerance = 1e-12;
  double scale = 0;
  double low = 0;
  double high = 0;
  int64_t most = 0;
  Datum members;  // a list or a map of counts
};

Answer Present(Datum value);
Answer Undefined();  // null with status `null`
Answer Missing();
Answer Overflow();

// Empty if the engine's answer agrees, else what differs, in one line. Only status and value.
std::string Difference(const Answer& expected, Status status, const Datum& value);

}  // namespace millrace::oracle

#endif  // MILLRACE_TESTS_ORACLE_ANSWER_H_
