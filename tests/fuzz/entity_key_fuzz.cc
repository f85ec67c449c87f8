// Keys of entities: what parses is written again as bytes that parse to the same fields, and
// different fields have different bytes.

#include <string>
#include <vector>

#include "core/check.h"
#include "featurestore/entity_key.h"
#include "tests/fuzz/target.h"

namespace millrace {
namespace {

// False when the bytes do not parse as a whole.
bool TakeFields(absl::string_view bytes, std::vector<Value>* fields) {
  Value field;
  while (!bytes.empty()) {
    if (!TakeKeyField(&bytes, &field)) return false;
    CHECK(!field.is_null());
    fields->push_back(field);
  }
  return true;
}

std::string KeyOf(const std::vector<Value>& fields) {
  std::string key;
  for (const Value& field : fields) AppendKeyField(field, &key);
  return key;
}

}  // namespace

Verdict FuzzTarget(absl::string_view input) {
  std::vector<Value> fields;
  if (!TakeFields(input, &fields)) return Verdict::kRefused;
  const std::string key = KeyOf(fields);
  std::vector<Value> again;
  CHECK(TakeFields(key, &again));
  CHECK(KeyOf(again) == key);
  CHECK(again.size() == fields.size());
  for (size_t i = 0; i < fields.size(); ++i) {
    const bool negative_zero =
        fields[i].type() == Type::kDouble && fields[i].double_value() == 0;  // is written as 0.0
    CHECK(negative_zero || again[i] == fields[i]);
  }
  const int32_t shard = ShardOfEntity(fields, key, 64);
  CHECK(shard >= 0 && shard < 64);
  return Verdict::kAccepted;
}

}  // namespace millrace
