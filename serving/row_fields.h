// The fields of one row of a request for features, typed: the key of each view asked for, and what
// the request brings along for its features. Pure functions.

#ifndef MILLRACE_SERVING_ROW_FIELDS_H_
#define MILLRACE_SERVING_ROW_FIELDS_H_

#include <cstddef>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/value.h"
#include "serving/feature_columns.h"
#include "serving/named_value.h"
#include "stream/view_spec.h"

namespace millrace {

// Every key of every row is one of the views read, every field of the request one of a record of
// their first sources. Errors: InvalidArgument, at the field, with a suggestion.
absl::Status CheckFieldNames(std::span<const ViewRead> reads, const ViewSpecs& views,
                             std::span<const NamedValues> keys,
                             std::span<const NamedValues> request);

// The key of the view from the fields of keys[row]. InvalidArgument: a field is missing, of another
// type, or all of them are longer than max_bytes.
absl::Status MakeKey(const ViewSpec& view, const NamedValues& fields, size_t row, size_t max_bytes,
                     std::vector<OwnedValue>* key);

// The fields of request[row] as a record of the view's first source, null where they are not given;
// empty when none is one of it: the request is no record of this view's. InvalidArgument: a field
// is of another type.
absl::StatusOr<std::vector<OwnedValue>> MakeRequest(const ViewSpec& view, const NamedValues& fields,
                                                    size_t row);

}  // namespace millrace

#endif  // MILLRACE_SERVING_ROW_FIELDS_H_
