// Schema: the typed fields of a source, in the order in which a decoded Event holds them.
// Immutable once made; thread-safe then.

#ifndef MILLRACE_STREAM_SCHEMA_H_
#define MILLRACE_STREAM_SCHEMA_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/value.h"

namespace millrace {

struct Field {
  std::string name;
  ValueType type;
  // Numbers outside are rejected (reason "range"); inclusive.
  std::optional<double> min;
  std::optional<double> max;
  // Where it stands in the record, as names with dots: "user.address.city". Empty: at its name.
  std::string path = {};
};

struct Schema {
  std::vector<Field> fields;

  // Index of the field, or -1.
  int Find(absl::string_view name) const {
    for (size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].name == name) return static_cast<int>(i);
    }
    return -1;
  }
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_SCHEMA_H_
