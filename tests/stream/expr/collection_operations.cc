// The operations of CollectionMaker that are null when an operand is, by what they give.

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/stream/expr/collection_trees.h"

namespace millrace {
namespace {

// Null when an operand is.
template <typename Apply>
std::function<Datum(Environment&)> Strict(std::vector<CollectionTree> trees, Apply apply) {
  return [trees = std::move(trees), apply](Environment& e) -> Datum {
    std::vector<Datum> values;
    for (const CollectionTree& tree : trees) values.push_back(tree.value(e));
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

}  // namespace

CollectionTree CollectionMaker::MakeBool(int depth) {
  switch (Pick(7)) {
    case 0: {
      CollectionTree item = Receiver(DatumKind::kInt, depth);
      CollectionTree list = Receiver(DatumKind::kInts, depth);
      return {absl::StrCat(item.text, " in ", list.text), Strict({item, list}, [](const auto& v) {
                return OfBool(std::count(v[1].items.begin(), v[1].items.end(), v[0]) > 0);
              })};
    }
    case 1: {
      CollectionTree key = Receiver(DatumKind::kText, depth);
      return {absl::StrCat(key.text, " in m"), Strict({key, Field("m", 4)}, [](const auto& v) {
                return OfBool(v[1].entries.contains(v[0].text));
              })};
    }
    case 2: {
      const DatumKind kind = AnyKind();
      CollectionTree a = Receiver(kind, depth);
      CollectionTree b = Receiver(kind, depth);
      return {absl::StrCat(a.text, " == ", b.text),
              Strict({a, b}, [](const auto& v) { return OfBool(v[0] == v[1]); })};
    }
    case 3: {
      CollectionTree text = Receiver(DatumKind::kText, depth);
      CollectionTree part = Make(DatumKind::kText, depth);
      return {absl::StrCat(text.text, ".contains(", part.text, ")"),
              Strict({text, part}, [](const auto& v) {
                return OfBool(v[0].text.find(v[1].text) != std::u32string::npos);
              })};
    }
    case 4: {
      CollectionTree any = Receiver(AnyKind(), depth);
      return {absl::StrCat(any.text, " == null"),
              [any](Environment& e) { return OfBool(any.value(e).null()); }};
    }
    default: return Quantifier(depth);
  }
}

CollectionTree CollectionMaker::MakeInt(int depth) {
  switch (Pick(9)) {
    case 0: {
      CollectionTree list = Receiver(Chance(50) ? DatumKind::kInts : DatumKind::kTexts, depth);
      return {absl::StrCat("size(", list.text, ")"), Strict({list}, [](const auto& v) {
                return OfInt(static_cast<int64_t>(v[0].items.size()));
              })};
    }
    case 1: {
      CollectionTree text = Receiver(DatumKind::kText, depth);
      return {absl::StrCat(text.text, ".size()"), Strict({text}, [](const auto& v) {
                return OfInt(static_cast<int64_t>(v[0].text.size()));
              })};
    }
    case 2: return Item(DatumKind::kInts, depth);
    case 3: {
      CollectionTree key = Make(DatumKind::kText, depth);
      return {absl::StrCat("m[", key.text, "]"),
              Strict({Field("m", 4), key}, [](const auto& v) -> Datum {
                const auto found = v[0].entries.find(v[1].text);
                return found == v[0].entries.end() ? Datum() : found->second;
              })};
    }
    case 4: {
      CollectionTree list = Receiver(DatumKind::kInts, depth);
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
      CollectionTree list = Receiver(DatumKind::kInts, depth);
      return {absl::StrCat(list.text, ".max()"), Strict({list}, [](const auto& v) {
                Datum best;
                for (const Datum& item : v[0].items) {
                  if (!item.null() && (best.null() || item.number > best.number)) best = item;
                }
                return best;
              })};
    }
    case 6: {
      CollectionTree text = Receiver(DatumKind::kText, depth);
      CollectionTree part = Make(DatumKind::kText, depth);
      return {absl::StrCat(text.text, ".lastIndexOf(", part.text, ")"),
              Strict({text, part}, [](const auto& v) {
                const size_t found = v[0].text.rfind(v[1].text);
                return OfInt(found == std::u32string::npos ? -1 : static_cast<int64_t>(found));
              })};
    }
    default: {
      CollectionTree a = Receiver(DatumKind::kInt, depth);
      CollectionTree b = Receiver(DatumKind::kInt, depth);
      const bool plus = Chance(50);
      return {absl::StrCat(a.text, plus ? " + " : " * ", b.text),
              Strict({a, b}, [plus](const auto& v) {
                const absl::int128 x = v[0].number;
                return OfInt(plus ? x + v[1].number : x * v[1].number);
              })};
    }
  }
}

CollectionTree CollectionMaker::Item(DatumKind kind, int depth) {
  CollectionTree list = Receiver(kind, depth);
  CollectionTree index = Make(DatumKind::kInt, depth);
  return {absl::StrCat(list.text, "[", index.text, "]"),
          Strict({list, index}, [](const auto& v) -> Datum {
            const int64_t i = v[1].number;
            if (i < 0 || i >= static_cast<int64_t>(v[0].items.size())) return {};
            return v[0].items[static_cast<size_t>(i)];
          })};
}

CollectionTree CollectionMaker::MakeText(int depth) {
  CollectionTree text = Receiver(DatumKind::kText, depth);
  switch (Pick(6)) {
    case 0: return Item(DatumKind::kTexts, depth);
    case 1: {
      CollectionTree other = Receiver(DatumKind::kText, depth);
      return {absl::StrCat(text.text, " + ", other.text),
              Strict({text, other}, [](const auto& v) { return OfText(v[0].text + v[1].text); })};
    }
    case 2: {
      CollectionTree from = Make(DatumKind::kInt, depth);
      CollectionTree to = Make(DatumKind::kInt, depth);
      return {absl::StrCat(text.text, ".substring(", from.text, ", ", to.text, ")"),
              Strict({text, from, to}, [](const auto& v) -> Datum {
                const auto size = static_cast<int64_t>(v[0].text.size());
                const int64_t i = v[1].number;
                const int64_t j = v[2].number;
                if (i < 0 || j < i || j > size) return {};
                return OfText(v[0].text.substr(static_cast<size_t>(i), static_cast<size_t>(j - i)));
              })};
    }
    case 3: {
      CollectionTree from = Make(DatumKind::kText, depth);
      CollectionTree to = Make(DatumKind::kText, depth);
      CollectionTree limit = Make(DatumKind::kInt, depth);
      return {absl::StrCat(text.text, ".replace(", from.text, ", ", to.text, ", ", limit.text, ")"),
              Strict({text, from, to, limit}, [](const auto& v) {
                return Replace(v[0].text, v[1].text, v[2].text, v[3].number);
              })};
    }
    case 4: {
      CollectionTree list = Receiver(DatumKind::kTexts, depth);
      CollectionTree mark = Make(DatumKind::kText, depth);
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

CollectionTree CollectionMaker::MakeInts(int depth) {
  switch (Pick(5)) {
    case 0: return LiteralList(DatumKind::kInt, depth);
    case 1: return Concatenation(DatumKind::kInts, depth);
    case 2: return Filter(DatumKind::kInts, depth);
    case 3:
      return {"m.values()", Strict({Field("m", 4)}, [](const auto& v) {
                std::vector<Datum> values;
                for (const auto& [key, value] : v[0].entries) values.push_back(value);
                return OfItems(DatumKind::kInts, values);
              })};
    default: return Map(Chance(50) ? DatumKind::kInts : DatumKind::kTexts, DatumKind::kInt, depth);
  }
}

CollectionTree CollectionMaker::MakeTexts(int depth) {
  switch (Pick(6)) {
    case 0: return LiteralList(DatumKind::kText, depth);
    case 1: return Concatenation(DatumKind::kTexts, depth);
    case 2: return Filter(DatumKind::kTexts, depth);
    case 3: {
      CollectionTree text = Receiver(DatumKind::kText, depth);
      return {absl::StrCat(text.text, ".split('a')"), Strict({text}, [](const auto& v) {
                std::vector<Datum> pieces = {OfText(U"")};
                for (const char32_t c : v[0].text) {
                  if (c == U'a') {
                    pieces.push_back(OfText(U""));
                  } else {
                    pieces.back().text += c;
                  }
                }
                return OfItems(DatumKind::kTexts, pieces);
              })};
    }
    case 4:
      return {"m.map(k, k + '!')", Strict({Field("m", 4)}, [](const auto& v) {
                std::vector<Datum> keys;
                for (const auto& [key, value] : v[0].entries) keys.push_back(OfText(key + U"!"));
                return OfItems(DatumKind::kTexts, keys);
              })};
    default: return Map(Chance(50) ? DatumKind::kInts : DatumKind::kTexts, DatumKind::kText, depth);
  }
}

CollectionTree CollectionMaker::Concatenation(DatumKind kind, int depth) {
  CollectionTree a = Receiver(kind, depth);
  CollectionTree b = Receiver(kind, depth);
  return {absl::StrCat(a.text, " + ", b.text), Strict({a, b}, [kind](const auto& v) {
            std::vector<Datum> items = v[0].items;
            items.insert(items.end(), v[1].items.begin(), v[1].items.end());
            return OfItems(kind, items);
          })};
}

}  // namespace millrace
