#include "stream/expr/expression.h"

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "tests/stream/expr/expression_rows.h"

namespace millrace {
namespace {

using testing::ElementsAre;

TEST(Expression, ReadsLiteralsAndFields) {
  Expect({
      {"12", Type::kInt, I(12)},
      {"-9223372036854775808", Type::kInt, I(kMinInt)},
      {"9223372036854775807", Type::kInt, I(kMaxInt)},
      {"1.5", Type::kDouble, D(1.5)},
      {".5", Type::kDouble, D(0.5)},
      {"1e3", Type::kDouble, D(1000)},
      {"2.5E-1", Type::kDouble, D(0.25)},
      {"-1.5", Type::kDouble, D(-1.5)},
      {"true", Type::kBool, B(true)},
      {"false", Type::kBool, B(false)},
      {"null", Type::kNull, N()},
      {"'JFK'", Type::kString, S("JFK")},
      {"\"it's\"", Type::kString, S("it's")},
      {"'it\\'s'", Type::kString, S("it's")},
      {R"('\n\t\\\"\x41\u00e9\U0001F600')", Type::kString, S("\n\t\\\"A\u00e9\U0001F600")},
      {"''", Type::kString, S("")},
      {"60s", Type::kDuration, Ms(60'000)},
      {"7d", Type::kDuration, Ms(604'800'000)},
      {"500ms", Type::kDuration, Ms(500)},
      {"-2h", Type::kDuration, Ms(-7'200'000)},
      {"15m", Type::kDuration, Ms(900'000)},
      {"i", Type::kInt, I(7)},
      {"view.left_6h", Type::kInt, I(3)},
      {" view . left_6h ", Type::kInt, I(3)},
      {"raw", Type::kBytes, Value::Bytes("abc")},
      {"((((i))))", Type::kInt, I(7)},
  });
}

TEST(Expression, FollowsPrecedenceAndAssociativity) {
  Expect({
      {"1 + 2 * 3", Type::kInt, I(7)},
      {"(1 + 2) * 3", Type::kInt, I(9)},
      {"10 - 3 - 2", Type::kInt, I(5)},
      {"10 - (3 - 2)", Type::kInt, I(9)},
      {"100 / 5 / 2", Type::kInt, I(10)},
      {"7 % 4 * 2", Type::kInt, I(6)},
      {"-i + 1", Type::kInt, I(-6)},
      {"- -i", Type::kInt, I(7)},
      {"2 - -3", Type::kInt, I(5)},
      {"i-1", Type::kInt, I(6)},
      {"1 < 2 == true", Type::kBool, B(true)},
      {"false && false || true", Type::kBool, B(true)},
      {"true || false && false", Type::kBool, B(true)},
      {"!b || b", Type::kBool, B(true)},
      {"!!b", Type::kBool, B(true)},
      {"b ? 1 : b ? 2 : 3", Type::kInt, I(1)},
      {"!b ? 1 : b ? 2 : 3", Type::kInt, I(2)},
      {"b ? !b ? 1 : 2 : 3", Type::kInt, I(2)},
      {"i + 1 > 7 && x * 2.0 == 5.0 ? 'yes' : 'no'", Type::kString, S("yes")},
      {"(i + j) * (i - j) - (i * i - j * j)", Type::kInt, I(0)},
      {"1 - (2 - (3 - (4 - (5 - i))))", Type::kInt, I(1 - (2 - (3 - (4 - (5 - 7)))))},
  });
}

TEST(Expression, ArithmeticWithoutAResultIsNull) {
  Expect({
      {"7 / 2", Type::kInt, I(3)},
      {"-7 / 2", Type::kInt, I(-3)},
      {"-7 % 2", Type::kInt, I(-1)},
      {"i / 0", Type::kInt, N()},
      {"i % 0", Type::kInt, N()},
      {"big + 1", Type::kInt, N()},
      {"small - 1", Type::kInt, N()},
      {"big * 2", Type::kInt, N()},
      {"small / -1", Type::kInt, N()},
      {"small % -1", Type::kInt, I(0)},
      {"-small", Type::kInt, N()},
      {"abs(small)", Type::kInt, N()},
      {"big + small", Type::kInt, I(-1)},
      {"x / 0.0", Type::kDouble, D(kInf)},
      {"-x / 0.0", Type::kDouble, D(-kInf)},
      {"0.0 / 0.0", Type::kDouble, D(kNan)},
      {"x + y", Type::kDouble, D(2.0)},
      {"x - y", Type::kDouble, D(3.0)},
      {"x * y", Type::kDouble, D(-1.25)},
      {"-(x)", Type::kDouble, D(-2.5)},
      {"i + none_i", Type::kInt, N()},
      {"none_i * 0", Type::kInt, N()},
      {"-none_i", Type::kInt, N()},
      {"none_x / 0.0", Type::kDouble, N()},
      {"at + span", Type::kTimestamp, T(kTuesday + 90'000)},
      {"span + at", Type::kTimestamp, T(kTuesday + 90'000)},
      {"at - 1d", Type::kTimestamp, T(kTuesday - 86'400'000)},
      {"at - (at - 5m)", Type::kDuration, Ms(300'000)},
      {"span - 2m", Type::kDuration, Ms(-30'000)},
      {"-span", Type::kDuration, Ms(-90'000)},
      {"timestamp(9223372036854775) + 1s", Type::kTimestamp, N()},
      {"none_at + span", Type::kTimestamp, N()},
  });
}

TEST(Expression, ComparesWithinOneType) {
  Expect({
      {"i == 7", Type::kBool, B(true)},
      {"i != 7", Type::kBool, B(false)},
      {"i < 7", Type::kBool, B(false)},
      {"i <= 7", Type::kBool, B(true)},
      {"i > j", Type::kBool, B(true)},
      {"i >= 8", Type::kBool, B(false)},
      {"x > y", Type::kBool, B(true)},
      {"0.0 == -0.0", Type::kBool, B(true)},
      {"nan == nan", Type::kBool, B(false)},
      {"nan != nan", Type::kBool, B(true)},
      {"nan < 1.0 || nan >= 1.0", Type::kBool, B(false)},
      {"s == 'JFK'", Type::kBool, B(true)},
      {"s < 'JFL' && s > 'J' && s > 'JFA'", Type::kBool, B(true)},
      {"'\u00e9' > 'z'", Type::kBool, B(true)},  // bytes above ASCII are unsigned
      {"'a' < 'B'", Type::kBool, B(false)},
      {"raw == raw", Type::kBool, B(true)},
      {"b == true", Type::kBool, B(true)},
      {"false < true", Type::kBool, B(true)},
      {"at > timestamp('2013-01-01T00:00:00Z')", Type::kBool, B(true)},
      {"span >= 90s", Type::kBool, B(true)},
      {"none_i == 1", Type::kBool, N()},
      {"none_i != none_i", Type::kBool, N()},
      {"none_s < 'a'", Type::kBool, N()},
      {"none_i == null", Type::kBool, B(true)},
      {"null != none_i", Type::kBool, B(false)},
      {"i == null", Type::kBool, B(false)},
      {"i != null", Type::kBool, B(true)},
      {"i / 0 == null", Type::kBool, B(true)},
      {"null == null", Type::kBool, B(true)},
  });
}

TEST(Expression, LogicHasThreeValues) {
  Expect({
      {"true && none_b", Type::kBool, N()},
      {"false && none_b", Type::kBool, B(false)},
      {"none_b && true", Type::kBool, N()},
      {"none_b && false", Type::kBool, B(false)},
      {"none_b && none_b", Type::kBool, N()},
      {"true || none_b", Type::kBool, B(true)},
      {"false || none_b", Type::kBool, N()},
      {"none_b || true", Type::kBool, B(true)},
      {"none_b || false", Type::kBool, N()},
      {"none_b || none_b", Type::kBool, N()},
      {"null || true", Type::kBool, B(true)},
      {"!none_b", Type::kBool, N()},
      {"none_b ? 1 : 2", Type::kInt, N()},
      {"none_i > 3 ? 'a' : 'b'", Type::kString, N()},
      {"b ? null : 1", Type::kInt, N()},
      {"!b ? null : 1", Type::kInt, I(1)},
      {"b ? 1 : null", Type::kInt, I(1)},
      {"b ? null : null", Type::kNull, N()},
      {"(none_b ? 1 : 2) == null", Type::kBool, B(true)},
      {"b && (none_b || i > 3) && !(j > 0)", Type::kBool, B(true)},
  });
}

TEST(Expression, LooksInListsOfLiterals) {
  Expect({
      {"s in ['LGA', 'JFK']", Type::kBool, B(true)},
      {"s in ['LGA']", Type::kBool, B(false)},
      {"i in [1, -7, 7]", Type::kBool, B(true)},
      {"j in [-2]", Type::kBool, B(true)},
      {"x in [1.0, 2.5]", Type::kBool, B(true)},
      {"nan in [1.0]", Type::kBool, B(false)},
      {"span in [90s, 1d]", Type::kBool, B(true)},
      {"none_s in ['a']", Type::kBool, N()},
      {"i in []", Type::kBool, B(false)},
      {"none_i in []", Type::kBool, N()},
      {"i + 1 in [8] && b", Type::kBool, B(true)},
      {"!(i in [8])", Type::kBool, B(true)},
  });
}

TEST(Expression, NamesTheFieldsItReads) {
  const auto expression = Expression::Compile("x > 1.0 ? i : view.left_6h + i", TestScope());
  ASSERT_TRUE(expression.ok()) << expression.status();
  EXPECT_THAT((*expression)->used_fields(), ElementsAre(0, 2, 13));
}

TEST(Expression, LiteralResultOutlivesTheExpression) {
  auto expression =
      Expression::Compile("i > 3 ? 'a long enough literal to be allocated' : s", TestScope());
  ASSERT_TRUE(expression.ok());
  const std::vector<Value> fields = TestFields();
  std::string scratch;
  const Value value = (*expression)->Evaluate(fields, &scratch);
  *expression = nullptr;
  EXPECT_EQ(value.string_value(), "a long enough literal to be allocated");
}

TEST(Expression, IsSharedByThreads) {
  const auto expression =
      Expression::Compile("hour_of_week(at, 'Europe/London') * 60 + minute(at)", TestScope());
  ASSERT_TRUE(expression.ok());
  std::atomic<int> wrong{0};
  const auto sum = [&](int64_t first) {
    std::vector<Value> fields = TestFields();
    std::string scratch;
    int64_t total = 0;
    for (int64_t i = 0; i < 20'000; ++i) {
      fields[7] = Value::Timestamp(kTuesday + first + i * 1'234'567);
      total += (*expression)->Evaluate(fields, &scratch).int_value();
    }
    return total;
  };
  const int64_t expected = sum(0);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { wrong += sum(0) != expected; });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0);
}

}  // namespace
}  // namespace millrace
