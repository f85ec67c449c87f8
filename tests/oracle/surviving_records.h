// What is left of a key's records once retractions have met what they take back
// (windows-and-aggregations §3.1). Arrival order plays no part: a retraction that comes first
// cancels its insert when that arrives. Pure function; thread-safe.

#ifndef MILLRACE_TESTS_ORACLE_SURVIVING_RECORDS_H_
#define MILLRACE_TESTS_ORACLE_SURVIVING_RECORDS_H_

#include <span>
#include <vector>

#include "tests/oracle/record.h"

namespace millrace::oracle {

struct Survivors {
  std::vector<Record> live;       // inserts that were not taken back, in total order
  std::vector<Record> unmatched;  // retractions that took nothing back, in total order
};

// Deletions are passed over. Of equal twins a retraction takes the last in total order: as twins
// differ in nothing but partition and offset, that shows only where another record lies between
// them.
Survivors Surviving(std::span<const Record> records);

}  // namespace millrace::oracle

#endif  // MILLRACE_TESTS_ORACLE_SURVIVING_RECORDS_H_
