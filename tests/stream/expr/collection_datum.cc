#include "tests/stream/expr/collection_datum.h"

#include <limits>
#include <utility>

#include "stream/expr/utf8.h"

namespace millrace {

Datum OfInt(absl::int128 v) {
  if (v < absl::int128(std::numeric_limits<int64_t>::min()) ||
      v > absl::int128(std::numeric_limits<int64_t>::max())) {
    return {};
  }
  return {DatumKind::kInt, static_cast<int64_t>(v)};
}

Datum OfBool(bool v) { return {DatumKind::kBool, v ? 1 : 0}; }

Datum OfText(std::u32string v) { return {DatumKind::kText, 0, std::move(v)}; }

Datum OfItems(DatumKind kind, std::vector<Datum> v) { return {kind, 0, U"", std::move(v)}; }

std::string Utf8(const std::u32string& text) {
  std::string out;
  for (const char32_t c : text) AppendUtf8(c, &out);
  return out;
}

OwnedValue ToValue(const Datum& datum) {
  switch (datum.kind) {
    case DatumKind::kNull: return OwnedValue();
    case DatumKind::kBool: return OwnedValue(Value::Bool(datum.number != 0));
    case DatumKind::kInt: return OwnedValue(Value::Int(datum.number));
    case DatumKind::kText: return OwnedValue(Value::String(Utf8(datum.text)));
    case DatumKind::kInts:
    case DatumKind::kTexts: {
      ListBuilder list;
      for (const Datum& item : datum.items) list.Add(ToValue(item).view());
      return OwnedValue(list.value());
    }
    case DatumKind::kMap: {
      MapBuilder map;
      for (const auto& [key, value] : datum.entries) map.Add(Utf8(key), ToValue(value).view());
      return OwnedValue(map.Finish());
    }
  }
  return OwnedValue();
}

}  // namespace millrace
