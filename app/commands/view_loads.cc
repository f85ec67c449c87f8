#include "app/commands/view_loads.h"

#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "core/check.h"

namespace millrace {
namespace {

// The view, empty when none is named, and the number.
std::pair<std::string, absl::string_view> Split(absl::string_view word) {
  const size_t equals = word.rfind('=');
  if (equals == absl::string_view::npos) return {"", word};
  return {std::string(word.substr(0, equals)), word.substr(equals + 1)};
}

// What is said of the view, else of all; null when neither is.
template <typename T>
const T* Find(const std::map<std::string, T>& said, absl::string_view view) {
  auto found = said.find(std::string(view));
  if (found == said.end()) found = said.find("");
  return found == said.end() ? nullptr : &found->second;
}

}  // namespace

void ViewLoads::SetRates(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    const auto [view, number] = Split(word);
    CHECK(absl::SimpleAtod(number, &rates_[view]));
  }
}

void ViewLoads::SetEntities(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    const auto [view, number] = Split(word);
    CHECK(absl::SimpleAtoi(number, &entities_[view]));
  }
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
