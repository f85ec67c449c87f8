// From the records of a window to the answer: `where`, the shape of the input (scalar, list, map,
// vector) and `by` make groups of items, each of which is aggregated (windows-and-aggregations
// §3.2, "Modifiers"). Pure function; thread-safe.

#ifndef MILLRACE_TESTS_ORACLE_GROUPS_H_
#define MILLRACE_TESTS_ORACLE_GROUPS_H_

#include "tests/oracle/answer.h"
#include "tests/oracle/feature.h"
#include "tests/oracle/window_members.h"

namespace millrace::oracle {

// Without metadata, `ttl` and `default`.
Answer AnswerOf(const Feature& feature, const Members& members, int64_t at_ms);

}  // namespace millrace::oracle

#endif  // MILLRACE_TESTS_ORACLE_GROUPS_H_
