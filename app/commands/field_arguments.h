// FieldArguments: `key=value` words of the command line as the fields of a request. What the types
// of the fields are only the server knows: a value that reads as JSON (a number, true, false, null,
// a list, a map) is sent as such until the server says that the field is of another type. A value
// in double quotes is always text. A value; thread-compatible.

#ifndef MILLRACE_APP_COMMANDS_FIELD_ARGUMENTS_H_
#define MILLRACE_APP_COMMANDS_FIELD_ARGUMENTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "serving/json.h"

namespace millrace {

class FieldArguments {
 public:
  // InvalidArgument for a word that is not name=value, or a name given twice.
  static absl::StatusOr<FieldArguments> Parse(const std::vector<std::string>& words);

  bool empty() const { return fields_.empty(); }

  // Adds a field. REQUIRES: no field of this name.
  void Add(absl::string_view name, absl::string_view text);

  // One JSON object.
  void Write(JsonWriter& json) const;

  // Sends the field as text from now on. `path` is as in problems: "keys[0].origin". False when
  // there is no such field, or it is text already.
  bool MakeText(absl::string_view path);

  // "origin=JFK, carrier=AA".
  std::string ToString() const;

 private:
  struct Field {
    std::string name;
    std::string text;
    bool literal = false;  // sent as it stands
  };
  std::vector<Field> fields_;
};

}  // namespace millrace

#endif  // MILLRACE_APP_COMMANDS_FIELD_ARGUMENTS_H_
