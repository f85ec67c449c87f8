// What an expression over lists, maps and strings may answer, by the standard library alone:
// strings of code points, vectors and ordered maps, slow and obvious. An independent reference.

#ifndef MILLRACE_TESTS_STREAM_EXPR_COLLECTION_DATUM_H_
#define MILLRACE_TESTS_STREAM_EXPR_COLLECTION_DATUM_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "core/collection.h"

namespace millrace {

enum class DatumKind { kNull, kBool, kInt, kText, kInts, kTexts, kMap };

struct Datum {
  DatumKind kind = DatumKind::kNull;
  int64_t number = 0;  // also of a bool
  std::u32string text;
  std::vector<Datum> items;
  std::map<std::u32string, Datum> entries;

  bool null() const { return kind == DatumKind::kNull; }
  friend bool operator==(const Datum& a, const Datum& b) {
    return a.kind == b.kind && a.number == b.number && a.text == b.text && a.items == b.items &&
           a.entries == b.entries;
  }
};

// Null beyond 64 bits.
Datum OfInt(absl::int128 v);
Datum OfBool(bool v);
Datum OfText(std::u32string v);
Datum OfItems(DatumKind kind, std::vector<Datum> v);

std::string Utf8(const std::u32string& text);
// As expressions know it.
OwnedValue ToValue(const Datum& datum);

}  // namespace millrace

#endif  // MILLRACE_TESTS_STREAM_EXPR_COLLECTION_DATUM_H_
