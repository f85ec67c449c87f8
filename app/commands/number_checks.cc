#include "app/commands/number_checks.h"

#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace millrace {

// The parser puts the option's name and ": " before these; FailUsage makes it one sentence.

CLI::Validator NumberAboveZero() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        double number = 0;
        if (absl::SimpleAtod(text, &number) && std::isfinite(number) && number > 0) return "";
        return absl::StrCat("takes a number above 0, not '", text, "'");
      },
      "");
}

CLI::Validator WholeNumber(int64_t least, int64_t most) {
  return CLI::Validator(
      [least, most](std::string& text) -> std::string {
        int64_t number = 0;
        if (absl::SimpleAtoi(text, &number) && number >= least && number <= most) return "";
        const bool open = most >= std::numeric_limits<int32_t>::max();
        return absl::StrCat(
            "takes a whole number ",
            open ? absl::StrCat("of at least ", least) : absl::StrCat("from ", least, " to ", most),
            ", not '", text, "'");
      },
      "");
}

CLI::Validator OfView(CLI::Validator number) {
  return CLI::Validator(
      [number = std::move(number)](std::string& text) -> std::string {
        const size_t equals = text.rfind('=');
        std::string rest = equals == std::string::npos ? text : text.substr(equals + 1);
        return number(rest);
      },
      "");
}

}  // namespace millrace
