#include "core/collection.h"

#include <string>
#include <vector>

#include "core/value_coding.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

TEST(Collection, ListKeepsItsItemsInOrder) {
  ListBuilder list;
  list.Add(Value::Int(3));
  list.Add(Value::Null());
  list.Add(Value::Int(-1));
  EXPECT_EQ(CollectionSize(list.value()), 3);
  EXPECT_EQ(ItemAt(list.value(), 0), Value::Int(3));
  EXPECT_TRUE(ItemAt(list.value(), 1).is_null());
  EXPECT_EQ(ItemAt(list.value(), 2), Value::Int(-1));
  EXPECT_TRUE(ItemAt(list.value(), 3).is_null());
  EXPECT_TRUE(ItemAt(list.value(), -1).is_null());
  EXPECT_EQ(ToString(list.value()), "[3, null, -1]");
  EXPECT_TRUE(IsWellFormed(list.value()));
}

TEST(Collection, MapsAreSortedAndTheLastOfEqualKeysWins) {
  MapBuilder map;
  map.Add("b", Value::String("two"));
  map.Add("a", Value::String("one"));
  map.Add("b", Value::String("three"));
  const Value value = map.Finish();
  EXPECT_EQ(ToString(value), "{a: one, b: three}");
  EXPECT_EQ(CollectionSize(value), 2);
  EXPECT_EQ(FindEntry(value, "b"), Value::String("three"));
  EXPECT_TRUE(FindEntry(value, "c").is_null());
  EXPECT_TRUE(IsWellFormed(value));
}

TEST(Collection, EqualMapsAreEqualBytes) {
  MapBuilder a, b;
  a.Add("x", Value::Int(1));
  a.Add("y", Value::Int(2));
  b.Add("y", Value::Int(2));
  b.Add("x", Value::Int(1));
  EXPECT_EQ(a.Finish(), b.Finish());
}

TEST(Collection, VectorsAreDoubles) {
  std::string bytes;
  const Value vector = MakeVector(std::vector<double>{0.5, -2}, &bytes);
  EXPECT_EQ(CollectionSize(vector), 2);
  EXPECT_EQ(ItemAt(vector, 1), Value::Double(-2));
  EXPECT_EQ(ToString(vector), "[0.5, -2]");
}

TEST(Collection, SurvivesItsOwnBytes) {
  ListBuilder list;
  list.Add(Value::String("x"));
  list.Add(Value::Timestamp(5));
  std::string bytes;
  PutValue(&bytes, list.value());
  OwnedValue read;
  absl::string_view in = bytes;
  ASSERT_TRUE(GetValue(&in, &read));
  EXPECT_TRUE(in.empty());
  EXPECT_EQ(read.view(), list.value());
}

TEST(Collection, RefusesBytesThatAreNone) {
  const char unsorted[] = {1, 'b', 2, 2, 1, 'a', 2, 2};
  EXPECT_FALSE(IsWellFormed(Value::OfBytes(Type::kMap, {unsorted, sizeof(unsorted)})));
  EXPECT_FALSE(IsWellFormed(Value::OfBytes(Type::kList, "\x63")));
  EXPECT_FALSE(IsWellFormed(Value::OfBytes(Type::kVector, "1234567")));
}

TEST(ValueType, NamesCanBeReadBack) {
  for (const ValueType type :
       {ValueType(Type::kInt), ValueType(Type::kList, Type::kString),
        ValueType(Type::kMap, Type::kDouble), ValueType(Type::kVector, Type::kDouble, 8)}) {
    EXPECT_EQ(ParseValueType(ValueTypeName(type)), type) << ValueTypeName(type);
  }
  for (const char* bad : {"", "list", "list<", "list<list<int>>", "map<>", "vector<0>", "vector<x>",
                          "vector<-1>", "int64", "null"}) {
    EXPECT_EQ(ParseValueType(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace millrace
