#include "learners/registry.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "learners/baseline/constant.h"
#include "learners/baseline/rate_table.h"
#include "learners/linear/logistic.h"
#include "learners/option_values.h"

namespace millrace {
namespace {

// Insertions, deletions and replacements that turn `a` into `b`.
size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

// "; did you mean \"rate\"?" or nothing.
std::string Suggestion(absl::string_view word, const std::vector<std::string>& known) {
  std::string best;
  size_t best_distance = std::max<size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const size_t distance = EditDistance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best.empty() ? "" : absl::StrCat("; did you mean \"", best, "\"?");
}

std::string UnknownOption(const LearnerType& type, absl::string_view option) {
  std::vector<std::string> names;
  for (const OptionSpec& spec : type.options) names.push_back(spec.name);
  return absl::StrCat(type.name, " has no option \"", option, "\"", Suggestion(option, names));
}

// Empty when the number is in range.
std::string RangeError(const OptionSpec& spec, absl::string_view option, double number) {
  if (!std::isfinite(number)) return absl::StrCat(option, " must be finite");
  if (spec.min && spec.above_min && !(number > *spec.min)) {
    return absl::StrCat(option, " must be > ", *spec.min);
  }
  if (spec.min && number < *spec.min) return absl::StrCat(option, " must be >= ", *spec.min);
  if (spec.max && number > *spec.max) return absl::StrCat(option, " must be <= ", *spec.max);
  return "";
}

// Empty when the value fits the spec.
std::string ValueError(const OptionSpec& spec, absl::string_view option, const Value& value) {
  const bool fits =
      value.type() == spec.type || (spec.type == Type::kDouble && value.type() == Type::kInt);
  if (!fits) {
    return absl::StrCat(option, " must be a ", TypeName(spec.type), ", not ",
                        value.is_null() ? "null" : absl::StrCat("a ", TypeName(value.type())));
  }
  if (value.type() == Type::kDouble) return RangeError(spec, option, value.double_value());
  if (value.type() == Type::kInt) {
    return RangeError(spec, option, static_cast<double>(value.int_value()));
  }
  if (spec.choices.empty()) return "";
  const std::string word = ToString(value);
  if (std::find(spec.choices.begin(), spec.choices.end(), word) != spec.choices.end()) return "";
  return absl::StrCat(option, " must be one of ", absl::StrJoin(spec.choices, ", "), ", not \"",
                      word, "\"", Suggestion(word, spec.choices));
}

// Options "encode.fields.<input>" name an input. Empty when this one does, or is another.
std::string FieldNameError(absl::string_view option, std::span<const InputField> inputs) {
  constexpr absl::string_view kPrefix = "encode.fields.";
  if (!absl::StartsWith(option, kPrefix)) return "";
  const absl::string_view name = option.substr(kPrefix.size());
  std::vector<std::string> names;
  for (const InputField& input : inputs) {
    if (input.name == name) return "";
    names.push_back(input.name);
  }
  return absl::StrCat("encode.fields names \"", name, "\", which is no input",
                      Suggestion(name, names));
}

// "keys.3" has the number of an item behind the dot. Empty when it has, or is no list.
std::string ListItemError(const OptionSpec& spec, absl::string_view option) {
  if (!absl::EndsWith(spec.name, ".*") || absl::StartsWith(option, "encode.fields.")) return "";
  int64_t index;
  const absl::string_view item = option.substr(spec.name.size() - 1);
  if (absl::SimpleAtoi(item, &index) && index >= 0) return "";
  return absl::StrCat(option.substr(0, spec.name.size() - 2), " must be a list");
}

}  // namespace

std::span<const LearnerType> LearnerTypes() {
  static const auto& types =
      *new std::vector<LearnerType>{LogisticType(), RateTableType(), ConstantType()};
  return types;
}

const LearnerType* FindLearnerType(absl::string_view name) {
  for (const LearnerType& type : LearnerTypes()) {
    if (type.name == name) return &type;
    for (const std::string& alias : type.aliases) {
      if (alias == name) return &type;
    }
  }
  return nullptr;
}

std::vector<OptionError> CheckLearnerOptions(const LearnerType& type, const LearnerOptions& options,
                                             std::span<const InputField> inputs) {
  std::vector<OptionError> errors;
  for (const auto& [option, value] : options) {
    const OptionSpec* spec = FindOptionSpec(type.options, option);
    if (spec == nullptr) {
      errors.push_back({option, UnknownOption(type, option)});
      continue;
    }
    for (std::string message : {ListItemError(*spec, option), FieldNameError(option, inputs),
                                ValueError(*spec, option, value.view())}) {
      if (!message.empty()) {
        errors.push_back({option, std::move(message)});
        break;
      }
    }
  }
  if (type.check) type.check(options, inputs, &errors);
  return errors;
}

}  // namespace millrace
