#include "featurestore/entity_key.h"

#include <limits>
#include <set>
#include <vector>

#include "absl/strings/escaping.h"
#include "core/hashing.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

std::string KeyOf(const std::vector<Value>& fields) {
  std::string key;
  for (const Value& field : fields) AppendKeyField(field, &key);
  return key;
}

TEST(EntityKey, BytesAreThoseOfTheFormatPage) {
  EXPECT_EQ(absl::BytesToHexString(KeyOf({Value::String("JFK")})), "04034a464b");
  EXPECT_EQ(absl::BytesToHexString(KeyOf({Value::Int(-1), Value::Bool(true)})),
            "02087fffffffffffffff"
            "010101");
}

TEST(EntityKey, NeverJoinsTwoEntities) {
  const std::set<std::string> keys = {
      KeyOf({Value::String("r|7"), Value::String("")}),
      KeyOf({Value::String("r"), Value::String("7|")}),
      KeyOf({Value::String("r|7|")}),
      KeyOf({Value::String(""), Value::String("r|7")}),
      KeyOf({Value::Bytes("r|7"), Value::String("")}),
      KeyOf({Value::Int(1)}),
      KeyOf({Value::Timestamp(1)}),
      KeyOf({Value::Bool(true)}),
      KeyOf({Value::Double(1)}),
  };
  EXPECT_EQ(keys.size(), 9u);
}

TEST(EntityKey, FieldsRoundTrip) {
  const std::vector<Value> fields = {
      Value::String("é"),  Value::Bytes({}),
      Value::Bool(false),  Value::Int(std::numeric_limits<int64_t>::min()),
      Value::Double(-2.5), Value::Timestamp(-1),
      Value::Duration(7)};
  const std::string key = KeyOf(fields);
  absl::string_view in = key;
  for (const Value& field : fields) {
    Value read;
    ASSERT_TRUE(TakeKeyField(&in, &read));
    EXPECT_EQ(read, field);
  }
  Value none;
  EXPECT_FALSE(TakeKeyField(&in, &none));
}

TEST(EntityKey, BothZeroesAreOneEntity) {
  EXPECT_EQ(KeyOf({Value::Double(-0.0)}), KeyOf({Value::Double(0.0)}));
}

TEST(EntityKey, ShardIsThePartitionAJavaProducerWouldChoose) {
  const auto shard = [](const std::vector<Value>& fields) {
    return ShardOfEntity(fields, KeyOf(fields), 64);
  };
  EXPECT_EQ(shard({Value::String("JFK")}), PartitionOfKey("JFK", 64));
  EXPECT_EQ(shard({Value::Bytes("JFK")}), PartitionOfKey("JFK", 64));
  EXPECT_EQ(shard({Value::Int(-42)}), PartitionOfKey("-42", 64));
  const std::vector<Value> pair = {Value::String("a"), Value::String("b")};
  EXPECT_EQ(shard(pair), PartitionOfKey(KeyOf(pair), 64));
}

}  // namespace
}  // namespace millrace
