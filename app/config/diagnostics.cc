#include "app/config/diagnostics.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace millrace {
namespace {

// A window of this many characters around the caret is shown of a long line.
constexpr int kShownColumns = 160;

int CountCharacters(absl::string_view bytes) {
  int count = 0;
  for (char c : bytes) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

// The size of the character that `text` begins with; 0 when it is not UTF-8.
size_t CharacterSize(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const size_t size = first < 0x80   ? 1
                      : first < 0xC2 ? 0
                      : first < 0xE0 ? 2
                      : first < 0xF0 ? 3
                      : first < 0xF5 ? 4
                                     : 0;
  if (size == 0 || size > text.size()) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, and what lies beyond U+10FFFF.
  const bool good = !(first == 0xE0 && byte(1) < 0xA0) && !(first == 0xED && byte(1) > 0x9F) &&
                    !(first == 0xF0 && byte(1) < 0x90) && !(first == 0xF4 && byte(1) > 0x8F);
  return good ? size : 0;
}

// Controls would move the caret or rule the terminal; U+202A to U+202E and U+2066 to U+2069 would
// show what follows in another order.
bool IsControl(absl::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7F;
  const auto second = static_cast<unsigned char>(character[1]);
  if (character.size() == 2) return first == 0xC2 && second < 0xA0;
  const auto third = static_cast<unsigned char>(character[2]);
  return character.size() == 3 && first == 0xE2 &&
         ((second == 0x80 && third >= 0xA8 && third <= 0xAE) ||
          (second == 0x81 && third >= 0xA6 && third <= 0xA9));
}

// Appends the next character of *text, or byte where it is none, as it may be shown, and takes it.
void TakeShown(absl::string_view* text, std::string* out) {
  const size_t size = CharacterSize(*text);
  const absl::string_view taken = text->substr(0, std::max<size_t>(size, 1));
  text->remove_prefix(taken.size());
  if (taken == "\t") {
    out->push_back(' ');
  } else if (size > 0 && !IsControl(taken)) {
    absl::StrAppend(out, taken);
  } else {
    for (const char c : taken) {
      absl::StrAppendFormat(out, "\\x%02x", static_cast<unsigned char>(c));
    }
  }
}

// What is shown of a line: characters [from, from + count) of it, where the caret stands below that
// and how long it is.
struct ShownLine {
  std::string text;
  int caret = 0;
  int length = 1;
};

ShownLine ShowLine(const Diagnostic& d) {
  const int from = std::max(0, d.column - 1 - kShownColumns / 2);
  ShownLine line;
  int index = -1, width = 0, end = 0;
  for (absl::string_view rest = d.source_line; !rest.empty();) {
    std::string shown;
    // As columns are counted: bytes that continue a character are of the one before.
    index += (static_cast<unsigned char>(rest[0]) & 0xC0) != 0x80;
    TakeShown(&rest, &shown);
    if (index < from) continue;
    if (index >= from + kShownColumns) break;
    if (index < d.column - 1) line.caret = width + CountCharacters(shown);
    width += CountCharacters(shown);
    if (index < d.column - 1 + d.length) end = width;
    line.text += shown;
  }
  if (index < d.column - 1) line.caret = width + (d.column - 2 - index);
  line.length = std::max(1, end - line.caret);
  return line;
}

absl::string_view Paint(Color color, absl::string_view escape) {
  return color == Color::kAlways ? escape : absl::string_view();
}

void RenderOne(const Diagnostic& d, Color color, std::string* out) {
  const bool is_error = d.severity == Severity::kError;
  const absl::string_view red = Paint(color, is_error ? "\033[1;31m" : "\033[1;33m");
  const absl::string_view bold = Paint(color, "\033[1m");
  const absl::string_view off = Paint(color, "\033[0m");
  absl::StrAppend(out, bold, Printable(d.file));
  if (d.line > 0) absl::StrAppend(out, ":", d.line, ":", d.column);
  absl::StrAppend(out, ": ", off, red, is_error ? "error" : "warning", "[", d.code, "]", off, ": ",
                  bold, Printable(d.message), off, "\n");
  if (d.line > 0) {
    const ShownLine line = ShowLine(d);
    absl::StrAppend(out, absl::StrFormat("%5d | ", d.line), line.text, "\n");
    absl::StrAppend(out, "      | ", std::string(line.caret, ' '), red,
                    std::string(line.length, '^'), off);
    if (!d.suggestion.empty()) absl::StrAppend(out, " ", Printable(d.suggestion));
    absl::StrAppend(out, "\n");
  } else if (!d.suggestion.empty()) {
    absl::StrAppend(out, "   = ", Printable(d.suggestion), "\n");
  }
  if (!d.known.empty()) {
    constexpr size_t kShown = 64;  // of a longer list the beginning
    const bool all = d.known.size() <= kShown;
    const auto end = all ? d.known.end() : d.known.begin() + kShown;
    absl::StrAppend(out, "   = known: ", Printable(absl::StrJoin(d.known.begin(), end, ", ")),
                    all ? "" : ", ...", "\n");
  }
  absl::StrAppend(out, "   = help: millrace help errors ", d.code, "\n");
}

std::string Counted(int count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

}  // namespace

std::string Printable(absl::string_view text) {
  std::string out;
  while (!text.empty()) TakeShown(&text, &out);
  return out;
}

std::string Render(const std::vector<Diagnostic>& diagnostics, Color color) {
  if (diagnostics.empty()) return "";
  std::string out;
  int errors = 0, warnings = 0;
  std::set<std::string> files;
  for (const Diagnostic& d : diagnostics) {
    RenderOne(d, color, &out);
    ++(d.severity == Severity::kError ? errors : warnings);
    files.insert(d.file);
  }
  absl::StrAppend(&out, Counted(errors, "error"), ", ", Counted(warnings, "warning"), " in ",
                  Counted(static_cast<int>(files.size()), "file"), "\n");
  return out;
}

int DiagnosticSink::AddText(std::string name, std::string text) {
  if (absl::StartsWith(text, "\xEF\xBB\xBF")) text.erase(0, 3);
  Text added{std::move(name), std::move(text), {0}};
  for (size_t i = 0; i < added.text.size(); ++i) {
    if (added.text[i] == '\n') added.line_starts.push_back(i + 1);
  }
  texts_.push_back(std::move(added));
  return static_cast<int>(texts_.size()) - 1;
}

absl::string_view DiagnosticSink::Line(int number, int line) const {
  const Text& text = texts_[number];
  if (line < 1 || line > static_cast<int>(text.line_starts.size())) return "";
  const size_t begin = text.line_starts[line - 1];
  const size_t end = line < static_cast<int>(text.line_starts.size()) ? text.line_starts[line] - 1
                                                                      : text.text.size();
  absl::string_view bytes = absl::string_view(text.text).substr(begin, end - begin);
  if (!bytes.empty() && bytes.back() == '\r') bytes.remove_suffix(1);
  return bytes;
}

Diagnostic& DiagnosticSink::Add(Severity severity, ConfigErrorCode code, const TextPlace& place,
                                std::string message) {
  Diagnostic d;
  d.severity = severity;
  d.code = ErrorCodeName(code);
  d.file = texts_[place.text].name;
  d.message = std::move(message);
  if (place.line > 0) {
    const absl::string_view line = Line(place.text, place.line);
    const size_t column = std::min<size_t>(place.column, line.size());
    d.line = place.line;
    d.column = CountCharacters(line.substr(0, column)) + 1;
    d.length = std::max(1, CountCharacters(line.substr(column, place.length)));
    d.source_line = std::string(line);
  }
  entries_.push_back({place, std::move(d)});
  return entries_.back().diagnostic;
}

Diagnostic& DiagnosticSink::Error(ConfigErrorCode code, const TextPlace& place,
                                  std::string message) {
  ++errors_;
  return Add(Severity::kError, code, place, std::move(message));
}

Diagnostic& DiagnosticSink::Warning(ConfigErrorCode code, const TextPlace& place,
                                    std::string message) {
  return Add(Severity::kWarning, code, place, std::move(message));
}

std::vector<Diagnostic> DiagnosticSink::Sorted() const {
  std::vector<const Entry*> order;
  for (const Entry& entry : entries_) order.push_back(&entry);
  std::stable_sort(order.begin(), order.end(), [](const Entry* a, const Entry* b) {
    return std::tie(a->place.text, a->place.line, a->place.column) <
           std::tie(b->place.text, b->place.line, b->place.column);
  });
  std::vector<Diagnostic> sorted;
  for (const Entry* entry : order) {
    const Diagnostic& d = entry->diagnostic;
    if (!sorted.empty() && sorted.back().file == d.file && sorted.back().line == d.line &&
        sorted.back().column == d.column && sorted.back().message == d.message) {
      continue;
    }
    sorted.push_back(d);
  }
  return sorted;
}

}  // namespace millrace
