// KeptLimitCase: a random view that does not keep every record, records of which a hot entity has
// far more than are kept, and the moments at which it is read. A seed gives the same case for ever.
// Plain values; pure functions.

#ifndef MILLRACE_TESTS_FEATURESTORE_KEPT_LIMIT_CASE_H_
#define MILLRACE_TESTS_FEATURESTORE_KEPT_LIMIT_CASE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/random.h"
#include "stream/window.h"
#include "tests/oracle/feature_oracle.h"

namespace millrace {

struct KeptLimitCase {
  uint64_t seed = 0;
  int sources = 1;
  oracle::View view;
  Accuracy accuracy = Accuracy::kAuto;
  int64_t as_of_ms = 0;
  int64_t retention_ms = 0;               // no record is later than this
  std::optional<int64_t> stale_after_ms;  // `freshness.error_after`
  bool retracts = false;
  bool tombstones = false;
  std::vector<oracle::Record> arrivals;
  std::vector<size_t> moments;  // numbers of arrivals after which it is read, ascending
};

KeptLimitCase MakeKeptLimitCase(uint64_t seed);

// The same records in an order of arrival in which none is later than the case's retention.
std::vector<oracle::Record> InAnotherOrder(const KeptLimitCase& c, Random* random);

// Newest event time of the first `n` arrivals; tombstones move no time.
int64_t NewestOf(const KeptLimitCase& c, size_t n);

// A read of an entity: about now, within `as_of`, or further back; often at an edge of something;
// sometimes of what was known at a time.
oracle::Read RandomKeptLimitRead(const KeptLimitCase& c, const std::string& key, int64_t newest_ms,
                                 Random* random);

// For messages: accuracy, as_of, number and span of the records.
std::string Describe(const KeptLimitCase& c);

}  // namespace millrace

#endif  // MILLRACE_TESTS_FEATURESTORE_KEPT_LIMIT_CASE_H_
