#include "core/type_words.h"

#include "absl/strings/str_cat.h"

namespace millrace {

std::string AValueType(const ValueType& type) {
  const std::string name = ValueTypeName(type);
  if (type == Type::kNull || type == Type::kBytes) return name;
  return absl::StrCat(type == Type::kInt ? "an " : "a ", name);
}

}  // namespace millrace
