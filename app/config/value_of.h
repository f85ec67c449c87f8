// A value of the configuration as one of a given type. Pure; thread-safe.

#ifndef MILLRACE_APP_CONFIG_VALUE_OF_H_
#define MILLRACE_APP_CONFIG_VALUE_OF_H_

#include <optional>

#include "app/config/node.h"
#include "core/value.h"

namespace millrace {

// nullopt when the node is of another type. An int is taken for a double; times are RFC 3339. Lists
// and maps may hold nulls; a vector is a list of just its size.
std::optional<OwnedValue> ValueOf(const ConfigNode& node, const ValueType& type);

// Why the node is no such list, map or vector: the first item or entry that does not fit, or the
// node itself; null when it is one. REQUIRES: a collection.
const ConfigNode* FindMisfit(const ConfigNode& node, const ValueType& type);

// The type of what such a collection holds.
Type ElementOf(const ValueType& collection);

// The scalar as it looks: bool, int, double, duration, else a string; a quoted one is a string.
OwnedValue ValueOf(const ConfigNode& scalar);

}  // namespace millrace

#endif  // MILLRACE_APP_CONFIG_VALUE_OF_H_
