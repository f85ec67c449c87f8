// RequestFieldsOf: what of a request the answer of a feature depends on. Pure function.

#ifndef MILLRACE_STREAM_REQUEST_FIELDS_H_
#define MILLRACE_STREAM_REQUEST_FIELDS_H_

#include <vector>

#include "stream/view_spec.h"

namespace millrace {

// Indices into ViewSpec::request, ascending: the fields that the feature's expression uses, itself
// or by way of other features, and those that a window with_request takes in. REQUIRES: 0 <=
// feature < features of the view.
std::vector<int> RequestFieldsOf(const ViewSpec& view, int feature);

// Whether a request changes the answer, though it may bring no field along: a window with_request
// counts it.
bool UsesRequest(const ViewSpec& view, int feature);

}  // namespace millrace

#endif  // MILLRACE_STREAM_REQUEST_FIELDS_H_
