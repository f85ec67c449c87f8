// What the oracle calls a datum, an answer's status and a record's fields, as the store has them.
// Pure functions; thread-safe.

#ifndef MILLRACE_TESTS_ORACLE_STORE_VALUES_H_
#define MILLRACE_TESTS_ORACLE_STORE_VALUES_H_

#include <vector>

#include "core/value.h"
#include "featurestore/online_store.h"
#include "stream/schema.h"
#include "tests/oracle/answer.h"
#include "tests/oracle/datum.h"

namespace millrace::oracle {

// A datum of that type as a decoder gives it.
OwnedValue ToValue(const Datum& datum, const ValueType& type);
Datum ToDatum(const Value& value);

// `stale` and `warming` are unknown to the oracle: they are values that are present.
Status ToStatus(FeatureStatus status);

// Values with the views of them that the store takes.
struct Row {
  std::vector<OwnedValue> owned;
  std::vector<Value> views;
};
// The fields of a schema, in its order; those that are absent are null.
Row RowOf(const Schema& schema, const DatumMap& fields);

}  // namespace millrace::oracle

#endif  // MILLRACE_TESTS_ORACLE_STORE_VALUES_H_
