#include "stream/expr/zone_name.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace millrace {
namespace {

// "hh:mm" with an optional sign.
bool LoadOffset(absl::string_view text, absl::TimeZone* zone) {
  const bool west = absl::ConsumePrefix(&text, "-");
  if (!west) absl::ConsumePrefix(&text, "+");
  if (text.size() != 5 || text[2] != ':') return false;
  const auto two_digits = [text](size_t at) {
    const int tens = text[at] - '0';
    const int ones = text[at + 1] - '0';
    return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : 60;
  };
  const int hours = two_digits(0);
  const int minutes = two_digits(3);
  if (hours > 23 || minutes > 59) return false;
  const int seconds = (hours * 60 + minutes) * 60;
  *zone = absl::FixedTimeZone(west ? -seconds : seconds);
  return true;
}

}  // namespace

bool LoadZone(absl::string_view name, absl::TimeZone* zone) {
  if (name.find(':') != absl::string_view::npos) return LoadOffset(name, zone);
  if (name.empty() || name[0] == '/' || name == "localtime" || absl::StrContains(name, "..")) {
    return false;
  }
  return absl::LoadTimeZone(std::string(name), zone);
}

}  // namespace millrace
