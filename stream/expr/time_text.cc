#include "stream/expr/time_text.h"

#include <charconv>

#include "absl/time/civil_time.h"

namespace millrace {
namespace {

constexpr int64_t kDayMs = 86'400'000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Reads exactly `digits` digits at `at`; -1 if they are not.
int Digits(absl::string_view text, size_t at, size_t digits) {
  if (at + digits > text.size()) return -1;
  int value = 0;
  for (size_t i = at; i < at + digits; ++i) {
    if (!IsDigit(text[i])) return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

int DaysInMonth(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : kDays[month - 1];
}

// Days since 1970-01-01 in the proleptic Gregorian calendar: H. Hinnant, "chrono-Compatible
// Low-Level Date Algorithms", days_from_civil. REQUIRES: 0 <= year.
int64_t DaysFromCivil(int year, int month, int day) {
  const int64_t y = month <= 2 ? year - 1 : year;
  const int64_t era = FloorDiv(y, 400);
  const int64_t year_of_era = y - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

// "Z", "z" or "±hh:mm" → minutes east of UTC.
std::optional<int> ParseZone(absl::string_view zone) {
  if (zone == "Z" || zone == "z") return 0;
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return std::nullopt;
  const int hours = Digits(zone, 1, 2);
  const int minutes = Digits(zone, 4, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  return (zone[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

char* PutDigits(char* out, int64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  return out + digits;
}

char* PutMillis(char* out, int64_t ms) {
  *out++ = '.';
  return PutDigits(out, ms, 3);
}

}  // namespace

std::optional<int64_t> ParseRfc3339(absl::string_view text) {
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  if (text[10] != 'T' && text[10] != 't' && text[10] != ' ') return std::nullopt;
  const int year = Digits(text, 0, 4);
  const int month = Digits(text, 5, 2);
  const int day = Digits(text, 8, 2);
  const int hour = Digits(text, 11, 2);
  const int minute = Digits(text, 14, 2);
  const int second = Digits(text, 17, 2);
  if (year < 0 || month < 1 || month > 12 || day < 1 || day > DaysInMonth(year, month) ||
      hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) {
    return std::nullopt;
  }
  size_t at = 19;
  int64_t ms = 0;
  if (text[at] == '.') {
    const size_t first = ++at;
    int64_t scale = 100;
    for (; at < text.size() && IsDigit(text[at]); ++at, scale /= 10) ms += (text[at] - '0') * scale;
    if (at == first) return std::nullopt;
  }
  const std::optional<int> zone = ParseZone(text.substr(at));
  if (!zone.has_value()) return std::nullopt;
  ms += DaysFromCivil(year, month, day) * kDayMs +
        ((hour * 60 + minute - *zone) * 60 + second) * int64_t{1000};
  if (ms < kMinTimestampMs || ms > kMaxTimestampMs) return std::nullopt;
  return ms;
}

std::optional<int64_t> DurationUnitMs(absl::string_view unit) {
  if (unit == "ms") return 1;
  if (unit == "s") return 1'000;
  if (unit == "m") return 60'000;
  if (unit == "h") return 3'600'000;
  if (unit == "d") return kDayMs;
  return std::nullopt;
}

std::optional<int64_t> ParseDurationText(absl::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  int64_t total = 0;
  while (!text.empty()) {
    // Whole part, then up to 9 decimals: finer ones are below a millisecond of a day.
    size_t at = 0;
    int64_t whole = 0;
    int64_t decimals = 0;
    int64_t decimal_scale = 1;
    for (; at < text.size() && IsDigit(text[at]); ++at) {
      if (__builtin_mul_overflow(whole, 10, &whole) ||
          __builtin_add_overflow(whole, text[at] - '0', &whole)) {
        return std::nullopt;
      }
    }
    if (at == 0) return std::nullopt;
    if (at < text.size() && text[at] == '.') {
      const size_t first = ++at;
      for (; at < text.size() && IsDigit(text[at]); ++at) {
        if (decimal_scale == 1'000'000'000) continue;
        decimals = decimals * 10 + (text[at] - '0');
        decimal_scale *= 10;
      }
      if (at == first) return std::nullopt;
    }
    size_t end = at;
    while (end < text.size() && text[end] >= 'a' && text[end] <= 'z') ++end;
    const std::optional<int64_t> unit = DurationUnitMs(text.substr(at, end - at));
    if (!unit.has_value()) return std::nullopt;
    int64_t ms;
    if (__builtin_mul_overflow(whole, *unit, &ms) ||
        __builtin_add_overflow(ms, decimals * *unit / decimal_scale, &ms) ||
        __builtin_add_overflow(total, ms, &total)) {
      return std::nullopt;
    }
    text.remove_prefix(end);
  }
  return negative ? -total : total;
}

size_t WriteTimestamp(int64_t epoch_ms, char* out) {
  if (epoch_ms < kMinTimestampMs || epoch_ms > kMaxTimestampMs) return 0;
  const int64_t days = FloorDiv(epoch_ms, kDayMs);
  const int64_t in_day = epoch_ms - days * kDayMs;
  const absl::CivilDay date = absl::CivilDay(1970, 1, 1) + days;
  char* end = PutDigits(out, date.year(), 4);
  *end++ = '-';
  end = PutDigits(end, date.month(), 2);
  *end++ = '-';
  end = PutDigits(end, date.day(), 2);
  *end++ = 'T';
  end = PutDigits(end, in_day / 3'600'000, 2);
  *end++ = ':';
  end = PutDigits(end, in_day / 60'000 % 60, 2);
  *end++ = ':';
  end = PutDigits(end, in_day / 1'000 % 60, 2);
  if (in_day % 1'000 != 0) end = PutMillis(end, in_day % 1'000);
  *end++ = 'Z';
  return static_cast<size_t>(end - out);
}

size_t WriteDuration(int64_t ms, char* out) {
  char* end = out;
  uint64_t magnitude = static_cast<uint64_t>(ms);
  if (ms < 0) {
    *end++ = '-';
    magnitude = 0 - magnitude;
  }
  end = std::to_chars(end, out + kMaxTimeTextBytes, magnitude / 1'000).ptr;
  if (magnitude % 1'000 != 0) {
    end = PutMillis(end, static_cast<int64_t>(magnitude % 1'000));
    while (end[-1] == '0') --end;
  }
  *end++ = 's';
  return static_cast<size_t>(end - out);
}

}  // namespace millrace
