#include "learners/encode/category_key.h"

#include <cmath>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace millrace {
namespace {

std::string KeyOf(const std::vector<Value>& values) {
  CategoryKey key;
  for (const Value& value : values) key.Append(value);
  return std::string(key.bytes());
}

TEST(CategoryKey, DiffersForAllUnequalValues) {
  const std::string long_a(200, 'a');
  const std::string long_b = std::string(199, 'a') + "b";
  const std::vector<std::vector<Value>> keys = {
      {},
      {Value()},
      {Value(), Value()},
      {Value::Bool(false)},
      {Value::Bool(true)},
      {Value::Int(0)},
      {Value::Int(1)},
      {Value::Int(256)},
      {Value::Timestamp(1)},
      {Value::Duration(1)},
      {Value::Double(0)},
      {Value::Double(1)},
      {Value::String("")},
      {Value::Bytes("")},
      {Value::String("a"), Value::String("bc")},
      {Value::String("ab"), Value::String("c")},
      {Value::String("abc")},
      {Value::String(absl::string_view("a\0", 2))},
      {Value::String(long_a)},
      {Value::String(long_b)},
      {Value::String(long_a), Value()},
  };
  for (size_t i = 0; i < keys.size(); ++i) {
    for (size_t j = 0; j < keys.size(); ++j) {
      EXPECT_EQ(KeyOf(keys[i]) == KeyOf(keys[j]), i == j) << i << " " << j;
    }
  }
}

TEST(CategoryKey, TakesBothZerosForOneAndNonFiniteForNull) {
  EXPECT_EQ(KeyOf({Value::Double(-0.0)}), KeyOf({Value::Double(0.0)}));
  CategoryKey key;
  EXPECT_FALSE(key.Append(Value::Double(NAN)));
  EXPECT_EQ(std::string(key.bytes()), KeyOf({Value()}));
  EXPECT_FALSE(CategoryKey().Append(Value::Double(-INFINITY)));
}

TEST(CategoryKey, HasRoomForTheMostValuesOfTheLongestKind) {
  const std::string text(CategoryKey::kMaxStringBytes, 'x');
  CategoryKey key(1);
  for (size_t i = 0; i < CategoryKey::kMaxValues; ++i) key.Append(Value::String(text));
  EXPECT_EQ(key.bytes().size(), 4 + CategoryKey::kMaxValues * (text.size() + 2));
}

// The bytes are stored in models.
TEST(CategoryKey, HasTheseBytes) {
  CategoryKey key(3);
  key.Append(Value::Int(258));
  key.Append(Value::String("JFK"));
  EXPECT_EQ(std::string(key.bytes()),
            std::string("\x03\0\0\0\x02\x02\x01\0\0\0\0\0\0\x04\x03JFK", 18));
}

}  // namespace
}  // namespace millrace
