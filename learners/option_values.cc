#include "learners/option_values.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/check.h"
#include "core/coding.h"

namespace millrace {
namespace {

bool IsWildcard(const OptionSpec& spec) { return absl::EndsWith(spec.name, ".*"); }

}  // namespace

const OptionSpec* FindOptionSpec(std::span<const OptionSpec> specs, absl::string_view name) {
  for (const OptionSpec& spec : specs) {
    if (spec.name == name) return &spec;
    if (!IsWildcard(spec)) continue;
    const absl::string_view prefix = absl::string_view(spec.name).substr(0, spec.name.size() - 1);
    if (name.size() > prefix.size() && absl::StartsWith(name, prefix)) return &spec;
  }
  return nullptr;
}

OptionValues::OptionValues(std::span<const OptionSpec> specs, const LearnerOptions& options)
    : specs_(specs.begin(), specs.end()), options_(options) {}

std::string OptionValues::Text(absl::string_view name) const {
  const auto it = options_.find(std::string(name));
  if (it != options_.end()) return ToString(it->second.view());
  const OptionSpec* spec = FindOptionSpec(specs_, name);
  CHECK(spec != nullptr);
  return spec->default_text;
}

double OptionValues::Double(absl::string_view name) const {
  const auto it = options_.find(std::string(name));
  if (it != options_.end()) {  // not through text: that would round
    const Value value = it->second.view();
    return value.type() == Type::kDouble ? value.double_value()
                                         : static_cast<double>(value.int_value());
  }
  double number = 0;
  CHECK(absl::SimpleAtod(Text(name), &number));
  return number;
}

int64_t OptionValues::Int(absl::string_view name) const {
  int64_t number = 0;
  CHECK(absl::SimpleAtoi(Text(name), &number));
  return number;
}

std::string OptionValues::String(absl::string_view name) const { return Text(name); }

std::vector<std::string> OptionValues::List(absl::string_view name) const {
  const std::string prefix = absl::StrCat(name, ".");
  std::map<int64_t, std::string> items;
  for (const auto& [key, value] : options_) {
    int64_t index;
    if (absl::StartsWith(key, prefix) && absl::SimpleAtoi(key.substr(prefix.size()), &index)) {
      items[index] = ToString(value.view());
    }
  }
  std::vector<std::string> list;
  for (auto& [index, item] : items) list.push_back(std::move(item));
  return list;
}

std::string OptionValues::Identity() const {
  std::string identity;
  for (const OptionSpec& spec : specs_) {
    if (IsWildcard(spec)) {
      const absl::string_view prefix = absl::string_view(spec.name).substr(0, spec.name.size() - 1);
      for (const auto& [key, value] : options_) {
        if (!absl::StartsWith(key, prefix)) continue;
        PutLengthPrefixed(&identity, key);
        PutLengthPrefixed(&identity, ToString(value.view()));
      }
      continue;
    }
    PutLengthPrefixed(&identity, spec.name);
    if (spec.type == Type::kDouble) {  // by bits: text would round
      PutDouble(&identity, Double(spec.name));
    } else {
      PutLengthPrefixed(&identity, Text(spec.name));
    }
  }
  return identity;
}

}  // namespace millrace
