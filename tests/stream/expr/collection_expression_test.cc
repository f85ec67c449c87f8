// What the page's examples and the random expressions do not reach: edges of lists, maps, vectors,
// strings and hashes, and the bounds of an evaluation.

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/collection.h"
#include "gtest/gtest.h"
#include "stream/expr/expression.h"
#include "stream/expr/program.h"
#include "stream/expr/scratch.h"

namespace millrace {
namespace {

const Scope& TestScope() {
  static const Scope& scope = *new Scope{{"ints", {Type::kList, Type::kInt}},
                                         {"reals", {Type::kList, Type::kDouble}},
                                         {"texts", {Type::kList, Type::kString}},
                                         {"none", {Type::kList, Type::kInt}},
                                         {"map", {Type::kMap, Type::kInt}},
                                         {"v", {Type::kVector, Type::kDouble, 3}},
                                         {"gone", Type::kInt},
                                         {"s", Type::kString},
                                         {"view.map", {Type::kMap, Type::kString}}};
  return scope;
}

class TestFields {
 public:
  TestFields() {
    for (const int64_t i : {4, -2, 4}) ints_.Add(Value::Int(i));
    for (const double x : {1.5, -0.0}) reals_.Add(Value::Double(x));
    texts_.Add(Value::String("ä"));
    texts_.Add(Value::Null());
    map_.Add("a", Value::Int(1));
    map_.Add("b.c", Value::Int(2));
    map_.Add("n", Value::Null());
    view_map_.Add("k", Value::String("w"));
    const double components[] = {3, 0, 4};
    values_ = {ints_.value(), reals_.value(),     texts_.value(),
               Value::Null(), map_.Finish(),      MakeVector(components, &vector_),
               Value::Null(), Value::String("x"), view_map_.Finish()};
  }
  const std::vector<Value>& values() const { return values_; }

 private:
  ListBuilder ints_, reals_, texts_;
  MapBuilder map_, view_map_;
  std::string vector_;
  std::vector<Value> values_;
};

OwnedValue Evaluate(const std::string& text) {
  const auto expression = Expression::Compile(text, TestScope());
  EXPECT_TRUE(expression.ok()) << text << ": " << expression.status();
  if (!expression.ok()) return OwnedValue();
  std::string scratch;
  return OwnedValue((*expression)->Evaluate(TestFields().values(), &scratch));
}

struct Row {
  const char* text;
  const char* value;  // another expression
};

void Expect(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const OwnedValue value = Evaluate(row.text);
    EXPECT_EQ(value, Evaluate(row.value))
        << row.text << " is " << ToString(value.view()) << ", not " << row.value;
  }
}

TEST(CollectionExpression, ReadsItemsAndEntries) {
  Expect({
      {"ints[0] + ints[2]", "8"},
      {"ints[3]", "null"},
      {"ints[-1]", "null"},
      {"ints[gone]", "null"},
      {"none[0]", "null"},
      {"texts[1]", "null"},
      {"v[2]", "4.0"},
      {"v[3]", "null"},
      {"[1, 2, 3][ints.size() - 1]", "3"},
      {"map.a + map['b.c']", "3"},
      {"map.missing", "null"},
      {"map['a' + '']", "1"},
      {"view.map.k", "'w'"},
      {"{'k': 1}.k", "1"},
      {"has(map.a) && !has(map.n) && !has(map.z) && has(ints) && !has(none) && !has(gone)", "true"},
      {"has(ints[1]) && !has(ints[7])", "true"},
      {"'n' in map && !('z' in map)", "true"},
      {"gone in ints", "null"},
      {"4 in none", "null"},
      {"3.0 in v && !(3.5 in v)", "true"},
      {"0.0 in reals", "true"},
  });
}

TEST(CollectionExpression, MakesListsAndMaps) {
  Expect({
      {"[1, gone, 3]", "[1, null, 3]"},
      {"[1, 2,]", "[1] + [2]"},
      {"[] + ints", "ints"},
      {"none + ints", "null"},
      {"size([]) + size({})", "0"},
      {"{'b': 2, 'a': 1}.keys()", "['a', 'b']"},
      {"{'b': 2, 'a': gone}.values()", "[null, 2]"},
      {"{'a': 1, 'a': 2}", "null"},  // as CEL's error
      {"{s: 1, 'y': 2} == {'y': 2, 'x': 1}", "true"},
      {"{texts.join(): 1}", "null"},  // a key is null
  });
}

TEST(CollectionExpression, ComparesItemByItem) {
  Expect({
      {"ints == [4, -2, 4] && ints != [4, -2]", "true"},
      {"reals == [1.5, 0.0]", "true"},
      {"[0.0 / 0.0] == [0.0 / 0.0]", "false"},
      {"[null] == [gone]", "true"},
      {"[1] == [null]", "false"},
      {"none == ints", "null"},
      {"none == null", "true"},
      {"[] == ints", "false"},
      {"{'a': 0.0} == {'a': -0.0}", "true"},
      {"{'a': 1} == {'b': 1}", "false"},
      {"v == v", "true"},
  });
}

TEST(CollectionExpression, Aggregates) {
  Expect({
      {"ints.min()", "-2"},
      {"ints.sum()", "6"},
      {"ints.mean()", "2.0"},
      {"[1, null].mean()", "1.0"},
      {"[9223372036854775807, 1].sum()", "null"},
      {"[9223372036854775807, 1].mean() > 4e18", "true"},
      {"[60s, 1m].sum()", "2m"},
      {"[1.5, 2.0].sum()", "3.5"},
      {"[1, 2].filter(x, x > 5).sum()", "0"},
      {"[1, 2].filter(x, x > 5).max()", "null"},
      {"[1, 2].filter(x, x > 5).mean()", "null"},
      {"isNaN([1.0, 0.0 / 0.0, 2.0].max())", "true"},
      {"['b', 'a'].min()", "'a'"},
      {"[timestamp(5), timestamp(3)].min()", "timestamp(3)"},
      {"[true, false].max()", "true"},
      {"max(reals)", "1.5"},
      {"texts.join()", "null"},
      {"v.norm()", "5.0"},
      {"v.dot(v)", "25.0"},
      {"v.dot([1.0])", "null"},
      {"v.cosine([0.0, 0.0, 0.0])", "null"},
      {"[3.0, 4.0].cosine([-3.0, -4.0])", "-1.0"},
  });
}

TEST(CollectionExpression, MacrosHaveThreeValues) {
  Expect({
      {"ints.all(x, x > gone)", "null"},
      {"ints.all(x, x > 0 && gone > 0)", "false"},
      {"ints.exists(x, x > 0 || gone > 0)", "true"},
      {"ints.exists(x, x == gone)", "null"},
      {"ints.exists_one(x, x == -2)", "true"},
      {"ints.exists_one(x, x == 4)", "false"},
      {"ints.exists_one(x, x == 4 ? null : true)", "null"},
      {"none.all(x, true)", "null"},
      {"none.map(x, x)", "null"},
      {"none.filter(x, true)", "null"},
      {"[].all(x, false)", "true"},
      {"[].exists(x, true)", "false"},
      {"ints.map(x, x > 0, string(x) + '!')", "['4!', '4!']"},
      {"ints.map(x, gone)", "[null, null, null]"},
      {"map.filter(k, map[k] == 1)", "['a']"},
      {"v.map(x, x * 2.0)", "[6.0, 0.0, 8.0]"},
      // A variable hides a field, and the outer variable of its name.
      {"ints.map(s, s + 1)", "[5, -1, 5]"},
      {"ints.map(x, ints.filter(x, x < 0).sum() + x)", "[2, -4, 2]"},
      {"ints.filter(x, ints.filter(y, y == x).size() == 1)", "[-2]"},
      {"['a', 'b'].map(x, ['1', '2'].map(y, x + y).join('+')).join(',')", "'a1+a2,b1+b2'"},
  });
}

TEST(CollectionExpression, WorksOnCodePoints) {
  Expect({
      {"''.charAt(0)", "''"},
      {"''.charAt(1)", "null"},
      {"'é'.charAt(-1)", "null"},
      {"'aéb'.indexOf('b')", "2"},
      {"'aéb'.indexOf('', 3)", "3"},
      {"'aéb'.indexOf('b', 4)", "null"},
      {"'aéb'.lastIndexOf('é', 0)", "-1"},
      {"''.split(',')", "['']"},
      {"''.split('')", "[''].filter(x, x != '')"},
      {"'éa'.split('')", "['é', 'a']"},
      {"'a,b'.split(',', 0)", "['x'].filter(x, false)"},
      {"'éa'.replace('', '-')", "'-é-a-'"},
      {"'éa'.replace('', '-', 2)", "'-é-a'"},
      {"'aaa'.replace('aa', 'b')", "'ba'"},
      {"'\\u3000x\\u2003'.trim()", "'x'"},
      {"''.trim() + ''.reverse() + [].join('x')", "''"},
      {"b'ab' + b'\\xff' == b'ab\\377'", "true"},
      {"string(b'\\xff')", "null"},
  });
}

// Stored and agreed with others: these never change.
TEST(CollectionExpression, HashesAreForEver) {
  const std::pair<const char*, int64_t> kHashes[] = {
      {"hash('')", 3244421341483603138},         {"hash('JFK')", 2907997725854834415},
      {"hash(b'JFK')", 2907997725854834415},     {"hash(1)", 3439722301264460078},
      {"hash(true)", -2220562881957146901},      {"hash(1.5)", 2693614958850487384},
      {"hash(0.0)", -4072596861322023719},       {"hash(-0.0)", -4072596861322023719},
      {"hash(60s)", 8652917555128284978},        {"hash(timestamp(1))", -8425515611983501939},
      {"hash([1, null])", -5508167580444815616}, {"hash({'a': 1.5})", 8848661676736256738},
      {"hash(v)", 2439438179000511948}};
  for (const auto& [text, hash] : kHashes) {
    EXPECT_EQ(Evaluate(text).view().int_value(), hash) << text;
  }
  EXPECT_TRUE(Evaluate("hash(gone)").is_null());
  EXPECT_TRUE(Evaluate("hash(s, 0)").is_null());
  EXPECT_TRUE(Evaluate("hash(s, gone)").is_null());
  EXPECT_EQ(Evaluate("hash(0.0 / 0.0)"), Evaluate("hash(-(0.0 / 0.0))"));
}

TEST(CollectionExpression, BucketsAreEven) {
  const auto expression = Expression::Compile("hash(n, 10)", {{"n", Type::kInt}});
  ASSERT_TRUE(expression.ok());
  std::vector<int> counts(10);
  std::string scratch;
  for (int64_t n = 0; n < 100'000; ++n) {
    const Value fields[] = {Value::Int(n)};
    ++counts[static_cast<size_t>((*expression)->Evaluate(fields, &scratch).int_value())];
  }
  // Of a fair hash the standard deviation is 95.
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 5 * 95);
}

TEST(EvaluationBounds, AScratchThatIsTooSmallGrowsAndStays) {
  const auto expression = Expression::Compile("texts.map(t, t + t).join('+')",
                                              {{"texts", {Type::kList, Type::kString}}});
  ASSERT_TRUE(expression.ok());
  ListBuilder list;
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    list.Add(Value::String("item"));
    expected += i == 0 ? "itemitem" : "+itemitem";
  }
  std::string scratch;
  const std::vector<Value> fields = {list.value()};
  EXPECT_EQ((*expression)->Evaluate(fields, &scratch).string_value(), expected);
  const size_t size = scratch.size();
  EXPECT_EQ((*expression)->Evaluate(fields, &scratch).string_value(), expected);
  EXPECT_EQ(scratch.size(), size);
  scratch.clear();
  EXPECT_EQ((*expression)->Evaluate(fields, &scratch).string_value(), expected);
}

TEST(EvaluationBounds, MoreBytesThanTheScratchMayHoldAreNull) {
  std::string text = "s";
  for (int i = 0; i < 12; ++i) text = absl::StrCat(text, ".replace('', 'abcdefgh')");
  EXPECT_TRUE(Evaluate(text).is_null());
  EXPECT_TRUE(Evaluate(text + " == 'x'").is_null());
  EXPECT_FALSE(Evaluate("s.replace('', 'abcdefgh')").is_null());
}

TEST(EvaluationBounds, MoreWorkThanIsAllowedIsNull) {
  const auto expression =
      Expression::Compile("l.all(a, l.all(b, a + b >= 0))", {{"l", {Type::kList, Type::kInt}}});
  ASSERT_TRUE(expression.ok());
  std::string scratch;
  for (const int64_t size : {1'000, 3'000}) {
    ListBuilder list;
    for (int64_t i = 0; i < size; ++i) list.Add(Value::Int(i));
    const Value fields[] = {list.value()};
    const Value value = (*expression)->Evaluate(fields, &scratch);
    EXPECT_EQ(value.is_null(), size * size > Program::kMaxWork) << size;
  }
}

TEST(EvaluationBounds, BytesThatAreReadCountAsWork) {
  const auto expression =
      Expression::Compile("l.all(a, !(a + 1 in l))", {{"l", {Type::kList, Type::kInt}}});
  ASSERT_TRUE(expression.ok());
  ListBuilder list;
  for (int64_t i = 0; i < 100'000; ++i) list.Add(Value::Int(2 * i));
  const Value fields[] = {list.value()};
  std::string scratch;
  EXPECT_TRUE((*expression)->Evaluate(fields, &scratch).is_null());
}

TEST(EvaluationBounds, TooManyTemporariesAreAnError) {
  std::vector<std::string> items(600, "n");
  TextRange where;
  const auto expression = Expression::Compile(absl::StrCat("[", absl::StrJoin(items, ","), "]"),
                                              {{"n", Type::kInt}}, &where);
  EXPECT_EQ(std::string(expression.status().message()),
            "the expression is too large; use several features");
  EXPECT_EQ(where.begin, 0);
  items.resize(500);
  EXPECT_TRUE(
      Expression::Compile(absl::StrCat("[", absl::StrJoin(items, ","), "]"), {{"n", Type::kInt}})
          .ok());
}

TEST(EvaluationBounds, LiteralListsOfAnySizeAreConstants) {
  std::string text = "[.5";
  while (text.size() + 4 < 4096) text += ",.5";
  const OwnedValue list = Evaluate(text + "]");
  EXPECT_EQ(CollectionSize(list.view()), 1364);
  EXPECT_EQ(Evaluate("size([1, 2, 3])").view().int_value(), 3);
}

TEST(EvaluationBounds, AConstantResultOutlivesTheExpression) {
  auto expression = Expression::Compile("size(s) > 3 ? [1] : [2, 3]", TestScope());
  ASSERT_TRUE(expression.ok());
  std::string scratch;
  const Value value = (*expression)->Evaluate(TestFields().values(), &scratch);
  *expression = nullptr;
  EXPECT_EQ(ToString(value), "[2, 3]");
}

TEST(Scratch, StartsOverWithMoreRoom) {
  std::string bytes;
  Scratch scratch(&bytes);
  char* const first = scratch.Take(10);
  ASSERT_NE(first, nullptr);
  scratch.Rewind(first);
  EXPECT_EQ(scratch.Take(10), first);
  EXPECT_FALSE(scratch.exhausted());
  EXPECT_EQ(scratch.Take(1000), nullptr);
  EXPECT_TRUE(scratch.exhausted());
  ASSERT_TRUE(scratch.Grow());
  EXPECT_FALSE(scratch.exhausted());
  EXPECT_EQ(scratch.used(), 0u);
  EXPECT_NE(scratch.Take(1010), nullptr);
  EXPECT_EQ(scratch.Take(Scratch::kMaxBytes), nullptr);
  EXPECT_FALSE(scratch.Grow());
}

}  // namespace
}  // namespace millrace
