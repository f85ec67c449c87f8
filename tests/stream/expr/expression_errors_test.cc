#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "stream/expr/expression.h"

namespace millrace {
namespace {

const Scope& TestScope() {
  static const Scope& scope = *new Scope{
      {"dep_delay", Type::kInt},
      {"fare", Type::kDouble},
      {"origin", Type::kString},
      {"late", Type::kBool},
      {"at", Type::kTimestamp},
      {"taxi", Type::kDuration},
      {"hour", Type::kInt},
      {"view.left_6h", Type::kInt},
      {"tags", {Type::kList, Type::kString}},
      {"delays", {Type::kList, Type::kInt}},
      {"by_hour", {Type::kMap, Type::kDouble}},
      {"place", {Type::kVector, Type::kDouble, 3}},
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
      {"1 +", "", "expected a value, not the end"},
      {"(1 + 2", "", "expected ')' to close '(', not the end"},
      {"1 2", "2", "unexpected number after a complete expression"},
      {"x > 1.0 and y > 1.0", "and",
       "unexpected 'and' after a complete expression; 'and' is written &&"},
      {"x > 1.0 OR y > 1.0", "OR",
       "unexpected 'OR' after a complete expression; 'or' is written ||"},
      {"not late", "late", "unexpected 'late' after a complete expression; 'not' is written !"},
      {"not(late)", "not", "unknown function 'not'; it is written !"},
      {"late ? 1", "", "expected ':' between the branches of ?:, not the end"},
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
      {"fare.", "", "expected a key or a method after '.', such as .startsWith('x')"},
      {"[1, 2", "", "expected ',' between the items of a list, not the end"},
      {"tags[0", "", "expected ']' to close '[', not the end"},
      {"{'a' 1}", "1", "expected ':' between a key and its value, not number"},
      {"{'a': 1 'b': 2}", "'b'", "expected ',' between the entries of a map, not string"},
      {"[,]", ",", "expected a value, not ','"},
      {"r'\\d", "r'\\d", "the string has no closing single quote"},
      {"\"\"\"a\"", "\"\"\"a\"", "the string has no closing triple double quote"},
      {"b'\\u0041'", "\\u", "unknown escape in bytes; a byte is written \\xHH"},
      {"'\\08'", "\\08'", "a number after \\ needs 3 octal digits"},
      {"12u", "12u", "there are no unsigned integers; leave out the u"},
      {"0xFFu", "0xFFu", "there are no unsigned integers; leave out the u"},
      {"0xG", "0xG", "'0xG' is no hexadecimal int of 64 bits"},
      {"dep_delay in [1 2]", "2", "expected ',' between the items of a list, not number"},
      {"abs(1", "", "expected ',' or ')' after an argument, not the end"},
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
       "unknown field 'zzz'; there are at, by_hour, delays, dep_delay, fare, hour, late, origin, "
       "place, tags, taxi, view.left_6h"},
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
      {"origin + 1", "origin + 1",
       "'+' cannot be applied to string and int; convert the other with string(…)"},
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
      {"origin in ['a', 1]", "1", "a list must hold one type, not string and int"},
      {"fare in [7]", "7", "the list holds int but double is looked for; write 7.0"},
      {"floor(dep_delay)", "dep_delay", "floor takes double, not int; write double(dep_delay)"},
      {"abs(origin)", "origin", "abs takes int, double or duration, not string"},
      {"hour(dep_delay)", "dep_delay", "hour takes timestamp, not int"},
      {"log(null)", "null", "log takes double, not null"},
      {"min(dep_delay, fare)", "fare",
       "the arguments of min must have one type, not int and double; write double(dep_delay)"},
      {"coalesce(fare, null, 1)", "1",
       "the arguments of coalesce must have one type, not double and int; write 1.0"},
      {"min()", "min()", "min takes at least 1 argument; 0 given"},
      {"log()", "log()", "log takes 1 argument; 0 given"},
      {"origin.contains()", "origin.contains()", "contains takes 1 argument; 0 given"},
      {"hour()", "hour()", "hour takes 1 argument, and perhaps a time zone; 0 given"},
      {"hour(at, origin)", "origin",
       "the time zone of hour must be a literal, such as 'America/New_York'"},
      {"hour(at, 'Mars/Olympus')", "'Mars/Olympus'",
       "unknown time zone 'Mars/Olympus'; zones have names such as 'America/New_York', or "
       "are offsets such as '+05:30'"},
      {"hour(at, '../../etc/passwd')", "'../../etc/passwd'",
       "unknown time zone '../../etc/passwd'; zones have names such as 'America/New_York', or "
       "are offsets such as '+05:30'"},
  };
  for (const Row& row : kRows) Expect(row);
}

TEST(ExpressionErrors, CollectionsHoldOneType) {
  const Row kRows[] = {
      {"[1, 2.0]", "2.0", "a list must hold one type, not int and double; write 1.0"},
      {"[1, dep_delay, 'a']", "'a'", "a list must hold one type, not int and string"},
      {"[[1], [2]]", "[1]", "a list cannot hold list<int>; it holds scalars"},
      {"{'a': 1, 'b': 'x'}", "'x'", "a map must hold one type, not int and string"},
      {"{'a': {}}", "{}", "a map cannot hold map<null>; it holds scalars"},
      {"{1: 2}", "1", "the keys of a map must be string, not int"},
      {"{null: 2}", "null", "the keys of a map must be string, not null"},
      {"origin[0]", "origin", "only lists, vectors and maps have items, not string"},
      {"tags['a']", "'a'", "the index of a list must be int, not string"},
      {"by_hour[0]", "0", "the key of a map must be string, not int"},
      {"by_hour[dep_delay]", "dep_delay", "the key of a map must be string, not int"},
      {"tags.first", "tags.first", "'.first' needs a map, not list<string>"},
      {"by_hour.a.b", "by_hour.a.b", "'by_hour' is map<double>, whose values have no fields"},
      {"tag.first", "tag.first",
       "unknown field 'tag.first'; there are at, by_hour, delays, dep_delay, fare, hour, late, "
       "origin, place, tags, taxi, view.left_6h"},
      {"{'a': 1}.b.c", "{'a': 1}.b.c", "'.c' needs a map, not int"},
      {"tags == delays", "tags == delays", "'==' cannot be applied to list<string> and list<int>"},
      {"tags < tags", "tags < tags", "'<' cannot be applied to list<string> and list<string>"},
      {"tags + delays", "tags + delays", "'+' cannot be applied to list<string> and list<int>"},
      {"tags + 'a'", "tags + 'a'", "'+' cannot be applied to list<string> and string"},
      {"dep_delay in 3", "3", "expected a list or map after in, not int"},
      {"1 in tags", "tags", "the list holds string but int is looked for"},
      {"1 in by_hour", "by_hour", "the keys are string but int is looked for"},
      {"dep_delay in [fare]", "fare",
       "the list holds double but int is looked for; write double(dep_delay)"},
      {"late ? tags : delays", "tags : delays",
       "the branches of ?: must have one type, not list<string> and list<int>"},
      {"coalesce(tags, delays)", "delays",
       "the arguments of coalesce must have one type, not list<string> and list<int>"},
      {"place.dot([1, 2])", "[1, 2]", "argument 1 of dot must be vector, not list<int>"},
      {"tags.sum()", "tags",
       "sum is a method of list<int>, list<double> or list<duration>, not of list<string>"},
      {"delays.join()", "delays", "join is a method of list<string>, not of list<int>"},
      {"has(1 + 2)", "1 + 2",
       "has asks about a field or an entry, such as has(m.key); write x != null"},
      {"has(at, at)", "has(at, at)", "has takes 1 argument; 2 given"},
  };
  for (const Row& row : kRows) Expect(row);
  TextRange where;
  const Scope scope = {{"a", {Type::kVector, Type::kDouble, 2}},
                       {"b", {Type::kVector, Type::kDouble, 3}}};
  EXPECT_EQ(std::string(Expression::Compile("a.cosine(b)", scope, &where).status().message()),
            "cosine needs vectors of one size, not vector<2> and vector<3>");
}

TEST(ExpressionErrors, MacrosNameTheirItem) {
  const Row kRows[] = {
      {"tags.all(1, true)", "1", "the first argument of all is a name for the item, such as x"},
      {"tags.exists(a.b, true)", "a.b",
       "the first argument of exists is a name for the item, such as x"},
      {"tags.filter(x)", "tags.filter(x)", "filter takes 2 arguments, the first a name; 1 given"},
      {"tags.map()", "tags.map()", "map takes 2 or 3 arguments, the first a name; 0 given"},
      {"tags.all(x, size(x))", "size(x)", "the condition of all must be bool, not int"},
      {"tags.map(x, x + x, x)", "x + x", "the condition of map must be bool, not string"},
      {"tags.map(x, [x])", "[x]", "a list cannot hold list<string>; it holds scalars"},
      {"origin.all(x, true)", "origin", "all is a method of list, vector or map, not of string"},
      {"tags.all(x, origi == x)", "origi", "unknown field 'origi'; did you mean 'origin'?"},
      {"tags.all(carrier, true) && carier == 'a'", "carier",
       "unknown field 'carier'; there are at, by_hour, delays, dep_delay, fare, hour, late, "
       "origin, place, tags, taxi, view.left_6h"},
      {"tags.all(carrier, carier == 'a')", "carier",
       "unknown field 'carier'; did you mean 'carrier'?"},
      {"tags.all(x, x.y)", "x.y", "'.y' needs a map, not string"},
      {"tags.al(x, true)", "al", "unknown method 'al'; did you mean 'all'?"},
      {"tags.any(x, true)", "any", "unknown method 'any'; did you mean 'exists'?"},
      {"tags.all(a, tags.all(b, tags.all(c, tags.all(d, tags.exists(e, true)))))", "exists",
       "more than 4 macros within one another"},
  };
  for (const Row& row : kRows) Expect(row);
}

TEST(ExpressionErrors, WhatCelHasBesidesIsExplained) {
  const Row kRows[] = {
      {"origin.matches('a+')", "matches",
       "unknown method 'matches'; there are no regular expressions; use startsWith, endsWith, "
       "contains, indexOf or split"},
      {"matches(origin, 'a+')", "matches",
       "unknown function 'matches'; there are no regular expressions; use startsWith, endsWith, "
       "contains, indexOf or split"},
      {"uint(1)", "uint",
       "unknown function 'uint'; there are no unsigned integers; int has 64 bits"},
      {"dyn(1)", "dyn",
       "unknown function 'dyn'; every type is known when the expression is compiled"},
      {"type(1)", "type",
       "unknown function 'type'; every type is known when the expression is compiled"},
      {"origin.lower()", "lower", "unknown method 'lower'; did you mean 'lowerAscii'?"},
      {"len(tags)", "len", "unknown function 'len'; did you mean 'size'?"},
      {"now()", "now",
       "unknown function 'now'; an expression has no clock; the time of the record or decision is "
       "'at'"},
      {"iff(late, 1, 2)", "iff", "unknown function 'iff'; write condition ? a : b"},
      {"math.ln(fare)", "ln", "unknown method 'ln'; did you mean 'log'?"},
      {"trim(origin)", "trim", "unknown function 'trim'; it is written x.trim(…)"},
      {"substing(origin, 1)", "substing",
       "unknown function 'substing'; did you mean x.substring(…)?"},
      {"origin.geohsh()", "geohsh", "unknown method 'geohsh'; did you mean geohash(x)?"},
  };
  for (const Row& row : kRows) {
    Expect(row);
  }
}

TEST(ExpressionErrors, ArgumentsMustFit) {
  const Row kRows[] = {
      {"origin.substring()", "origin.substring()", "substring takes 1 or 2 arguments; 0 given"},
      {"origin.substring('a')", "'a'", "argument 1 of substring must be int, not string"},
      {"origin.substring(1, 2.0)", "2.0", "argument 2 of substring must be int, not double"},
      {"origin.replace('a')", "origin.replace('a')", "replace takes 2 or 3 arguments; 1 given"},
      {"dep_delay.trim()", "dep_delay", "trim is a method of string, not of int"},
      {"pow(fare, 2)", "2", "argument 2 of pow must be double, not int; write 2.0"},
      {"pow(2, fare)", "2", "pow takes double, not int; write 2.0"},
      {"geo_distance(1.0, 2.0, 3.0)", "geo_distance(1.0, 2.0, 3.0)",
       "geo_distance takes 4 arguments; 3 given"},
      {"geohash(1.0, 2.0, 3.0)", "3.0", "argument 3 of geohash must be int, not double"},
      {"hash(origin, fare)", "fare", "argument 2 of hash must be int, not double"},
      {"bitAnd(1, fare)", "fare", "argument 2 of bitAnd must be int, not double"},
      {"isNaN(dep_delay)", "dep_delay", "isNaN takes double, not int; write double(dep_delay)"},
      {"taxi.getHours('UTC')", "taxi", "getHours is a method of timestamp, not of duration"},
      {"at.getHours('+5:30')", "'+5:30'",
       "unknown time zone '+5:30'; zones have names such as 'America/New_York', or are offsets "
       "such as '+05:30'"},
      {"start_of_day(at, origin)", "origin",
       "the time zone of start_of_day must be a literal, such as 'America/New_York'"},
      {"size(fare)", "fare", "size takes string, bytes, list, map or vector, not double"},
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
  std::string calls = "'a'";
  for (int i = 0; i < 64; ++i) calls += ".trim()";
  EXPECT_TRUE(Expression::Compile(calls, {}).ok());
  EXPECT_FALSE(Expression::Compile(calls + ".trim()", {}).ok());

  // A long chain is not deep, whatever its operators.
  for (const char* link : {"||true", "&&true", "==true"}) {
    std::string chain = "true";
    while (chain.size() + 6 <= 4096) chain += link;
    EXPECT_TRUE(Expression::Compile(chain, {}).ok()) << link;
  }
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
