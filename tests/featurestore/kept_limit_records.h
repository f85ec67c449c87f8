// Random records of a view that does not keep everything: far more of the entity `hot` than are
// kept, few of `cold`, some taken back, entities deleted, of one source or two. For
// kept_limit_case.cc. Pure functions.

#ifndef MILLRACE_TESTS_FEATURESTORE_KEPT_LIMIT_RECORDS_H_
#define MILLRACE_TESTS_FEATURESTORE_KEPT_LIMIT_RECORDS_H_

#include <cstdint>
#include <vector>

#include "core/random.h"
#include "tests/oracle/record.h"

namespace millrace {

// Retractions that are not late come before so many records more have come.
inline constexpr int64_t kSoonRanks = 500;

struct KeptLimitRecordOptions {
  int sources = 1;
  bool retracts = false;
  bool late_retractions = false;
  bool tombstones = false;
};

// In the order of arrival.
std::vector<oracle::Record> RandomKeptLimitRecords(Random* random,
                                                   const KeptLimitRecordOptions& options);

// The same records, each up to so many places later.
std::vector<oracle::Record> Disordered(std::vector<oracle::Record> records, int64_t places,
                                       Random* random);

// How late the latest is, against the newest record or retraction before it.
int64_t LatenessOf(const std::vector<oracle::Record>& arrivals);

}  // namespace millrace

#endif  // MILLRACE_TESTS_FEATURESTORE_KEPT_LIMIT_RECORDS_H_
