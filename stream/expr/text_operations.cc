#include "stream/expr/text_operations.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>

#include "absl/strings/ascii.h"
#include "core/collection.h"
#include "stream/expr/collection_operations.h"
#include "stream/expr/utf8.h"

namespace millrace {
namespace {

// Bytes of the code point that begins with `first`.
size_t CodePointBytes(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

// Where the code point of a number begins; the end of the text for the number of them all; absent
// beyond.
std::optional<size_t> ByteOf(absl::string_view text, int64_t position) {
  if (position < 0) return std::nullopt;
  size_t at = 0;
  for (; position > 0; --position) {
    if (at >= text.size()) return std::nullopt;
    at += CodePointBytes(text[at]);
  }
  return std::min(at, text.size());
}

Value Concat(const Value& a, const Value& b, Scratch* scratch) {
  const absl::string_view x = a.string_value();
  const absl::string_view y = b.string_value();
  char* const out = scratch->Take(x.size() + y.size());
  if (out == nullptr) return Value::Null();
  // The scratch never holds its own operands: they were taken before.
  if (!x.empty()) std::memcpy(out, x.data(), x.size());
  if (!y.empty()) std::memcpy(out + x.size(), y.data(), y.size());
  return Value::OfBytes(a.type(), absl::string_view(out, x.size() + y.size()));
}

Value CharAt(absl::string_view text, int64_t position) {
  const std::optional<size_t> at = ByteOf(text, position);
  if (!at.has_value()) return Value::Null();
  if (*at == text.size()) return Value::String("");
  return Value::String(text.substr(*at, CodePointBytes(text[*at])));
}

Value IndexOfText(std::span<const Value> arguments) {
  const absl::string_view text = arguments[0].string_value();
  size_t from = 0;
  if (arguments.size() > 2) {
    const std::optional<size_t> at = ByteOf(text, arguments[2].int_value());
    if (!at.has_value()) return Value::Null();
    from = *at;
  }
  const size_t found = text.find(arguments[1].string_value(), from);
  if (found == absl::string_view::npos) return Value::Int(-1);
  return Value::Int(CountCodePoints(text.substr(0, found)));
}

Value LastIndexOfText(std::span<const Value> arguments) {
  const absl::string_view text = arguments[0].string_value();
  size_t from = text.size();
  if (arguments.size() > 2) {
    const std::optional<size_t> at = ByteOf(text, arguments[2].int_value());
    if (!at.has_value()) return Value::Null();
    from = *at;
  }
  const size_t found = text.rfind(arguments[1].string_value(), from);
  if (found == absl::string_view::npos) return Value::Int(-1);
  return Value::Int(CountCodePoints(text.substr(0, found)));
}

Value Substring(std::span<const Value> arguments) {
  const absl::string_view text = arguments[0].string_value();
  const std::optional<size_t> begin = ByteOf(text, arguments[1].int_value());
  const std::optional<size_t> end =
      arguments.size() > 2 ? ByteOf(text, arguments[2].int_value()) : text.size();
  if (!begin.has_value() || !end.has_value() || *begin > *end) return Value::Null();
  return Value::String(text.substr(*begin, *end - *begin));
}

template <typename Change>
Value MapBytes(absl::string_view text, Scratch* scratch, Change change) {
  char* const out = scratch->Take(text.size());
  if (out == nullptr) return Value::Null();
  std::transform(text.begin(), text.end(), out, change);
  return Value::String(absl::string_view(out, text.size()));
}

// Unicode's White_Space property, as of version 15.
bool IsSpace(absl::string_view code_point) {
  constexpr absl::string_view kWide[] = {
      "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006",
      "\u2007", "\u2008", "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"};
  if (code_point.size() == 1) return absl::ascii_isspace(static_cast<unsigned char>(code_point[0]));
  if (code_point == "\xc2\x85") return true;  // next line, which C++ cannot write as \u0085
  return std::find(std::begin(kWide), std::end(kWide), code_point) != std::end(kWide);
}

Value Trim(absl::string_view text) {
  while (!text.empty() && IsSpace(text.substr(0, CodePointBytes(text[0])))) {
    text.remove_prefix(CodePointBytes(text[0]));
  }
  while (!text.empty()) {
    size_t last = text.size() - 1;
    while (last > 0 && (static_cast<unsigned char>(text[last]) & 0xc0) == 0x80) --last;
    if (!IsSpace(text.substr(last))) break;
    text = text.substr(0, last);
  }
  return Value::String(text);
}

Value Reverse(absl::string_view text, Scratch* scratch) {
  char* const out = scratch->Take(text.size());
  if (out == nullptr) return Value::Null();
  char* end = out + text.size();
  for (size_t at = 0; at < text.size();) {
    const size_t bytes = std::min(CodePointBytes(text[at]), text.size() - at);
    end -= bytes;
    std::memcpy(end, text.data() + at, bytes);
    at += bytes;
  }
  return Value::String(absl::string_view(out, text.size()));
}

// Calls piece(text) for what stands before each of at most `limit` (negative: all) occurrences of
// `separator`, and for what follows the last. An empty separator occurs before every code point.
template <typename Piece>
void ForEachPiece(absl::string_view text, absl::string_view separator, int64_t limit, Piece piece) {
  size_t from = 0;  // of the piece
  size_t look = 0;  // where the separator may be
  while (limit != 0) {
    const size_t found = text.find(separator, look);
    if (found == absl::string_view::npos) break;
    piece(text.substr(from, found - from));
    --limit;
    from = found + separator.size();
    look = from;
    if (!separator.empty()) continue;
    if (from >= text.size()) {
      from = text.size();
      break;
    }
    look = from + CodePointBytes(text[from]);
  }
  piece(text.substr(from));
}

Value Replace(std::span<const Value> arguments, Scratch* scratch) {
  const absl::string_view with = arguments[2].string_value();
  const int64_t limit = arguments.size() > 3 ? arguments[3].int_value() : -1;
  char* const begin = scratch->top();
  size_t size = 0;
  bool first = true;
  ForEachPiece(arguments[0].string_value(), arguments[1].string_value(), limit,
               [&](absl::string_view piece) {
                 if (!first) size += scratch->Copy(with).size();
                 first = false;
                 size += scratch->Copy(piece).size();
               });
  return Value::String(absl::string_view(begin, size));
}

Value Split(std::span<const Value> arguments, Scratch* scratch) {
  const absl::string_view text = arguments[0].string_value();
  const absl::string_view separator = arguments[1].string_value();
  const int64_t limit = arguments.size() > 2 ? arguments[2].int_value() : -1;
  Value list = Value::OfBytes(Type::kList, absl::string_view(scratch->top(), 0));
  if (limit == 0) return list;
  const auto add = [&](absl::string_view piece) {
    list = AppendItem(list, Value::String(piece), scratch);
  };
  if (!separator.empty()) {
    ForEachPiece(text, separator, limit < 0 ? limit : limit - 1, add);
    return list;
  }
  // Into code points, the last item being the rest.
  int64_t count = 0;
  for (size_t at = 0; at < text.size();) {
    const bool rest = ++count == limit;
    const size_t bytes = rest ? text.size() - at : CodePointBytes(text[at]);
    add(text.substr(at, bytes));
    at += bytes;
  }
  return list;
}

// Null when an item is.
Value Join(std::span<const Value> arguments, Scratch* scratch) {
  const absl::string_view separator =
      arguments.size() > 1 ? arguments[1].string_value() : absl::string_view();
  char* const begin = scratch->top();
  size_t size = 0;
  bool first = true;
  bool has_null = false;
  ForEachItem(arguments[0], [&](const Value& item) {
    has_null = has_null || item.is_null();
    if (has_null) return;
    if (!first) size += scratch->Copy(separator).size();
    first = false;
    size += scratch->Copy(item.string_value()).size();
  });
  return has_null ? Value::Null() : Value::String(absl::string_view(begin, size));
}

}  // namespace

Value ApplyText(Op op, std::span<const Value> arguments, Scratch* scratch) {
  const absl::string_view text = arguments[0].string_value();
  switch (op) {
    case Op::kConcat: return Concat(arguments[0], arguments[1], scratch);
    case Op::kCharAt: return CharAt(text, arguments[1].int_value());
    case Op::kIndexOf: return IndexOfText(arguments);
    case Op::kLastIndexOf: return LastIndexOfText(arguments);
    case Op::kSubstring: return Substring(arguments);
    case Op::kLowerAscii:
      return MapBytes(text, scratch, [](char c) { return absl::ascii_tolower(c); });
    case Op::kUpperAscii:
      return MapBytes(text, scratch, [](char c) { return absl::ascii_toupper(c); });
    case Op::kTrim: return Trim(text);
    case Op::kReverse: return Reverse(text, scratch);
    case Op::kReplace: return Replace(arguments, scratch);
    case Op::kSplit: return Split(arguments, scratch);
    case Op::kJoin: return Join(arguments, scratch);
    default: return Value::Null();
  }
}

}  // namespace millrace
