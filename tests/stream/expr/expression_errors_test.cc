#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "stream/expr/expression.h"

namespace millrace {
namespace {

const Scope& TestScope() {
  static const Scope& scope = *new Scope{
      {"dep_delay", Type::kInt}, {"fare", Type::kDouble},      {"origin", Type::kString},
      {"late", Type::kBool},     {"at", Type::kTimestamp},     {"taxi", Type::kDuration},
      {"hour", Type::kInt},      {"view.left_6h", Type::kInt},
  };
  return scope;
}

struct Row {
  std::string text;
  const char* at;       // the part of the text that the range must cover; "" is its end
  const char* message;  // the whole message
};

void Expect(const Row& row) {
  SCOPED_TRACE(row.text);
  TextRange where = {-1, -1};
  const auto expression = Expression::Compile(row.text, TestScope(), &where);
  ASSERT_FALSE(expression.ok());
  EXPECT_EQ(expression.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(std::string(expression.status().message()), row.message);
  const std::string at = row.at;
  const size_t begin = at.empty() ? row.text.size() : row.text.find(at);
  EXPECT_EQ(where.begin, static_cast<int>(begin));
  EXPECT_EQ(where.end, static_cast<int>(begin + at.size()));
}

TEST(ExpressionErrors, SyntaxIsLocatedAndExplained) {
  const Row kRows[] = {
      {"", "", "the expression is empty"},
      {"  ", "", "the expression is empty"},
      {"1 +", "", "expected a value, not end"},
      {"(1 + 2", "", "expected ')' to close '(', not end"},
      {"1 2", "2", "unexpected number after a complete expression"},
      {"late ? 1", "", "expected ':' between the branches of ?:, not end"},
      {"dep_delay = 3", "=", "'=' is no operator; equality is written =="},
      {"late & late", "&", "'&' is no operator; conjunction is written &&"},
      {"late | late", "|", "'|' is no operator; disjunction is written ||"},
      {"origin == 'JFK", "'JFK", "the string has no closing single quote"},
      {"origin == \"JFK", "\"JFK", "the string has no closing double quote"},
      {"origin == '\\q'", "\\q", "unknown escape; a backslash itself is written \\\\"},
      {"origin == '\\u12'", "\\u12'", "\\u needs 4 hexadecimal digits that name a character"},
      {"origin == '\\ud800'", "\\ud800", "\\u needs 4 hexadecimal digits that name a character"},
      {"12abc", "12abc",
       "'12abc' is neither a number nor a duration; the units of durations are ms, s, m, h and d"},
      {"1.5h", "1.5h", "the duration '1.5h' is not a whole number of its unit; use a smaller unit"},
      {"999999999999999d", "999999999999999d", "the duration '999999999999999d' is too long"},
      {"99999999999999999999", "99999999999999999999",
       "'99999999999999999999' does not fit an int of 64 bits; write '99999999999999999999.0' for "
       "a double"},
      {"9223372036854775808", "9223372036854775808",
       "the number does not fit an int of 64 bits; write it with .0 for a double"},
      {"1e999", "1e999", "'1e999' does not fit a double"},
      {"1 # 2", "#", "'#' cannot stand outside of quotes"},
      {"1 + é", "é", "'é' cannot stand outside of quotes"},
      {"fare.", "", "expected a method after '.', such as .startsWith('x')"},
      {"[1]", "[", "a list may stand only after 'in'"},
      {"dep_delay in 3", "3", "expected '[' after in, not number"},
      {"dep_delay in [1 2]", "2", "expected ',' between the items of a list, not number"},
      {"dep_delay in [fare]", "fare", "a list may hold only literals, and not null"},
      {"dep_delay in [null]", "null", "a list may hold only literals, and not null"},
      {"abs(1", "", "expected ',' or ')' after an argument, not end"},
      {"in [1]", "in", "expected a value before 'in'"},
      {"'a' '\xff'", "\xff", "the expression is not valid UTF-8"},
  };
  for (const Row& row : kRows) Expect(row);
}

TEST(ExpressionErrors, NamesAreSuggested) {
  const Row kRows[] = {
      {"dep_dely > 3", "dep_dely", "unknown field 'dep_dely'; did you mean 'dep_delay'?"},
      {"view.left_5h", "view.left_5h",
       "unknown field 'view.left_5h'; did you mean 'view.left_6h'?"},
      {"Origin == 'x'", "Origin", "unknown field 'Origin'; did you mean 'origin'?"},
      {"zzz", "zzz",
       "unknown field 'zzz'; there are at, dep_delay, fare, hour, late, origin, taxi, "
       "view.left_6h"},
      {"1 + hour", "hour", "the field 'hour' has the name of a function; rename the field"},
      {"month", "month", "'month' is a function; write month(…)"},
      {"weekdy(at)", "weekdy", "unknown function 'weekdy'; did you mean 'weekday'?"},
      {"origin.startswith('a')", "startswith",
       "unknown method 'startswith'; did you mean 'startsWith'?"},
      {"contains(origin, 'a')", "contains",
       "unknown function 'contains'; it is written x.contains(…)"},
      {"fare.round()", "round", "unknown method 'round'; it is written round(x)"},
      {"fare(1)", "fare", "unknown function 'fare'; it is a field"},
  };
  for (const Row& row : kRows) Expect(row);
  EXPECT_TRUE(IsExpressionFunction("hour"));
  EXPECT_FALSE(IsExpressionFunction("startsWith"));
  EXPECT_FALSE(IsExpressionFunction("origin"));
}

TEST(ExpressionErrors, TypesMustFit) {
  const Row kRows[] = {
      {"1.0 + (fare * 2)", "(fare * 2)", "'*' cannot be applied to double and int; write 2.0"},
      {"fare + dep_delay", "fare + dep_delay",
       "'+' cannot be applied to double and int; write double(dep_delay)"},
      {"fare + (dep_delay + 1)", "fare + (dep_delay + 1)",
       "'+' cannot be applied to double and int; convert the int with double(…)"},
      {"fare == -1", "fare == -1", "'==' cannot be applied to double and int; write -1.0"},
      {"fare % 2.0", "fare % 2.0",
       "'%' cannot be applied to double and double; it is of ints only"},
      {"origin + 'x'", "origin + 'x'", "'+' cannot be applied to string and string"},
      {"at + 60", "at + 60",
       "'+' cannot be applied to timestamp and int; write a duration with its unit, such as 60s"},
      {"at + at", "at + at", "'+' cannot be applied to timestamp and timestamp"},
      {"taxi - at", "taxi - at", "'-' cannot be applied to duration and timestamp"},
      {"null + 1", "null + 1", "'+' cannot be applied to null and int"},
      {"origin == 3", "origin == 3", "'==' cannot be applied to string and int"},
      {"fare < null", "fare < null", "'<' cannot be applied to null; only == and != can"},
      {"late && dep_delay", "dep_delay", "'&&' needs bool on both sides, not int"},
      {"origin || late", "origin", "'||' needs bool on both sides, not string"},
      {"!fare", "fare", "'!' cannot be applied to double"},
      {"-origin", "origin", "'-' cannot be applied to string"},
      {"fare ? 1 : 2", "fare", "the condition of ?: must be bool, not double"},
      {"late ? 1 : 'a'", "1 : 'a'", "the branches of ?: must have one type, not int and string"},
      {"late ? fare : 1", "fare : 1",
       "the branches of ?: must have one type, not double and int; write 1.0"},
      {"1 < dep_delay < 3", "1 < dep_delay < 3", "'<' cannot be applied to bool and int"},
      {"origin in ['a', 1]", "1", "the list holds int but string is looked for"},
      {"fare in [7]", "7", "the list holds int but double is looked for; write 7.0"},
      {"floor(dep_delay)", "dep_delay", "floor takes double, not int; convert it with double(…)"},
      {"abs(origin)", "origin", "abs takes int, double or duration, not string"},
      {"hour(dep_delay)", "dep_delay", "hour takes timestamp, not int"},
      {"log(null)", "null", "log takes double, not null"},
      {"min(dep_delay, fare)", "fare",
       "the arguments of min must have one type, not int and double; write double(dep_delay)"},
      {"coalesce(fare, null, 1)", "1",
       "the arguments of coalesce must have one type, not double and int; write 1.0"},
      {"min(fare)", "min(fare)", "min takes at least 2 arguments; 1 given"},
      {"log()", "log()", "log takes 1 argument; 0 given"},
      {"origin.contains()", "origin.contains()", "contains takes 1 argument; 0 given"},
      {"hour()", "hour()", "hour takes 1 argument, and perhaps a time zone; 0 given"},
      {"hour(at, origin)", "origin",
       "the time zone of hour must be a literal, such as 'America/New_York'"},
      {"hour(at, 'Mars/Olympus')", "'Mars/Olympus'",
       "unknown time zone 'Mars/Olympus'; zones have names such as 'America/New_York'"},
      {"hour(at, '../../etc/passwd')", "'../../etc/passwd'",
       "unknown time zone '../../etc/passwd'; zones have names such as 'America/New_York'"},
  };
  for (const Row& row : kRows) Expect(row);
}

TEST(ExpressionErrors, TextAndDepthAreLimited) {
  const auto nested = [](int depth) {
    return absl::StrCat(std::string(depth, '('), "1", std::string(depth, ')'));
  };
  EXPECT_TRUE(Expression::Compile(nested(63), {}).ok());
  TextRange where;
  EXPECT_EQ(std::string(Expression::Compile(nested(64), {}, &where).status().message()),
            "the expression is nested more than 64 deep; use several features");
  EXPECT_EQ(where.begin, 64);
  EXPECT_FALSE(Expression::Compile(std::string(65, '!') + "true", {}).ok());

  // A long chain is not deep.
  std::string chain = "1";
  while (chain.size() + 2 <= 4096) chain += "+1";
  const auto sum = Expression::Compile(chain, {});
  ASSERT_TRUE(sum.ok()) << sum.status();
  std::string scratch;
  EXPECT_EQ((*sum)->Evaluate({}, &scratch).int_value(), 2048);
  EXPECT_EQ(std::string(Expression::Compile(std::string(4097, ' '), {}).status().message()),
            "the expression is longer than 4096 bytes");
}

TEST(ExpressionErrors, TheDeepestRightNestingHasRoom) {
  // Every level of precedence nests to the right within each parenthesis.
  std::string text = "1";
  for (int i = 0; i < 62; ++i) text = absl::StrCat("2-1*(", text, ")");
  for (const std::string& t : {text, absl::StrCat("true||true&&1<", text)}) {
    EXPECT_TRUE(Expression::Compile(t, {}).ok());
  }
}

}  // namespace
}  // namespace millrace
