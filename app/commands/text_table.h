// TextTable: what the commands print for people: columns aligned by blanks, numbers to the right,
// and quantities as short text. Thread-compatible.

#ifndef MILLRACE_APP_COMMANDS_TEXT_TABLE_H_
#define MILLRACE_APP_COMMANDS_TEXT_TABLE_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "stream/decode/json_document.h"

namespace millrace {

class TextTable {
 public:
  // A header that starts with '>' aligns its column to the right.
  explicit TextTable(std::vector<std::string> headers);

  // REQUIRES: as many cells as headers.
  void Add(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }

  // Header and rows, each with a line end and without blanks before it.
  std::string ToString() const;

 private:
  std::vector<std::string> headers_;
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;
};

// "812 ms", "1.5 s", "12 min", "3.2 h", "41 d"; with a minus for what lies ahead.
std::string AgeText(int64_t ms);
// "2013-01-01T10:00:00.000Z".
std::string TimeText(int64_t epoch_ms);
// "128,433".
std::string CountText(int64_t n);

// The items of a member that is a list; none when it is not there.
std::span<const JsonValue> MemberItems(const JsonValue& object, absl::string_view name);
// A member of an answer as text: strings as they are, doubles in their shortest form, "-" for null
// and what is not there.
std::string MemberText(const JsonValue& object, absl::string_view name);
// The same of an integer, by one of the functions above.
std::string MemberText(const JsonValue& object, absl::string_view name,
                       std::string (*text)(int64_t));
// The value of a feature: as MemberText, lists and maps as JSON; of more than kShownValue
// characters the first ones and an ellipsis.
inline constexpr size_t kShownValue = 60;
std::string MemberValue(const JsonValue& object, absl::string_view name);
// A number to four digits.
std::string MemberRounded(const JsonValue& object, absl::string_view name);

}  // namespace millrace

#endif  // MILLRACE_APP_COMMANDS_TEXT_TABLE_H_
