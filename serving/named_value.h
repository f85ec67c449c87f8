// NamedValue: a field of a request.

#ifndef MILLRACE_SERVING_NAMED_VALUE_H_
#define MILLRACE_SERVING_NAMED_VALUE_H_

#include <string>
#include <vector>

#include "core/value.h"

namespace millrace {

// Fields by name, in the order given, each name once: an entity key or the fields of a request.
// Values come as the protocol had them (JSON: int, double, string, bool, null); the service checks
// them against the declared types.
struct NamedValue {
  std::string name;
  OwnedValue value;
};
using NamedValues = std::vector<NamedValue>;

}  // namespace millrace

#endif  // MILLRACE_SERVING_NAMED_VALUE_H_
