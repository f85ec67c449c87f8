// A scalar of the configuration as a value of a given type. Pure; thread-safe.

#ifndef MILLRACE_APP_CONFIG_VALUE_OF_H_
#define MILLRACE_APP_CONFIG_VALUE_OF_H_

#include <optional>

#include "app/config/node.h"
#include "core/value.h"

namespace millrace {

// nullopt when the scalar is of another type. An int is taken for a double; times are RFC 3339.
std::optional<OwnedValue> ValueOf(const ConfigNode& scalar, Type type);

// The scalar as it looks: bool, int, double, duration, else a string; a quoted one is a string.
OwnedValue ValueOf(const ConfigNode& scalar);

}  // namespace millrace

#endif  // MILLRACE_APP_CONFIG_VALUE_OF_H_
