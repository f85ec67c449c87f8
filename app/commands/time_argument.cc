#include "app/commands/time_argument.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "stream/expr/time_text.h"

namespace millrace {

std::optional<int64_t> TimeArgument(absl::string_view text) {
  int64_t ms = 0;
  if (absl::SimpleAtoi(text, &ms)) return ms;
  if (const std::optional<int64_t> moment = ParseRfc3339(text)) return moment;
  return ParseRfc3339(absl::StrCat(text, "T00:00:00Z"));
}

CLI::Option* AddTimeOption(CLI::App* command, const std::string& name, absl::string_view meaning,
                           std::optional<int64_t>* time) {
  const auto check = [](std::string& text) -> std::string {
    if (TimeArgument(text)) return "";
    return absl::StrCat("takes ", kTimeForms, ", not '", text, "'");
  };
  return command
      ->add_option_function<std::string>(
          name, [time](const std::string& text) { *time = TimeArgument(text); },
          absl::StrCat(meaning, ": ", kTimeForms))
      ->check(CLI::Validator(check, ""));
}

}  // namespace millrace
