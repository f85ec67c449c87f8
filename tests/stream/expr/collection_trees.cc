#include "tests/stream/expr/collection_trees.h"

#include <iterator>
#include <limits>

#include "absl/strings/str_cat.h"

namespace millrace {

Scope CollectionMaker::MakeScope() {
  return {{"n", Type::kInt},
          {"s", Type::kString},
          {"l", {Type::kList, Type::kInt}},
          {"t", {Type::kList, Type::kString}},
          {"m", {Type::kMap, Type::kInt}}};
}

std::vector<Datum> CollectionMaker::MakeFields() {
  std::vector<Datum> fields = {Int(), Text(), Items(DatumKind::kInts), Items(DatumKind::kTexts),
                               Entries()};
  for (Datum& field : fields) {
    if (Chance(8)) field = {};
  }
  return fields;
}

DatumKind CollectionMaker::AnyKind() {
  constexpr DatumKind kKinds[] = {DatumKind::kBool, DatumKind::kInt, DatumKind::kText,
                                  DatumKind::kInts, DatumKind::kTexts};
  return kKinds[random_() % std::size(kKinds)];
}

CollectionTree CollectionMaker::Make(DatumKind kind, int depth) {
  const bool leaf = depth == 0 || Chance(15);
  switch (kind) {
    case DatumKind::kBool: return leaf ? Literal(OfBool(Chance(50))) : MakeBool(depth - 1);
    case DatumKind::kInt: return leaf ? IntLeaf() : MakeInt(depth - 1);
    case DatumKind::kText: return leaf ? TextLeaf() : MakeText(depth - 1);
    case DatumKind::kInts: return leaf ? Field("l", 2) : MakeInts(depth - 1);
    case DatumKind::kTexts: return leaf ? Field("t", 3) : MakeTexts(depth - 1);
    default: return Field("m", 4);
  }
}

Datum CollectionMaker::Int() {
  if (Chance(5)) return OfInt(std::numeric_limits<int64_t>::max());
  return OfInt(static_cast<int64_t>(Pick(9)) - 3);
}

Datum CollectionMaker::Text() {
  constexpr char32_t kAlphabet[] = {U'a', U'b', U'é', U' ', U'\U0001F431'};
  std::u32string text;
  for (uint64_t i = Pick(5); i > 0; --i) text += kAlphabet[Pick(std::size(kAlphabet))];
  return OfText(text);
}

Datum CollectionMaker::Items(DatumKind kind) {
  std::vector<Datum> items;
  for (uint64_t i = Pick(5); i > 0; --i) {
    items.push_back(Chance(10) ? Datum() : kind == DatumKind::kInts ? Int() : Text());
  }
  return OfItems(kind, items);
}

Datum CollectionMaker::Entries() {
  Datum map;
  map.kind = DatumKind::kMap;
  for (uint64_t i = Pick(5); i > 0; --i) map.entries[Text().text] = Chance(10) ? Datum() : Int();
  return map;
}

CollectionTree CollectionMaker::Field(const char* name, size_t index) {
  return {name, [index](Environment& e) { return e.fields[index]; }};
}

CollectionTree CollectionMaker::Literal(const Datum& value) {
  const std::string text = value.null()                     ? "null"
                           : value.kind == DatumKind::kBool ? (value.number != 0 ? "true" : "false")
                           : value.kind == DatumKind::kInt
                               ? absl::StrCat(value.number)
                               : absl::StrCat("'", Utf8(value.text), "'");
  return {text, [value](Environment&) { return value; }};
}

bool CollectionMaker::Variable(DatumKind kind, CollectionTree* out) {
  std::vector<size_t> found;
  for (size_t i = 0; i < variables_.size(); ++i) {
    if (variables_[i] == kind) found.push_back(i);
  }
  if (found.empty() || Chance(30)) return false;
  const size_t i = found[Pick(found.size())];
  *out = {absl::StrCat("v", i), [i](Environment& e) { return e.variables[i]; }};
  return true;
}

CollectionTree CollectionMaker::IntLeaf() {
  CollectionTree variable;
  if (Variable(DatumKind::kInt, &variable)) return variable;
  return Chance(50) ? Field("n", 0) : Literal(Int());
}

CollectionTree CollectionMaker::TextLeaf() {
  CollectionTree variable;
  if (Variable(DatumKind::kText, &variable)) return variable;
  return Chance(50) ? Field("s", 1) : Literal(Text());
}

CollectionTree CollectionMaker::Receiver(DatumKind kind, int depth) {
  CollectionTree tree = Make(kind, depth);
  tree.text = absl::StrCat("(", tree.text, ")");
  return tree;
}

CollectionTree CollectionMaker::LiteralList(DatumKind item, int depth) {
  std::vector<CollectionTree> items;
  std::string text = "[";
  for (uint64_t i = 1 + Pick(3); i > 0; --i) {
    items.push_back(Chance(30) ? Literal(item == DatumKind::kInt ? Int() : Text())
                               : Make(item, depth));
    absl::StrAppend(&text, items.size() > 1 ? ", " : "", items.back().text);
  }
  const DatumKind kind = item == DatumKind::kInt ? DatumKind::kInts : DatumKind::kTexts;
  return {text + "]", [items, kind](Environment& e) {
            std::vector<Datum> values;
            for (const CollectionTree& tree : items) values.push_back(tree.value(e));
            return OfItems(kind, values);
          }};
}

CollectionMaker::Loop CollectionMaker::MakeLoop(DatumKind list, DatumKind body, int depth) {
  // The list is outside of the variable's scope.
  CollectionTree over = Receiver(list, depth);
  if (variables_.size() >= 3) {
    return {over, absl::StrCat("v", variables_.size()),
            Literal(body == DatumKind::kInt    ? OfInt(1)
                    : body == DatumKind::kText ? OfText(U"x")
                                               : OfBool(true))};
  }
  const std::string name = absl::StrCat("v", variables_.size());
  variables_.push_back(list == DatumKind::kInts ? DatumKind::kInt : DatumKind::kText);
  CollectionTree tree = Make(body, depth);
  variables_.pop_back();
  return {over, name, tree};
}

Datum CollectionMaker::In(Environment& e, const CollectionTree& body, const Datum& item) {
  e.variables.push_back(item);
  Datum value = body.value(e);
  e.variables.pop_back();
  return value;
}

CollectionTree CollectionMaker::Filter(DatumKind kind, int depth) {
  const Loop loop = MakeLoop(kind, DatumKind::kBool, depth);
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

CollectionTree CollectionMaker::Map(DatumKind from, DatumKind to, int depth) {
  const Loop loop = MakeLoop(from, to, depth);
  const DatumKind kind = to == DatumKind::kInt ? DatumKind::kInts : DatumKind::kTexts;
  return {absl::StrCat(loop.list.text, ".map(", loop.name, ", ", loop.body.text, ")"),
          [loop, kind](Environment& e) -> Datum {
            const Datum list = loop.list.value(e);
            if (list.null()) return {};
            std::vector<Datum> items;
            for (const Datum& item : list.items) items.push_back(In(e, loop.body, item));
            return OfItems(kind, items);
          }};
}

CollectionTree CollectionMaker::Quantifier(int depth) {
  const Loop loop =
      MakeLoop(Chance(50) ? DatumKind::kInts : DatumKind::kTexts, DatumKind::kBool, depth);
  const uint64_t which = Pick(3);
  constexpr const char* kNames[] = {"all", "exists", "exists_one"};
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

}  // namespace millrace
