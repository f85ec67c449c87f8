#include "core/value_coding.h"

#include <limits>
#include <string>
#include <vector>

#include "core/random.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

std::vector<Value> Values() {
  return {Value::Null(),
          Value::Bool(true),
          Value::Bool(false),
          Value::Int(0),
          Value::Int(std::numeric_limits<int64_t>::min()),
          Value::Int(std::numeric_limits<int64_t>::max()),
          Value::Double(-0.0),
          Value::Double(std::numeric_limits<double>::quiet_NaN()),
          Value::String(""),
          Value::String(absl::string_view("a\0b", 3)),
          Value::Bytes("\xff\xfe"),
          Value::Timestamp(1357016400000),
          Value::Duration(-1)};
}

TEST(ValueCoding, RoundTripsEveryTypeInARow) {
  std::string bytes;
  for (const Value& value : Values()) PutValue(&bytes, value);
  absl::string_view views = bytes;
  absl::string_view owners = bytes;
  for (const Value& value : Values()) {
    Value view;
    OwnedValue owned;
    ASSERT_TRUE(GetValueView(&views, &view));
    ASSERT_TRUE(GetValue(&owners, &owned));
    EXPECT_EQ(view, value);
    EXPECT_EQ(owned.view(), value);
  }
  EXPECT_TRUE(views.empty());
  EXPECT_TRUE(owners.empty());
}

TEST(ValueCoding, RefusesEveryTruncation) {
  for (const Value& value : Values()) {
    std::string bytes;
    PutValue(&bytes, value);
    for (size_t size = 0; size < bytes.size(); ++size) {
      absl::string_view cut = absl::string_view(bytes).substr(0, size);
      Value read;
      EXPECT_FALSE(GetValueView(&cut, &read)) << ToString(value) << " at " << size;
    }
  }
}

TEST(ValueCoding, RefusesUnknownTypesAndSurvivesRandomBytes) {
  constexpr uint64_t kSeed = 12;
  SCOPED_TRACE(kSeed);
  const std::string unknown = "\x63\x00";
  absl::string_view in = unknown;
  Value value;
  EXPECT_FALSE(GetValueView(&in, &value));
  Random random(kSeed);
  for (int i = 0; i < 20000; ++i) {
    std::string bytes(1, static_cast<char>(random.Below(9)));
    for (uint64_t n = random.Below(16); n > 0; --n) {
      bytes.push_back(static_cast<char>(random.Bits()));
    }
    in = bytes;
    if (!GetValueView(&in, &value)) continue;
    // Whatever parses is a whole value: it can be printed and written again.
    std::string again;
    PutValue(&again, value);
    absl::string_view second = again;
    Value read;
    ASSERT_TRUE(GetValueView(&second, &read));
    EXPECT_EQ(read, value) << ToString(value);
  }
}

}  // namespace
}  // namespace millrace
