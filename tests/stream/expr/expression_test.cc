#include "stream/expr/expression.h"

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace {
// Counts what operator new gives, to show that evaluating asks for nothing.
std::atomic<int64_t> allocations{0};
}  // namespace

void* operator new(size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace millrace {
namespace {

using testing::ElementsAre;

constexpr int64_t kMaxInt = std::numeric_limits<int64_t>::max();
constexpr int64_t kMinInt = std::numeric_limits<int64_t>::min();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// 2013-01-01T10:15:30.250Z, a Tuesday.
constexpr int64_t kTuesday = 1'357'035'330'250;

const Scope& TestScope() {
  static const Scope& scope = *new Scope{
      {"i", Type::kInt},         {"j", Type::kInt},
      {"x", Type::kDouble},      {"y", Type::kDouble},
      {"s", Type::kString},      {"t", Type::kString},
      {"b", Type::kBool},        {"at", Type::kTimestamp},
      {"span", Type::kDuration}, {"raw", Type::kBytes},
      {"none_i", Type::kInt},    {"none_b", Type::kBool},
      {"none_s", Type::kString}, {"view.left_6h", Type::kInt},
      {"none_x", Type::kDouble}, {"none_at", Type::kTimestamp},
      {"bad", Type::kBytes},     {"big", Type::kInt},
      {"small", Type::kInt},     {"nan", Type::kDouble},
  };
  return scope;
}

std::vector<Value> TestFields() {
  return {Value::Int(7),           Value::Int(-2),
          Value::Double(2.5),      Value::Double(-0.5),
          Value::String("JFK"),    Value::String("naïve"),
          Value::Bool(true),       Value::Timestamp(kTuesday),
          Value::Duration(90'000), Value::Bytes("abc"),
          Value::Null(),           Value::Null(),
          Value::Null(),           Value::Int(3),
          Value::Null(),           Value::Null(),
          Value::Bytes("\xff"),    Value::Int(kMaxInt),
          Value::Int(kMinInt),     Value::Double(kNan)};
}

struct Row {
  const char* text;
  Type type;
  Value value;
};

Value I(int64_t v) { return Value::Int(v); }
Value D(double v) { return Value::Double(v); }
Value S(const char* v) { return Value::String(v); }
Value B(bool v) { return Value::Bool(v); }
Value T(int64_t v) { return Value::Timestamp(v); }
Value Span(int64_t v) { return Value::Duration(v); }
Value N() { return Value::Null(); }

void Expect(const std::vector<Row>& rows) {
  const std::vector<Value> fields = TestFields();
  for (const Row& row : rows) {
    SCOPED_TRACE(row.text);
    TextRange where;
    const auto expression = Expression::Compile(row.text, TestScope(), &where);
    ASSERT_TRUE(expression.ok()) << expression.status() << " at " << where.begin;
    EXPECT_EQ((*expression)->type(), row.type);
    std::string scratch;
    const Value value = (*expression)->Evaluate(fields, &scratch);
    if (row.value.type() == Type::kDouble && std::isnan(row.value.double_value())) {
      EXPECT_TRUE(value.type() == Type::kDouble && std::isnan(value.double_value()));
      continue;
    }
    EXPECT_TRUE(value == row.value)
        << "got " << TypeName(value.type()) << " " << ToString(value) << ", not "
        << TypeName(row.value.type()) << " " << ToString(row.value);
  }
}

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
      {"60s", Type::kDuration, Span(60'000)},
      {"7d", Type::kDuration, Span(604'800'000)},
      {"500ms", Type::kDuration, Span(500)},
      {"-2h", Type::kDuration, Span(-7'200'000)},
      {"15m", Type::kDuration, Span(900'000)},
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
      {"at - (at - 5m)", Type::kDuration, Span(300'000)},
      {"span - 2m", Type::kDuration, Span(-30'000)},
      {"-span", Type::kDuration, Span(-90'000)},
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

TEST(Expression, CallsNumericFunctions) {
  Expect({
      {"coalesce(none_i, none_i, i, j)", Type::kInt, I(7)},
      {"coalesce(none_i, null)", Type::kInt, N()},
      {"coalesce(null, 'x')", Type::kString, S("x")},
      {"coalesce(i)", Type::kInt, I(7)},
      {"coalesce(none_i, i / 0, 1 + i)", Type::kInt, I(8)},
      {"min(i, j)", Type::kInt, I(-2)},
      {"max(i, j, 9, 3)", Type::kInt, I(9)},
      {"min(x, y, 1.0)", Type::kDouble, D(-0.5)},
      {"max(nan, 1.0)", Type::kDouble, D(kNan)},
      {"max(1.0, nan)", Type::kDouble, D(kNan)},
      {"min(1.0, nan)", Type::kDouble, D(kNan)},
      {"min(0.0, -0.0)", Type::kDouble, D(-0.0)},
      {"min(-0.0, 0.0)", Type::kDouble, D(-0.0)},
      {"max(-0.0, 0.0)", Type::kDouble, D(0.0)},
      {"max(0.0, -0.0)", Type::kDouble, D(0.0)},
      {"max(-3.0, 2.0)", Type::kDouble, D(2.0)},
      {"min(at, at + 1s)", Type::kTimestamp, T(kTuesday)},
      {"max(span, 1s)", Type::kDuration, Span(90'000)},
      {"max(i, none_i)", Type::kInt, N()},
      {"min(max(i, 1) + 1, max(j, 3) * 2)", Type::kInt, I(6)},
      {"abs(j)", Type::kInt, I(2)},
      {"abs(y)", Type::kDouble, D(0.5)},
      {"abs(-5s)", Type::kDuration, Span(5'000)},
      {"floor(y)", Type::kDouble, D(-1)},
      {"ceil(x)", Type::kDouble, D(3)},
      {"round(x)", Type::kDouble, D(3)},
      {"round(-2.5)", Type::kDouble, D(-3)},
      {"sqrt(6.25)", Type::kDouble, D(2.5)},
      {"sqrt(-1.0)", Type::kDouble, D(kNan)},
      {"log(1.0)", Type::kDouble, D(0)},
      {"log(0.0)", Type::kDouble, D(-kInf)},
      {"exp(0.0)", Type::kDouble, D(1)},
      {"pow(x, 2.0)", Type::kDouble, D(6.25)},
      {"pow(-2.0, 3.0)", Type::kDouble, D(-8)},
      {"pow(2.0, -2.0)", Type::kDouble, D(0.25)},
      {"pow(x, 0.0)", Type::kDouble, D(1)},
      {"pow(-1.0, 0.5)", Type::kDouble, D(kNan)},
      {"pow(0.0, 0.5)", Type::kDouble, D(0)},
      {"pow(0.0, -1.0)", Type::kDouble, D(kInf)},
      {"log(none_x)", Type::kDouble, N()},
  });
}

TEST(Expression, ConvertsBetweenTypes) {
  Expect({
      {"int(2.9)", Type::kInt, I(2)},
      {"int(-2.9)", Type::kInt, I(-2)},
      {"int(1e30)", Type::kInt, N()},
      {"int(9223372036854775808.0)", Type::kInt, N()},
      {"int(nan)", Type::kInt, N()},
      {"int(i)", Type::kInt, I(7)},
      {"int(b)", Type::kInt, I(1)},
      {"int('-12')", Type::kInt, I(-12)},
      {"int(' 12')", Type::kInt, N()},
      {"int('12x')", Type::kInt, N()},
      {"int('9223372036854775808')", Type::kInt, N()},
      {"int(at)", Type::kInt, I(1'357'035'330)},
      {"int(timestamp('1969-12-31T23:59:59.500Z'))", Type::kInt, I(-1)},
      {"int(90s)", Type::kInt, I(90)},
      {"double(i) / 2.0", Type::kDouble, D(3.5)},
      {"double('1.5e2')", Type::kDouble, D(150)},
      {"double('inf')", Type::kDouble, N()},
      {"double('')", Type::kDouble, N()},
      {"double(1500ms)", Type::kDouble, D(1.5)},
      {"double(b)", Type::kDouble, D(1)},
      {"string(i)", Type::kString, S("7")},
      {"string(small)", Type::kString, S("-9223372036854775808")},
      {"string(x)", Type::kString, S("2.5")},
      {"string(0.1)", Type::kString, S("0.1")},
      {"string(nan)", Type::kString, S("NaN")},
      {"string(b)", Type::kString, S("true")},
      {"string(s)", Type::kString, S("JFK")},
      {"string(at)", Type::kString, S("2013-01-01T10:15:30.250Z")},
      {"string(span)", Type::kString, S("90s")},
      {"string(-1500ms)", Type::kString, S("-1.5s")},
      {"string(raw)", Type::kString, S("abc")},
      {"string(bad)", Type::kString, N()},
      {"string(none_i)", Type::kString, N()},
      {"string(i) == string(7) && string(j) < string(i)", Type::kBool, B(true)},
      {"timestamp('2013-01-01T05:15:30.25-05:00')", Type::kTimestamp, T(kTuesday)},
      {"timestamp(1357035330)", Type::kTimestamp, T(1'357'035'330'000)},
      {"timestamp('2013-02-30T00:00:00Z')", Type::kTimestamp, N()},
      {"duration('1h30m')", Type::kDuration, Span(5'400'000)},
      {"duration('soon')", Type::kDuration, N()},
      {"size(t)", Type::kInt, I(5)},
      {"size(raw)", Type::kInt, I(3)},
      {"'abc'.size()", Type::kInt, I(3)},
      {"s.startsWith('J')", Type::kBool, B(true)},
      {"s.endsWith('K') && !s.endsWith('J')", Type::kBool, B(true)},
      {"s.contains('FK')", Type::kBool, B(true)},
      {"string(i).contains(s)", Type::kBool, B(false)},
      {"none_s.contains('a')", Type::kBool, N()},
      {"s.startsWith(none_s)", Type::kBool, N()},
  });
}

TEST(Expression, ReadsCivilTimeInAZone) {
  Expect({
      {"hour(at)", Type::kInt, I(10)},
      {"minute(at)", Type::kInt, I(15)},
      {"weekday(at)", Type::kInt, I(1)},
      {"day(at)", Type::kInt, I(1)},
      {"month(at)", Type::kInt, I(1)},
      {"hour_of_week(at)", Type::kInt, I(34)},
      {"hour(at, 'America/New_York')", Type::kInt, I(5)},
      {"minute(at, 'Asia/Kathmandu')", Type::kInt, I(0)},  // +05:45
      {"hour(at - 6h, 'America/New_York')", Type::kInt, I(23)},
      {"day(at - 6h, 'America/New_York')", Type::kInt, I(31)},
      {"month(at - 6h, 'America/New_York')", Type::kInt, I(12)},
      {"weekday(at - 6h, 'America/New_York')", Type::kInt, I(0)},
      {"weekday(timestamp('1969-12-31T12:00:00Z'))", Type::kInt, I(2)},
      {"hour_of_week(timestamp('2013-01-07T00:00:00Z'))", Type::kInt, I(0)},
      {"hour_of_week(timestamp('2013-01-06T23:59:59Z'))", Type::kInt, I(167)},
      {"hour(timestamp('2013-07-01T12:00:00Z'), 'America/New_York')", Type::kInt, I(8)},
      // The hour before and after the clocks go forward.
      {"hour(timestamp('2013-03-10T06:59:59Z'), 'America/New_York')", Type::kInt, I(1)},
      {"hour(timestamp('2013-03-10T07:00:00Z'), 'America/New_York')", Type::kInt, I(3)},
      {"month(timestamp('0001-01-01T00:00:00Z'))", Type::kInt, I(1)},
      {"hour(none_at)", Type::kInt, N()},
      {"hour(timestamp(9223372036854775))", Type::kInt, N()},
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

TEST(Expression, EvaluatesWithoutAllocatingOnceWarm) {
  const char* const kTexts[] = {
      "hour(at, 'America/New_York') + hour_of_week(at)",
      "s in ['LGA', 'JFK'] && x > 1.0 ? i : none_i",
      "string(at) == '2013-01-01T10:15:30.250Z' && int('12') == 12",
      "string(i)",
      "pow(x, 3.5) + log(x) * exp(y)",
      "(s + '-' + string(i) + ' a longer text than a string holds in itself').upperAscii()",
      "[i, j, 3].filter(n, n > 0).map(n, string(n) + s).join('+') == '7JFK+3JFK'",
      "{s: i, 'b': 2}.keys().exists(k, k == s.substring(0, 1) + 'FK')",
      "'a,b,c'.split(',').all(p, size(p) == 1) && hash(s, 10) >= 0",
      "start_of_day(at, 'America/New_York') < at && geohash(x, y, 5).size() == 5",
  };
  const std::vector<Value> fields = TestFields();
  for (const char* text : kTexts) {
    const auto expression = Expression::Compile(text, TestScope());
    ASSERT_TRUE(expression.ok()) << expression.status();
    std::string scratch;
    (*expression)->Evaluate(fields, &scratch);
    const int64_t before = allocations.load();
    for (int i = 0; i < 100; ++i) (*expression)->Evaluate(fields, &scratch);
    EXPECT_EQ(allocations.load(), before) << text;
  }
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
