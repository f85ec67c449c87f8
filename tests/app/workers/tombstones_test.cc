#include "app/workers/tombstones.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "featurestore/entity_key.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

std::string EncodedKey(const std::vector<Value>& fields) {
  std::string key;
  for (const Value& field : fields) AppendKeyField(field, &key);
  return key;
}

TEST(Tombstones, AKeyNamesAnEntityInEveryFormOfItsType) {
  const std::string bytes("\x00\xff", 2);
  const struct {
    std::string key;
    std::vector<Type> types;
    std::vector<Value> named;  // empty: none
  } kCases[] = {
      {"JFK", {Type::kString}, {Value::String("JFK")}},
      {"", {Type::kString}, {Value::String("")}},
      {"{\"a\":1}", {Type::kString}, {Value::String("{\"a\":1}")}},
      {bytes, {Type::kBytes}, {Value::Bytes(bytes)}},
      {"-12", {Type::kInt}, {Value::Int(-12)}},
      {"9223372036854775807", {Type::kInt}, {Value::Int(INT64_MAX)}},
      {"9223372036854775808", {Type::kInt}, {}},
      {"12 ", {Type::kInt}, {}},
      {"+12", {Type::kInt}, {}},
      {"", {Type::kInt}, {}},
      {"true", {Type::kBool}, {Value::Bool(true)}},
      {"false", {Type::kBool}, {Value::Bool(false)}},
      {"1", {Type::kBool}, {}},
      {"1000", {Type::kTimestamp}, {Value::Timestamp(1000)}},
      {EncodedKey({Value::String("x"), Value::Int(7)}),
       {Type::kString, Type::kInt},
       {Value::String("x"), Value::Int(7)}},
      {EncodedKey({Value::Int(7), Value::String("x")}), {Type::kString, Type::kInt}, {}},
      {EncodedKey({Value::String("x"), Value::Int(7)}) + "x", {Type::kString, Type::kInt}, {}},
      {"{\"b\": 7, \"a\": \"x\", \"c\": null}",
       {Type::kString, Type::kInt},
       {Value::String("x"), Value::Int(7)}},
      {"[\"x\", 7]", {Type::kString, Type::kInt}, {Value::String("x"), Value::Int(7)}},
      {"[\"x\", 7, 8]", {Type::kString, Type::kInt}, {}},
      {"[\"x\", 7.0]", {Type::kString, Type::kInt}, {}},
      {"[\"x\", null]", {Type::kString, Type::kInt}, {}},
      {"{\"a\": \"x\"}", {Type::kString, Type::kInt}, {}},
      {"[true, 5]", {Type::kBool, Type::kTimestamp}, {Value::Bool(true), Value::Timestamp(5)}},
      {"x", {Type::kString, Type::kInt}, {}},
      {"", {Type::kString, Type::kInt}, {}},
  };
  const std::vector<std::string> names = {"a", "b"};
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.key);
    std::vector<OwnedValue> fields;
    ASSERT_EQ(EntityOfKey(c.key, names, c.types, &fields), !c.named.empty());
    for (size_t i = 0; i < c.named.size(); ++i) EXPECT_EQ(fields[i].view(), c.named[i]);
  }
}

}  // namespace
}  // namespace millrace
