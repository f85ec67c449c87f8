#include "app/config/suggest.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/closest_name.h"

namespace millrace {
namespace {

// Words of other systems, in lower case, and ours.
constexpr std::pair<absl::string_view, absl::string_view> kOtherWords[] = {
    {"avg", "mean"},
    {"average", "mean"},
    {"nunique", "count_distinct"},
    {"distinct_count", "count_distinct"},
    {"unique", "distinct"},
    {"stddev", "std_samp"},
    {"std", "std_samp"},
    {"variance", "var_samp"},
    {"var", "var_samp"},
    {"percentile", "quantile"},
    {"latest", "last"},
    {"earliest", "first"},
    {"float", "double"},
    {"float64", "double"},
    {"number", "double"},
    {"integer", "int"},
    {"int64", "int"},
    {"long", "int"},
    {"bigint", "int"},
    {"str", "string"},
    {"text", "string"},
    {"varchar", "string"},
    {"boolean", "bool"},
    {"datetime", "timestamp"},
    {"iso", "rfc3339"},
    {"iso8601", "rfc3339"},
    {"millis", "ms"},
    {"seconds", "s"},
};

bool Contains(const std::vector<std::string>& words, absl::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Of "p95" 0.95; of "p999" 0.999.
std::string ShareOfPercentile(absl::string_view word) {
  if (!absl::ConsumePrefix(&word, "p") || word.size() < 2 ||
      !std::all_of(word.begin(), word.end(), absl::ascii_isdigit)) {
    return "";
  }
  return absl::StrCat("0.", absl::StripSuffix(word, "0"));
}

}  // namespace

std::string DidYouMean(absl::string_view word, const std::vector<std::string>& known) {
  const std::string lower = absl::AsciiStrToLower(word);
  for (const auto& [other, ours] : kOtherWords) {
    if (other == lower && Contains(known, ours)) return absl::StrCat("did you mean '", ours, "'?");
  }
  if (const std::string q = ShareOfPercentile(lower); !q.empty() && Contains(known, "quantile")) {
    return absl::StrCat("did you mean 'quantile' with q: ", q, "?");
  }
  const std::string nearest = ClosestName(word, known);
  return nearest.empty() ? "" : absl::StrCat("did you mean '", nearest, "'?");
}

}  // namespace millrace
