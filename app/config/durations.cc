#include "app/config/durations.h"

#include <algorithm>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace millrace {
namespace {

struct Unit {
  absl::string_view name;
  int64_t size;
};
constexpr Unit kDurationUnits[] = {{"w", 604'800'000}, {"d", 86'400'000}, {"h", 3'600'000},
                                   {"m", 60'000},      {"s", 1'000},      {"ms", 1}};
constexpr Unit kSizeUnits[] = {
    {"B", 1},           {"KiB", 1LL << 10},    {"MiB", 1LL << 20},
    {"GiB", 1LL << 30}, {"TiB", 1LL << 40},    {"KB", 1'000},
    {"MB", 1'000'000},  {"GB", 1'000'000'000}, {"TB", 1'000'000'000'000}};
constexpr int64_t kLongest = 1000LL * 366 * 86'400'000;

// Takes leading digits; false when there is none or too many.
bool TakeNumber(absl::string_view* text, int64_t* number) {
  size_t digits = 0;
  while (digits < text->size() && absl::ascii_isdigit((*text)[digits])) ++digits;
  if (digits == 0 || !absl::SimpleAtoi(text->substr(0, digits), number)) return false;
  text->remove_prefix(digits);
  return true;
}

absl::string_view TakeLetters(absl::string_view* text) {
  size_t letters = 0;
  while (letters < text->size() && absl::ascii_isalpha((*text)[letters])) ++letters;
  const absl::string_view taken = text->substr(0, letters);
  text->remove_prefix(letters);
  return taken;
}

// Of a well-formed duration, in milliseconds; whatever is longer than kLongest is kLongest + 1.
std::optional<int64_t> LengthOf(absl::string_view text) {
  if (text.empty()) return std::nullopt;
  int64_t total = 0;
  int64_t previous = std::numeric_limits<int64_t>::max();
  while (!text.empty()) {
    int64_t number = 0;
    if (!TakeNumber(&text, &number)) return std::nullopt;
    const absl::string_view name = TakeLetters(&text);
    int64_t size = 0;
    for (const Unit& unit : kDurationUnits) {
      if (unit.name == name) size = unit.size;
    }
    if (size == 0 || size >= previous) return std::nullopt;
    total = number > kLongest / size ? kLongest + 1 : std::min(total + number * size, kLongest + 1);
    previous = size;
  }
  return total;
}

}  // namespace

std::optional<int64_t> ParseDuration(absl::string_view text) {
  const std::optional<int64_t> length = LengthOf(text);
  return length && *length <= kLongest ? length : std::nullopt;
}

bool IsTooLong(absl::string_view text) {
  const std::optional<int64_t> length = LengthOf(text);
  return length && *length > kLongest;
}

std::string DurationAdvice(absl::string_view text) {
  static constexpr struct {
    absl::string_view name, unit;
  } kWords[] = {{"min", "m"},   {"mins", "m"},    {"minute", "m"}, {"minutes", "m"},
                {"sec", "s"},   {"secs", "s"},    {"second", "s"}, {"seconds", "s"},
                {"hr", "h"},    {"hrs", "h"},     {"hour", "h"},   {"hours", "h"},
                {"day", "d"},   {"days", "d"},    {"week", "w"},   {"weeks", "w"},
                {"msec", "ms"}, {"millis", "ms"}, {"wk", "w"},     {"milliseconds", "ms"},
                {"D", "d"},     {"H", "h"},       {"S", "s"},      {"W", "w"}};
  if (text.empty()) return "";
  std::string meant;
  bool units = true;   // all are right
  bool sorted = true;  // from large to small
  int64_t previous = std::numeric_limits<int64_t>::max();
  while (!text.empty()) {
    size_t digits = 0;
    while (digits < text.size() && absl::ascii_isdigit(text[digits])) ++digits;
    if (digits == 0) return "";
    absl::StrAppend(&meant, text.substr(0, digits));
    text = absl::StripLeadingAsciiWhitespace(text.substr(digits));
    if (!text.empty() && text[0] == '.') return "whole numbers only, as in 1h30m";
    absl::string_view name = TakeLetters(&text);
    for (const auto& word : kWords) {
      if (word.name == name) name = word.unit;
    }
    int64_t size = 0;
    for (const Unit& unit : kDurationUnits) {
      if (unit.name == name) size = unit.size;
    }
    units = units && size > 0;
    sorted = sorted && size < previous;
    previous = size;
    absl::StrAppend(&meant, name);
    text = absl::StripLeadingAsciiWhitespace(text);
  }
  if (!units) return "the units are w, d, h, m, s and ms";
  if (ParseDuration(meant)) return absl::StrCat("did you mean ", meant, "?");
  return sorted ? "at most a thousand years" : "from the largest unit to the smallest, as in 1h30m";
}

std::string FormatDuration(int64_t ms) {
  if (ms == 0) return "0s";
  std::string out;
  for (const Unit& unit : kDurationUnits) {
    // Weeks read worse than days: "7d", not "1w".
    if (unit.name == "w" || ms < unit.size) continue;
    absl::StrAppend(&out, ms / unit.size, unit.name);
    ms %= unit.size;
  }
  return out;
}

std::optional<int64_t> ParseSize(absl::string_view text) {
  int64_t number = 0;
  if (!TakeNumber(&text, &number)) return std::nullopt;
  for (const Unit& unit : kSizeUnits) {
    if (unit.name != text) continue;
    if (number > std::numeric_limits<int64_t>::max() / unit.size) return std::nullopt;
    return number * unit.size;
  }
  return std::nullopt;
}

}  // namespace millrace
