// Mutated expressions: compiling always answers, with an error located in the text or an expression
// that gives a value of its type for any fields, again and again the same.

#include <random>
#include <string>
#include <vector>

#include "core/collection.h"
#include "gtest/gtest.h"
#include "stream/expr/expression.h"
#include "stream/expr/functions.h"
#include "stream/expr/utf8.h"
#include "tests/core/printed_seed.h"

namespace millrace {
namespace {

const char* const kSeeds[] = {
    "coalesce(n, 0) > 3 && s.startsWith('promo') ? x * 2.0 : double(n) / 3.0",
    "l.filter(i, i > 3 && i in [1, 2, n]).map(i, i * i).sum() + m['k'] - m.k",
    "t.map(a, t.exists(b, a == b + 'x'), a.upperAscii()).join('-').split('', 3)[n]",
    "{'a': n, s: size(s)}.keys() == ['a'] + t || has(m.k) && !(s in m)",
    "start_of_day(at, 'America/New_York') + 90m - duration('1.5h') < "
    "timestamp('2013-01-01T00:00:00Z')",
    "hash(v, 100) + hash(b'\\x00\\377') + int(v.dot([1.0, 2.0]) * v.norm()) // end",
    "geohash(x, -x, n) + string(geo_distance(x, 1.0, -1.5, 1e2)).replace('.', s, n).trim()",
    "r'\\d' + \"\"\"it's\"\"\" + '\\u00e9\\x41'.substring(n, size(s)).reverse()",
    "math.greatest(1, 2, n) % bitShiftLeft(0x1F, n) + at.getDayOfYear('+05:30') + d.getHours()",
    "l.all(a, l.all(b, l.all(c, a + b + c < min(n, 7)))) ? [] : l + [null, 9223372036854775807]",
    "x < 1e308 ? isNaN(log2(x)) : exp(pow(x, 0.5)) != round(tan(x))",
};

std::string Mutate(std::string text, std::mt19937_64& random,
                   const std::vector<std::string>& words) {
  for (uint64_t n = random() % 4; n-- > 0;) {
    const size_t at = text.empty() ? 0 : random() % text.size();
    switch (random() % 6) {
      case 0:
        if (!text.empty()) text[at] = static_cast<char>(random());
        break;
      case 1: text.insert(at, words[random() % words.size()]); break;
      case 2:
        if (!text.empty()) text.erase(at, 1 + random() % 4);
        break;
      case 3: text.resize(at); break;
      case 4: text.insert(at, text.substr(random() % (text.size() + 1), random() % 24)); break;
      default:
        // A number in place of another.
        for (size_t i = at; i < text.size(); ++i) {
          if (text[i] < '0' || text[i] > '9') continue;
          text.replace(i, 1, std::to_string(static_cast<int64_t>(random()) >> (random() % 64)));
          break;
        }
    }
  }
  return text;
}

std::vector<std::string> Words() {
  std::vector<std::string> words = {"(",  ")", "[", "]",  "{",  "}",    ".",    ",",    "?",
                                    ":",  "-", "!", "&&", "||", "==",   " in ", "null", "'",
                                    "\"", "n", "x", "s",  "l",  "t",    "m",    "v",    "at",
                                    "d",  "b", "1", ".5", "7d", "true", "r'",   "b'",   "//"};
  for (const CallStyle style : {CallStyle::kFunction, CallStyle::kMethod}) {
    for (const std::string& name : FunctionNames(style)) {
      words.push_back((style == CallStyle::kMethod ? "." : "") + name + "(");
    }
  }
  return words;
}

TEST(ExpressionFuzz, AnyTextIsAnErrorWithAPlaceOrAnExpression) {
  const uint64_t seed = PrintedSeed(20'130'104);
  std::mt19937_64 random(seed);
  const Scope scope = {{"n", Type::kInt},
                       {"x", Type::kDouble},
                       {"s", Type::kString},
                       {"b", Type::kBool},
                       {"at", Type::kTimestamp},
                       {"d", Type::kDuration},
                       {"l", {Type::kList, Type::kInt}},
                       {"t", {Type::kList, Type::kString}},
                       {"m", {Type::kMap, Type::kInt}},
                       {"v", {Type::kVector, Type::kDouble, 2}}};
  ListBuilder numbers, texts;
  for (const int64_t i : {3, -1, 7}) numbers.Add(Value::Int(i));
  texts.Add(Value::String("a"));
  texts.Add(Value::Null());
  MapBuilder map;
  map.Add("k", Value::Int(5));
  std::string bytes;
  const double components[] = {3, 4};
  const std::vector<Value> present = {Value::Int(2),
                                      Value::Double(1.5),
                                      Value::String("promo\u00e9"),
                                      Value::Bool(true),
                                      Value::Timestamp(1'357'034'400'000),
                                      Value::Duration(90'000),
                                      numbers.value(),
                                      texts.value(),
                                      map.Finish(),
                                      MakeVector(components, &bytes)};
  const std::vector<std::string> words = Words();
  int compiled = 0;
  int refused = 0;
  std::string scratch;
  for (int round = 0; round < 60'000; ++round) {
    const std::string text = Mutate(kSeeds[random() % std::size(kSeeds)], random, words);
    SCOPED_TRACE(text);
    TextRange where = {-1, -1};
    const auto expression = Expression::Compile(text, scope, &where);
    if (!expression.ok()) {
      ++refused;
      ASSERT_EQ(expression.status().code(), absl::StatusCode::kInvalidArgument);
      ASSERT_GE(where.begin, 0);
      ASSERT_LE(where.begin, where.end);
      ASSERT_LE(where.end, static_cast<int>(text.size()));
      ASSERT_FALSE(expression.status().message().empty());
      continue;
    }
    ++compiled;
    std::vector<Value> fields = present;
    for (int i = 0; i < 3; ++i) {
      const OwnedValue first((*expression)->Evaluate(fields, &scratch));
      std::string other;
      ASSERT_EQ((*expression)->Evaluate(fields, &other), first.view());
      const Value value = first.view();
      if (!value.is_null()) {
        ASSERT_EQ(value.type(), (*expression)->type());
      }
      if (value.type() == Type::kString) {
        ASSERT_EQ(ValidUtf8Prefix(value.string_value()), value.string_value().size());
      }
      if (IsCollection(value.type())) {
        ASSERT_TRUE(IsWellFormed(value));
      }
      fields[random() % fields.size()] = Value::Null();
    }
  }
  // The mutations reach both.
  EXPECT_GT(compiled, 5'000);
  EXPECT_GT(refused, 5'000);
}

}  // namespace
}  // namespace millrace
