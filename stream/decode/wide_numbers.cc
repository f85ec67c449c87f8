#include "stream/decode/wide_numbers.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace millrace {
namespace {

constexpr uint64_t kFirst = uint64_t{1} << 63;
constexpr absl::string_view kInNumbers = "0123456789+-.eE";

}  // namespace

void WideNumbers::Rewrite(absl::string_view text) {
  text_.clear();
  values_.clear();
  size_t at = 0;
  while (at < text.size()) {
    const size_t begin = at;
    if (text[at] == '"') {
      ++at;
      while (text[at] != '"') at += text[at] == '\\' ? 2 : 1;
      ++at;
    } else if (text[at] == '-' || (text[at] >= '0' && text[at] <= '9')) {
      at = std::min(text.find_first_not_of(kInNumbers, at), text.size());
      AppendNumber(text.substr(begin, at - begin));
      continue;
    } else {
      ++at;
    }
    absl::StrAppend(&text_, text.substr(begin, at - begin));
  }
}

void WideNumbers::AppendNumber(absl::string_view number) {
  const bool integer = number.find_first_of(".eE") == absl::string_view::npos;
  int64_t fits = 0;
  double nearest = 0;
  // Of what is out of range it gives the nearest, which is infinite or zero.
  const bool parsed = absl::SimpleAtod(number, &nearest);
  if (integer ? absl::SimpleAtoi(number, &fits) : parsed && std::isfinite(nearest)) {
    absl::StrAppend(&text_, number);
    return;
  }
  absl::StrAppend(&text_, kFirst + values_.size());
  values_.push_back(nearest);
}

double WideNumbers::ValueOf(uint64_t written) const {
  return values_.empty() ? static_cast<double>(written)
                         : values_[static_cast<size_t>(written - kFirst)];
}

}  // namespace millrace
