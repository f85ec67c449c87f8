#include "serving/json.h"

#include <charconv>
#include <cmath>
#include <cstring>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/collection.h"

namespace millrace {
namespace {

// Length of the well-formed UTF-8 sequence at the front of `bytes`, 0 when there is none (RFC 3629:
// no overlong forms, no surrogates, at most U+10FFFF).
size_t SequenceLength(absl::string_view bytes) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const auto continues = [&](size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return i < bytes.size() && at(i) >= low && at(i) <= high;
  };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return continues(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const unsigned low = lead == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = lead == 0xed ? 0x9f : 0xbf;
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const unsigned low = lead == 0xf0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xf4 ? 0x8f : 0xbf;
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

void AppendEscaped(unsigned char c, std::string* out) {
  constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"': out->append("\\\""); return;
    case '\\': out->append("\\\\"); return;
    case '\n': out->append("\\n"); return;
    case '\r': out->append("\\r"); return;
    case '\t': out->append("\\t"); return;
    default:
      out->append("\\u00");
      out->push_back(kHex[c >> 4]);
      out->push_back(kHex[c & 15]);
  }
}

}  // namespace

bool IsUtf8(absl::string_view bytes) {
  while (!bytes.empty()) {
    const size_t n = SequenceLength(bytes);
    if (n == 0) return false;
    bytes.remove_prefix(n);
  }
  return true;
}

void AppendJsonString(absl::string_view text, std::string* out) {
  out->push_back('"');
  size_t plain = 0;  // start of the run not yet copied
  size_t i = 0;
  const auto flush = [&](size_t end) { out->append(text.data() + plain, end - plain); };
  while (i < text.size()) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
      ++i;
      continue;
    }
    if (c >= 0x80) {
      const size_t n = SequenceLength(text.substr(i));
      if (n > 0) {
        i += n;
        continue;
      }
      flush(i);
      out->append("\xef\xbf\xbd");
    } else if (c == 0x7f) {
      ++i;
      continue;
    } else {
      flush(i);
      AppendEscaped(c, out);
    }
    plain = ++i;
  }
  flush(i);
  out->push_back('"');
}

void JsonWriter::Separate() {
  if (needs_comma_) out_.push_back(',');
  needs_comma_ = true;
}

JsonWriter& JsonWriter::Open(char bracket) {
  Separate();
  out_.push_back(bracket);
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::Close(char bracket) {
  out_.push_back(bracket);
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::Key(absl::string_view name) {
  Separate();
  AppendJsonString(name, &out_);
  out_.push_back(':');
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::String(absl::string_view text) {
  Separate();
  AppendJsonString(text, &out_);
  return *this;
}

JsonWriter& JsonWriter::Int(int64_t v) {
  Separate();
  absl::StrAppend(&out_, v);
  return *this;
}

JsonWriter& JsonWriter::Uint(uint64_t v) {
  Separate();
  absl::StrAppend(&out_, v);
  return *this;
}

JsonWriter& JsonWriter::Double(double v) {
  if (!std::isfinite(v)) return Null();
  Separate();
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), v).ptr;
  const size_t size = static_cast<size_t>(end - buffer);
  out_.append(buffer, size);
  // Without a point or an exponent a reader would take it for an integer.
  if (std::memchr(buffer, '.', size) == nullptr && std::memchr(buffer, 'e', size) == nullptr) {
    out_.append(".0");
  }
  return *this;
}

JsonWriter& JsonWriter::Bool(bool v) { return Raw(v ? "true" : "false"); }
JsonWriter& JsonWriter::Null() { return Raw("null"); }

JsonWriter& JsonWriter::Raw(absl::string_view json) {
  Separate();
  out_.append(json.data(), json.size());
  return *this;
}

JsonWriter& JsonWriter::Counts(
    std::initializer_list<std::pair<absl::string_view, uint64_t>> counts) {
  for (const auto& [name, count] : counts) Key(name).Uint(count);
  return *this;
}

JsonWriter& JsonWriter::TypedValue(const Value& value) {
  switch (value.type()) {
    case Type::kNull: return Null();
    case Type::kBool: return Bool(value.bool_value());
    case Type::kInt:
    case Type::kTimestamp:
    case Type::kDuration: return Int(value.int_value());
    case Type::kDouble: return Double(value.double_value());
    case Type::kString: return String(value.string_value());
    case Type::kBytes: return String(absl::Base64Escape(value.string_value()));
    case Type::kList:
    case Type::kVector:
      BeginArray();
      ForEachItem(value, [this](const Value& item) { TypedValue(item); });
      return EndArray();
    case Type::kMap:
      BeginObject();
      ForEachEntry(value, [this](absl::string_view key, const Value& item) {
        Key(key);
        TypedValue(item);
      });
      return EndObject();
  }
  return Null();
}

JsonWriter& JsonWriter::Document(const JsonValue& value) {
  switch (value.kind()) {
    case JsonKind::kNull: return Null();
    case JsonKind::kBool: return Bool(value.bool_value());
    case JsonKind::kInt: return Int(value.int_value());
    case JsonKind::kDouble: return Double(value.double_value());
    case JsonKind::kString: return String(value.string_value());
    case JsonKind::kArray:
      BeginArray();
      for (const JsonValue& item : value.items()) Document(item);
      return EndArray();
    case JsonKind::kObject:
      BeginObject();
      for (const JsonMember& member : value.members()) Key(member.name).Document(member.value);
      return EndObject();
  }
  return Null();
}

}  // namespace millrace
