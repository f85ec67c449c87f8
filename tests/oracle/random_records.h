// Random records and the times at which a case takes place. For tests/oracle/random_cases.cc.

#ifndef MILLRACE_TESTS_ORACLE_RANDOM_RECORDS_H_
#define MILLRACE_TESTS_ORACLE_RANDOM_RECORDS_H_

#include <cstdint>
#include <vector>

#include "core/random.h"
#include "tests/oracle/random_cases.h"
#include "tests/oracle/random_keys.h"

namespace millrace::oracle {

// Where on the time line a case lies, and how densely.
struct TimeLine {
  int64_t base_ms = 0;
  int64_t unit_ms = 1;
  int64_t span_ms = 1;
};
TimeLine RandomTimeLine(Random* random);

// One of several items.
template <typename T>
const T& OneOf(Random* random, const std::vector<T>& items) {
  return items[random->Below(items.size())];
}

// Records of the entities, in arrival order, with dense offsets per (source, partition). Twins of a
// record have neighbouring offsets, so that which of them a retraction takes makes no difference.
std::vector<Record> RandomArrivals(Random* random, const TimeLine& line, const RandomKeys& keys,
                                   int sources, const CaseOptions& options);

// Values of the schema's fields, some of them null.
DatumMap RandomFields(Random* random, const CaseOptions& options);

}  // namespace millrace::oracle

#endif  // MILLRACE_TESTS_ORACLE_RANDOM_RECORDS_H_
