// Random expressions over lists, maps and strings, compiled from their text, against an evaluator
// that walks a tree of its own: strings of code points, lists and maps of the standard library,
// written apart from stream/expr, slow and obvious.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "core/collection.h"
#include "gtest/gtest.h"
#include "stream/expr/expression.h"
#include "stream/expr/utf8.h"

namespace millrace {
namespace {

enum class Kind { kNull, kBool, kInt, kText, kInts, kTexts, kMap };

struct Datum {
  Kind kind = Kind::kNull;
  int64_t number = 0;  // also of a bool
  std::u32string text;
  std::vector<Datum> items;
  std::map<std::u32string, Datum> entries;

  bool null() const { return kind == Kind::kNull; }
  friend bool operator==(const Datum& a, const Datum& b) {
    return a.kind == b.kind && a.number == b.number && a.text == b.text && a.items == b.items &&
           a.entries == b.entries;
  }
};

Datum OfInt(absl::int128 v) {
  if (v < absl::int128(std::numeric_limits<int64_t>::min()) ||
      v > absl::int128(std::numeric_limits<int64_t>::max())) {
    return {};
  }
  return {Kind::kInt, static_cast<int64_t>(v)};
}
Datum OfBool(bool v) { return {Kind::kBool, v ? 1 : 0}; }
Datum OfText(std::u32string v) { return {Kind::kText, 0, std::move(v)}; }
Datum OfItems(Kind kind, std::vector<Datum> v) { return {kind, 0, U"", std::move(v)}; }

std::string Utf8(const std::u32string& text) {
  std::string out;
  for (const char32_t c : text) AppendUtf8(c, &out);
  return out;
}

// Fields, then the variables of the macros around.
struct Environment {
  std::vector<Datum> fields;
  std::vector<Datum> variables;
};

struct Tree {
  std::string text;
  std::function<Datum(Environment&)> value;
};

// Null when an operand is.
template <typename Apply>
std::function<Datum(Environment&)> Strict(std::vector<Tree> trees, Apply apply) {
  return [trees = std::move(trees), apply](Environment& e) -> Datum {
    std::vector<Datum> values;
    for (const Tree& tree : trees) values.push_back(tree.value(e));
    for (const Datum& value : values) {
      if (value.null()) return {};
    }
    return apply(values);
  };
}

Datum Replace(const std::u32string& text, const std::u32string& from, const std::u32string& to,
              int64_t limit) {
  std::u32string out;
  size_t at = 0;
  while (at <= text.size()) {
    const bool here = limit != 0 && text.compare(at, from.size(), from) == 0;
    if (here) {
      out += to;
      --limit;
      at += from.size();
    }
    if (here && !from.empty()) continue;
    if (at < text.size()) out += text[at];
    ++at;
  }
  return OfText(out);
}

class Maker {
 public:
  explicit Maker(uint64_t seed) : random_(seed) {}

  static Scope MakeScope() {
    return {{"n", Type::kInt},
            {"s", Type::kString},
            {"l", {Type::kList, Type::kInt}},
            {"t", {Type::kList, Type::kString}},
            {"m", {Type::kMap, Type::kInt}}};
  }
  std::vector<Datum> MakeFields() {
    std::vector<Datum> fields = {Int(), Text(), Items(Kind::kInts), Items(Kind::kTexts), Entries()};
    for (Datum& field : fields) {
      if (Chance(8)) field = {};
    }
    return fields;
  }

  Kind AnyKind() {
    constexpr Kind kKinds[] = {Kind::kBool, Kind::kInt, Kind::kText, Kind::kInts, Kind::kTexts};
    return kKinds[random_() % std::size(kKinds)];
  }

  Tree Make(Kind kind, int depth) {
    const bool leaf = depth == 0 || Chance(15);
    switch (kind) {
      case Kind::kBool: return leaf ? Literal(OfBool(Chance(50))) : MakeBool(depth - 1);
      case Kind::kInt: return leaf ? IntLeaf() : MakeInt(depth - 1);
      case Kind::kText: return leaf ? TextLeaf() : MakeText(depth - 1);
      case Kind::kInts: return leaf ? Field("l", 2) : MakeInts(depth - 1);
      case Kind::kTexts: return leaf ? Field("t", 3) : MakeTexts(depth - 1);
      default: return Field("m", 4);
    }
  }

 private:
  bool Chance(int percent) { return random_() % 100 < static_cast<uint64_t>(percent); }
  uint64_t Pick(uint64_t n) { return random_() % n; }

  Datum Int() {
    if (Chance(5)) return OfInt(std::numeric_limits<int64_t>::max());
    return OfInt(static_cast<int64_t>(Pick(9)) - 3);
  }
  Datum Text() {
    constexpr char32_t kAlphabet[] = {U'a', U'b', U'é', U' ', U'\U0001F431'};
    std::u32string text;
    for (uint64_t i = Pick(5); i > 0; --i) text += kAlphabet[Pick(std::size(kAlphabet))];
    return OfText(text);
  }
  Datum Items(Kind kind) {
    std::vector<Datum> items;
    for (uint64_t i = Pick(5); i > 0; --i) {
      items.push_back(Chance(10) ? Datum() : kind == Kind::kInts ? Int() : Text());
    }
    return OfItems(kind, items);
  }
  Datum Entries() {
    Datum map;
    map.kind = Kind::kMap;
    for (uint64_t i = Pick(5); i > 0; --i) map.entries[Text().text] = Chance(10) ? Datum() : Int();
    return map;
  }

  static Tree Field(const char* name, size_t index) {
    return {name, [index](Environment& e) { return e.fields[index]; }};
  }
  static Tree Literal(const Datum& value) {
    const std::string text = value.null()                ? "null"
                             : value.kind == Kind::kBool ? (value.number != 0 ? "true" : "false")
                             : value.kind == Kind::kInt  ? absl::StrCat(value.number)
                                                         : absl::StrCat("'", Utf8(value.text), "'");
    return {text, [value](Environment&) { return value; }};
  }
  // A variable of the kind, if a macro around has one.
  bool Variable(Kind kind, Tree* out) {
    std::vector<size_t> found;
    for (size_t i = 0; i < variables_.size(); ++i) {
      if (variables_[i] == kind) found.push_back(i);
    }
    if (found.empty() || Chance(30)) return false;
    const size_t i = found[Pick(found.size())];
    *out = {absl::StrCat("v", i), [i](Environment& e) { return e.variables[i]; }};
    return true;
  }
  Tree IntLeaf() {
    Tree variable;
    if (Variable(Kind::kInt, &variable)) return variable;
    return Chance(50) ? Field("n", 0) : Literal(Int());
  }
  Tree TextLeaf() {
    Tree variable;
    if (Variable(Kind::kText, &variable)) return variable;
    return Chance(50) ? Field("s", 1) : Literal(Text());
  }
  Tree Receiver(Kind kind, int depth) {
    Tree tree = Make(kind, depth);
    tree.text = absl::StrCat("(", tree.text, ")");
    return tree;
  }

  Tree MakeInt(int depth) {
    switch (Pick(9)) {
      case 0: {
        Tree list = Receiver(Chance(50) ? Kind::kInts : Kind::kTexts, depth);
        return {absl::StrCat("size(", list.text, ")"), Strict({list}, [](const auto& v) {
                  return OfInt(static_cast<int64_t>(v[0].items.size()));
                })};
      }
      case 1: {
        Tree text = Receiver(Kind::kText, depth);
        return {absl::StrCat(text.text, ".size()"), Strict({text}, [](const auto& v) {
                  return OfInt(static_cast<int64_t>(v[0].text.size()));
                })};
      }
      case 2: return Item(Kind::kInts, depth);
      case 3: {
        Tree key = Make(Kind::kText, depth);
        return {absl::StrCat("m[", key.text, "]"),
                Strict({Field("m", 4), key}, [](const auto& v) -> Datum {
                  const auto found = v[0].entries.find(v[1].text);
                  return found == v[0].entries.end() ? Datum() : found->second;
                })};
      }
      case 4: {
        Tree list = Receiver(Kind::kInts, depth);
        return {absl::StrCat(list.text, ".sum()"), Strict({list}, [](const auto& v) {
                  Datum sum = OfInt(0);
                  for (const Datum& item : v[0].items) {
                    if (sum.null() || item.null()) continue;
                    sum = OfInt(absl::int128(sum.number) + item.number);
                  }
                  return sum;
                })};
      }
      case 5: {
        Tree list = Receiver(Kind::kInts, depth);
        return {absl::StrCat(list.text, ".max()"), Strict({list}, [](const auto& v) {
                  Datum best;
                  for (const Datum& item : v[0].items) {
                    if (!item.null() && (best.null() || item.number > best.number)) best = item;
                  }
                  return best;
                })};
      }
      case 6: {
        Tree text = Receiver(Kind::kText, depth);
        Tree part = Make(Kind::kText, depth);
        return {absl::StrCat(text.text, ".lastIndexOf(", part.text, ")"),
                Strict({text, part}, [](const auto& v) {
                  const size_t found = v[0].text.rfind(v[1].text);
                  return OfInt(found == std::u32string::npos ? -1 : static_cast<int64_t>(found));
                })};
      }
      default: {
        Tree a = Receiver(Kind::kInt, depth);
        Tree b = Receiver(Kind::kInt, depth);
        const bool plus = Chance(50);
        return {absl::StrCat(a.text, plus ? " + " : " * ", b.text),
                Strict({a, b}, [plus](const auto& v) {
                  const absl::int128 x = v[0].number;
                  return OfInt(plus ? x + v[1].number : x * v[1].number);
                })};
      }
    }
  }

  Tree Item(Kind kind, int depth) {
    Tree list = Receiver(kind, depth);
    Tree index = Make(Kind::kInt, depth);
    return {absl::StrCat(list.text, "[", index.text, "]"),
            Strict({list, index}, [](const auto& v) -> Datum {
              const int64_t i = v[1].number;
              if (i < 0 || i >= static_cast<int64_t>(v[0].items.size())) return {};
              return v[0].items[static_cast<size_t>(i)];
            })};
  }

  Tree MakeText(int depth) {
    Tree text = Receiver(Kind::kText, depth);
    switch (Pick(6)) {
      case 0: return Item(Kind::kTexts, depth);
      case 1: {
        Tree other = Receiver(Kind::kText, depth);
        return {absl::StrCat(text.text, " + ", other.text),
                Strict({text, other}, [](const auto& v) { return OfText(v[0].text + v[1].text); })};
      }
      case 2: {
        Tree from = Make(Kind::kInt, depth);
        Tree to = Make(Kind::kInt, depth);
        return {
            absl::StrCat(text.text, ".substring(", from.text, ", ", to.text, ")"),
            Strict({text, from, to}, [](const auto& v) -> Datum {
              const auto size = static_cast<int64_t>(v[0].text.size());
              const int64_t i = v[1].number;
              const int64_t j = v[2].number;
              if (i < 0 || j < i || j > size) return {};
              return OfText(v[0].text.substr(static_cast<size_t>(i), static_cast<size_t>(j - i)));
            })};
      }
      case 3: {
        Tree from = Make(Kind::kText, depth);
        Tree to = Make(Kind::kText, depth);
        Tree limit = Make(Kind::kInt, depth);
        return {
            absl::StrCat(text.text, ".replace(", from.text, ", ", to.text, ", ", limit.text, ")"),
            Strict({text, from, to, limit}, [](const auto& v) {
              return Replace(v[0].text, v[1].text, v[2].text, v[3].number);
            })};
      }
      case 4: {
        Tree list = Receiver(Kind::kTexts, depth);
        Tree mark = Make(Kind::kText, depth);
        return {absl::StrCat(list.text, ".join(", mark.text, ")"),
                Strict({list, mark}, [](const auto& v) -> Datum {
                  std::u32string out;
                  for (size_t i = 0; i < v[0].items.size(); ++i) {
                    if (v[0].items[i].null()) return {};
                    if (i > 0) out += v[1].text;
                    out += v[0].items[i].text;
                  }
                  return OfText(out);
                })};
      }
      default:
        return {absl::StrCat(text.text, ".reverse().trim()"), Strict({text}, [](const auto& v) {
                  std::u32string out(v[0].text.rbegin(), v[0].text.rend());
                  while (!out.empty() && out.back() == U' ') out.pop_back();
                  while (!out.empty() && out.front() == U' ') out.erase(0, 1);
                  return OfText(out);
                })};
    }
  }

  Tree MakeInts(int depth) {
    switch (Pick(5)) {
      case 0: return LiteralList(Kind::kInt, depth);
      case 1: return Concatenation(Kind::kInts, depth);
      case 2: return Filter(Kind::kInts, depth);
      case 3:
        return {"m.values()", Strict({Field("m", 4)}, [](const auto& v) {
                  std::vector<Datum> values;
                  for (const auto& [key, value] : v[0].entries) values.push_back(value);
                  return OfItems(Kind::kInts, values);
                })};
      default: return Map(Chance(50) ? Kind::kInts : Kind::kTexts, Kind::kInt, depth);
    }
  }

  Tree MakeTexts(int depth) {
    switch (Pick(6)) {
      case 0: return LiteralList(Kind::kText, depth);
      case 1: return Concatenation(Kind::kTexts, depth);
      case 2: return Filter(Kind::kTexts, depth);
      case 3: {
        Tree text = Receiver(Kind::kText, depth);
        return {absl::StrCat(text.text, ".split('a')"), Strict({text}, [](const auto& v) {
                  std::vector<Datum> pieces = {OfText(U"")};
                  for (const char32_t c : v[0].text) {
                    if (c == U'a') {
                      pieces.push_back(OfText(U""));
                    } else {
                      pieces.back().text += c;
                    }
                  }
                  return OfItems(Kind::kTexts, pieces);
                })};
      }
      case 4:
        return {"m.map(k, k + '!')", Strict({Field("m", 4)}, [](const auto& v) {
                  std::vector<Datum> keys;
                  for (const auto& [key, value] : v[0].entries) keys.push_back(OfText(key + U"!"));
                  return OfItems(Kind::kTexts, keys);
                })};
      default: return Map(Chance(50) ? Kind::kInts : Kind::kTexts, Kind::kText, depth);
    }
  }

  // Not empty: an empty list has no type of its own.
  Tree LiteralList(Kind item, int depth) {
    std::vector<Tree> items;
    std::string text = "[";
    for (uint64_t i = 1 + Pick(3); i > 0; --i) {
      items.push_back(Chance(30) ? Literal(item == Kind::kInt ? Int() : Text())
                                 : Make(item, depth));
      absl::StrAppend(&text, items.size() > 1 ? ", " : "", items.back().text);
    }
    const Kind kind = item == Kind::kInt ? Kind::kInts : Kind::kTexts;
    return {text + "]", [items, kind](Environment& e) {
              std::vector<Datum> values;
              for (const Tree& tree : items) values.push_back(tree.value(e));
              return OfItems(kind, values);
            }};
  }

  Tree Concatenation(Kind kind, int depth) {
    Tree a = Receiver(kind, depth);
    Tree b = Receiver(kind, depth);
    return {absl::StrCat(a.text, " + ", b.text), Strict({a, b}, [kind](const auto& v) {
              std::vector<Datum> items = v[0].items;
              items.insert(items.end(), v[1].items.begin(), v[1].items.end());
              return OfItems(kind, items);
            })};
  }

  // The body of a macro over a list, and its variable's name.
  struct Loop {
    Tree list;
    std::string name;
    Tree body;
  };
  Loop MakeLoop(Kind list, Kind body, int depth) {
    // The list is outside of the variable's scope.
    Tree over = Receiver(list, depth);
    if (variables_.size() >= 3) {
      return {over, absl::StrCat("v", variables_.size()),
              Literal(body == Kind::kInt    ? OfInt(1)
                      : body == Kind::kText ? OfText(U"x")
                                            : OfBool(true))};
    }
    const std::string name = absl::StrCat("v", variables_.size());
    variables_.push_back(list == Kind::kInts ? Kind::kInt : Kind::kText);
    Tree tree = Make(body, depth);
    variables_.pop_back();
    return {over, name, tree};
  }
  static Datum In(Environment& e, const Tree& body, const Datum& item) {
    e.variables.push_back(item);
    Datum value = body.value(e);
    e.variables.pop_back();
    return value;
  }

  Tree Filter(Kind kind, int depth) {
    const Loop loop = MakeLoop(kind, Kind::kBool, depth);
    return {absl::StrCat(loop.list.text, ".filter(", loop.name, ", ", loop.body.text, ")"),
            [loop, kind](Environment& e) -> Datum {
              const Datum list = loop.list.value(e);
              if (list.null()) return {};
              std::vector<Datum> items;
              for (const Datum& item : list.items) {
                if (In(e, loop.body, item) == OfBool(true)) items.push_back(item);
              }
              return OfItems(kind, items);
            }};
  }

  Tree Map(Kind from, Kind to, int depth) {
    const Loop loop = MakeLoop(from, to, depth);
    const Kind kind = to == Kind::kInt ? Kind::kInts : Kind::kTexts;
    return {absl::StrCat(loop.list.text, ".map(", loop.name, ", ", loop.body.text, ")"),
            [loop, kind](Environment& e) -> Datum {
              const Datum list = loop.list.value(e);
              if (list.null()) return {};
              std::vector<Datum> items;
              for (const Datum& item : list.items) items.push_back(In(e, loop.body, item));
              return OfItems(kind, items);
            }};
  }

  Tree MakeBool(int depth) {
    switch (Pick(7)) {
      case 0: {
        Tree item = Receiver(Kind::kInt, depth);
        Tree list = Receiver(Kind::kInts, depth);
        return {absl::StrCat(item.text, " in ", list.text), Strict({item, list}, [](const auto& v) {
                  return OfBool(std::count(v[1].items.begin(), v[1].items.end(), v[0]) > 0);
                })};
      }
      case 1: {
        Tree key = Receiver(Kind::kText, depth);
        return {absl::StrCat(key.text, " in m"), Strict({key, Field("m", 4)}, [](const auto& v) {
                  return OfBool(v[1].entries.contains(v[0].text));
                })};
      }
      case 2: {
        const Kind kind = AnyKind();
        Tree a = Receiver(kind, depth);
        Tree b = Receiver(kind, depth);
        return {absl::StrCat(a.text, " == ", b.text),
                Strict({a, b}, [](const auto& v) { return OfBool(v[0] == v[1]); })};
      }
      case 3: {
        Tree text = Receiver(Kind::kText, depth);
        Tree part = Make(Kind::kText, depth);
        return {absl::StrCat(text.text, ".contains(", part.text, ")"),
                Strict({text, part}, [](const auto& v) {
                  return OfBool(v[0].text.find(v[1].text) != std::u32string::npos);
                })};
      }
      case 4: {
        Tree any = Receiver(AnyKind(), depth);
        return {absl::StrCat(any.text, " == null"),
                [any](Environment& e) { return OfBool(any.value(e).null()); }};
      }
      default: return Quantifier(depth);
    }
  }

  Tree Quantifier(int depth) {
    const Loop loop = MakeLoop(Chance(50) ? Kind::kInts : Kind::kTexts, Kind::kBool, depth);
    const uint64_t which = Pick(3);
    const char* const kNames[] = {"all", "exists", "exists_one"};
    return {
        absl::StrCat(loop.list.text, ".", kNames[which], "(", loop.name, ", ", loop.body.text, ")"),
        [loop, which](Environment& e) -> Datum {
          const Datum list = loop.list.value(e);
          if (list.null()) return {};
          int64_t yes = 0, no = 0, unknown = 0;
          for (const Datum& item : list.items) {
            const Datum found = In(e, loop.body, item);
            ++(found.null() ? unknown : found.number != 0 ? yes : no);
          }
          if (which == 0 && no > 0) return OfBool(false);
          if (which == 1 && yes > 0) return OfBool(true);
          if (unknown > 0) return {};
          return OfBool(which == 0 || (which == 2 && yes == 1));
        }};
  }

  std::mt19937_64 random_;
  std::vector<Kind> variables_;  // kinds of the macros' around, v0 first
};

OwnedValue ToValue(const Datum& datum) {
  switch (datum.kind) {
    case Kind::kNull: return OwnedValue();
    case Kind::kBool: return OwnedValue(Value::Bool(datum.number != 0));
    case Kind::kInt: return OwnedValue(Value::Int(datum.number));
    case Kind::kText: return OwnedValue(Value::String(Utf8(datum.text)));
    case Kind::kInts:
    case Kind::kTexts: {
      ListBuilder list;
      for (const Datum& item : datum.items) list.Add(ToValue(item).view());
      return OwnedValue(list.value());
    }
    case Kind::kMap: {
      MapBuilder map;
      for (const auto& [key, value] : datum.entries) map.Add(Utf8(key), ToValue(value).view());
      return OwnedValue(map.Finish());
    }
  }
  return OwnedValue();
}

TEST(CollectionProperty, AgreesWithATreeWalkOverTheStandardLibrary) {
  const uint64_t seed = testing::UnitTest::GetInstance()->random_seed() + 20'130'103;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  Maker maker(seed);
  const Scope scope = Maker::MakeScope();
  int compiled = 0;
  int nulls = 0;
  std::string scratch;  // one for all, as a caller keeps it
  for (int round = 0; round < 6'000; ++round) {
    const Tree tree = maker.Make(maker.AnyKind(), 4);
    if (tree.text.size() > 4096) continue;
    TextRange where;
    const auto expression = Expression::Compile(tree.text, scope, &where);
    ASSERT_TRUE(expression.ok()) << tree.text << "\n"
                                 << expression.status() << " at " << where.begin;
    ++compiled;
    for (int i = 0; i < 6; ++i) {
      Environment environment = {maker.MakeFields(), {}};
      std::vector<OwnedValue> owned;
      for (const Datum& field : environment.fields) owned.push_back(ToValue(field));
      std::vector<Value> fields;
      for (const OwnedValue& value : owned) fields.push_back(value.view());
      const OwnedValue expected = ToValue(tree.value(environment));
      const Value actual = (*expression)->Evaluate(fields, &scratch);
      nulls += actual.is_null();
      ASSERT_EQ(actual, expected.view())
          << tree.text << "\n got " << ToString(actual) << ", not " << ToString(expected.view());
    }
  }
  // The generator reaches what it is meant to.
  EXPECT_GT(compiled, 4'000);
  EXPECT_GT(nulls, compiled / 2);
  EXPECT_LT(nulls, compiled * 4);
}

}  // namespace
}  // namespace millrace
