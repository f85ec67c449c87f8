#include "app/commands/text_table.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "core/double_text.h"
#include "serving/json.h"

namespace millrace {
namespace {

constexpr absl::string_view kNothing = "-";

// In UTF-8.
bool StartsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }

// Characters on the screen, taking each code point for one.
size_t Width(absl::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), StartsCharacter));
}

// The first `width` characters, the last of them an ellipsis where there are more.
std::string Shortened(std::string text, size_t width) {
  if (Width(text) <= width) return text;
  size_t end = 0;
  for (size_t shown = 0; shown < width; ++end) {
    if (StartsCharacter(text[end])) ++shown;
  }
  // `end` is behind the first byte of the character that gives way.
  text.resize(end - 1);
  return text + "…";
}

// What a terminal would take for a command is shown as '?': values come from records.
std::string Printable(absl::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return out;
}

}  // namespace

TextTable::TextTable(std::vector<std::string> headers) : headers_(std::move(headers)) {
  for (std::string& header : headers_) {
    right_.push_back(!header.empty() && header[0] == '>');
    if (right_.back()) header.erase(0, 1);
  }
}

void TextTable::Add(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = Printable(cell);
  rows_.push_back(std::move(cells));
}

std::string TextTable::ToString() const {
  std::vector<size_t> widths;
  for (size_t c = 0; c < headers_.size(); ++c) {
    size_t width = Width(headers_[c]);
    for (const std::vector<std::string>& row : rows_) width = std::max(width, Width(row[c]));
    widths.push_back(width);
  }
  std::string out;
  const auto add_row = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (size_t c = 0; c < cells.size(); ++c) {
      if (c > 0) line += "  ";
      const std::string blanks(widths[c] - Width(cells[c]), ' ');
      right_[c] ? absl::StrAppend(&line, blanks, cells[c])
                : absl::StrAppend(&line, cells[c], blanks);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    absl::StrAppend(&out, line, "\n");
  };
  add_row(headers_);
  for (const std::vector<std::string>& row : rows_) add_row(row);
  return out;
}

std::string AgeText(int64_t ms) {
  const double s = static_cast<double>(ms) / 1e3;
  const double size = std::abs(s);
  if (size < 1) return absl::StrCat(ms, " ms");
  if (size < 60) return absl::StrFormat("%.3g s", s);
  if (size < 3600) return absl::StrFormat("%.3g min", s / 60);
  if (size < 48 * 3600) return absl::StrFormat("%.3g h", s / 3600);
  return absl::StrFormat("%.0f d", s / 86'400);
}

std::string TimeText(int64_t epoch_ms) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::FromUnixMillis(epoch_ms),
                          absl::UTCTimeZone());
}

std::string CountText(int64_t n) {
  const std::string digits = absl::StrCat(n);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    const bool after_digit = i > 0 && digits[i - 1] != '-';
    if (after_digit && (digits.size() - i) % 3 == 0) text.push_back(',');
    text.push_back(digits[i]);
  }
  return text;
}

std::span<const JsonValue> MemberItems(const JsonValue& object, absl::string_view name) {
  const JsonValue* list = object.Find(name);
  if (list == nullptr || list->kind() != JsonKind::kArray) return {};
  return list->items();
}

std::string MemberText(const JsonValue& object, absl::string_view name) {
  const JsonValue* value = object.Find(name);
  if (value == nullptr) return std::string(kNothing);
  switch (value->kind()) {
    case JsonKind::kBool: return value->bool_value() ? "true" : "false";
    case JsonKind::kInt: return absl::StrCat(value->int_value());
    case JsonKind::kDouble: return DoubleText(value->double_value());
    case JsonKind::kString: return std::string(value->string_value());
    default: return std::string(kNothing);
  }
}

std::string MemberText(const JsonValue& object, absl::string_view name,
                       std::string (*text)(int64_t)) {
  const JsonValue* value = object.Find(name);
  return value != nullptr && value->kind() == JsonKind::kInt ? text(value->int_value())
                                                             : std::string(kNothing);
}

std::string MemberValue(const JsonValue& object, absl::string_view name) {
  const JsonValue* value = object.Find(name);
  if (value == nullptr ||
      (value->kind() != JsonKind::kArray && value->kind() != JsonKind::kObject)) {
    return Shortened(MemberText(object, name), kShownValue);
  }
  std::string text;
  JsonWriter(&text).Document(*value);
  return Shortened(std::move(text), kShownValue);
}

std::string MemberRounded(const JsonValue& object, absl::string_view name) {
  const JsonValue* value = object.Find(name);
  return value != nullptr && value->kind() == JsonKind::kDouble
             ? absl::StrFormat("%.4g", value->double_value())
             : MemberText(object, name);
}

}  // namespace millrace
