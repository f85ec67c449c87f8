// Hints: what a message about a wrong key or value says besides: what would fit, and where a key
// belongs that stands in the wrong map. Pure functions; thread-safe.

#ifndef MILLRACE_APP_CONFIG_HINTS_H_
#define MILLRACE_APP_CONFIG_HINTS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "app/config/node.h"
#include "app/config/schema_table.h"

namespace millrace {

// "a name, a list or a map", as the row allows.
std::string Expected(const SchemaNode& schema);

// How a scalar would fit a row that takes a list or a map: "write [customer]", "write {gap: 30m}";
// "" where it would not.
std::string WrapAdvice(const SchemaNode& schema, const ConfigNode& scalar);

// What `text`, which is no type of the row's words, was probably meant to be; "" when unknown.
std::string TypeAdvice(const std::string& text, const std::vector<std::string>& words);

// A map of the configuration and its row.
struct MapPlace {
  const SchemaNode* schema;
  const ConfigNode* map;
};

// Where `key` belongs, which the last of the maps (outermost first) does not know: "it belongs
// inside 'window'"; "" when it is a key of none of them. REQUIRES: there is a map.
std::string BelongsTo(absl::string_view key, const std::vector<MapPlace>& maps);

}  // namespace millrace

#endif  // MILLRACE_APP_CONFIG_HINTS_H_
