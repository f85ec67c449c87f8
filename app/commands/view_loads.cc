#include "app/commands/view_loads.h"

#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/check.h"
#include "core/status_macros.h"

namespace millrace {
namespace {

bool ParseNumber(absl::string_view text, double* number) { return absl::SimpleAtod(text, number); }
bool ParseNumber(absl::string_view text, int64_t* number) { return absl::SimpleAtoi(text, number); }

// By view, "" for all, what the words of the option say.
template <typename T>
absl::StatusOr<std::map<std::string, T>> ByView(absl::string_view option,
                                                const std::vector<std::string>& words) {
  std::map<std::string, T> said;
  for (const absl::string_view word : words) {
    const size_t equals = word.rfind('=');
    if (equals == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat(option, " ", word, " names no view; without = it is of all"));
    }
    const bool of_all = equals == absl::string_view::npos;
    const std::string view(of_all ? "" : word.substr(0, equals));
    const auto [entry, fresh] = said.emplace(view, T{});
    if (!fresh) {
      return absl::InvalidArgumentError(absl::StrCat(
          option, " is given twice for ", of_all ? "all views" : absl::StrCat("'", view, "'")));
    }
    CHECK(ParseNumber(of_all ? word : word.substr(equals + 1), &entry->second));
  }
  return said;
}

// What is said of the view, else of all; null when neither is.
template <typename T>
const T* Find(const std::map<std::string, T>& said, absl::string_view view) {
  auto found = said.find(std::string(view));
  if (found == said.end()) found = said.find("");
  return found == said.end() ? nullptr : &found->second;
}

}  // namespace

absl::StatusOr<ViewLoads> ViewLoads::Parse(const std::vector<std::string>& rates,
                                           const std::vector<std::string>& entities) {
  ViewLoads loads;
  ASSIGN_OR_RETURN(loads.rates_, ByView<double>("--rate", rates));
  ASSIGN_OR_RETURN(loads.entities_, ByView<int64_t>("--entities", entities));
  return loads;
}

EntityLoad ViewLoads::Of(absl::string_view view) const {
  EntityLoad load;
  if (const double* rate = Find(rates_, view)) load.records_per_s = *rate;
  if (const int64_t* entities = Find(entities_, view)) load.entities = *entities;
  return load;
}

std::vector<std::string> ViewLoads::names() const {
  std::set<std::string> names;
  for (const auto& [view, rate] : rates_) names.insert(view);
  for (const auto& [view, entities] : entities_) names.insert(view);
  names.erase("");
  return {names.begin(), names.end()};
}

}  // namespace millrace
