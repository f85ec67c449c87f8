#include "app/inference/field_facts.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "core/double_text.h"
#include "core/hashing.h"
#include "stream/expr/time_text.h"

namespace millrace {
namespace {

constexpr double kDayMs = 86'400'000;

// Milliseconds of a number in a unit.
double ToMs(double number, TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kSeconds: return number * 1'000;
    case TimeUnit::kMicros: return number / 1'000;
    default: return number;
  }
}

size_t IndexOf(TimeUnit unit) {
  return static_cast<size_t>(std::find(kTimeUnits.begin(), kTimeUnits.end(), unit) -
                             kTimeUnits.begin());
}

}  // namespace

absl::string_view TimeUnitWord(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kSeconds: return "s";
    case TimeUnit::kMillis: return "ms";
    case TimeUnit::kMicros: return "us";
    case TimeUnit::kRfc3339: return "rfc3339";
  }
  return "";
}

const FieldFacts* FieldFacts::Find(absl::string_view member) const {
  for (const auto& [name, facts] : members) {
    if (name == member) return facts.get();
  }
  return nullptr;
}

FieldFacts& FieldFacts::Member(const std::string& name) {
  for (const auto& [known, facts] : members) {
    if (known == name) return *facts;
  }
  return *members.emplace_back(name, std::make_unique<FieldFacts>()).second;
}

void FieldFacts::AddScalar(std::string text) {
  different.insert(Xxh3(text));
  if (samples.size() < kMaxSamples &&
      std::find(samples.begin(), samples.end(), text) == samples.end()) {
    samples.push_back(std::move(text));
  }
}

void FieldFacts::AddTime(double ms) {
  if (before_ && ms >= *before_) ++rising;
  before_ = ms;
}

void FieldFacts::AddNumber(double number, int64_t record_ms) {
  least = std::min(least, number);
  most = std::max(most, number);
  AddTime(number);
  for (const TimeUnit unit : kTimeUnits) {
    if (unit == TimeUnit::kRfc3339) continue;
    const double off_ms = ToMs(number, unit) - static_cast<double>(record_ms);
    if (std::abs(off_ms) <= kDayMs) ++near_record[IndexOf(unit)];
  }
}

void FieldFacts::Add(const JsonValue& value, int64_t record_ms, size_t depth) {
  switch (value.kind()) {
    case JsonKind::kNull: ++nulls; return;
    case JsonKind::kBool: ++bools; return AddScalar(value.bool_value() ? "true" : "false");
    case JsonKind::kInt:
      ++ints;
      AddNumber(static_cast<double>(value.int_value()), record_ms);
      return AddScalar(absl::StrCat(value.int_value()));
    case JsonKind::kDouble:
      ++doubles;
      AddNumber(value.double_value(), record_ms);
      return AddScalar(DoubleText(value.double_value()));
    case JsonKind::kString: {
      const absl::string_view text = value.string_value();
      ++strings;
      string_bytes += static_cast<int64_t>(text.size());
      if (const auto ms = ParseRfc3339(text)) {
        ++times;
        AddTime(static_cast<double>(*ms));
        const double off_ms = static_cast<double>(*ms) - static_cast<double>(record_ms);
        if (std::abs(off_ms) <= kDayMs) ++near_record[IndexOf(TimeUnit::kRfc3339)];
      }
      return AddScalar(std::string(text));
    }
    case JsonKind::kArray:
      ++arrays;
      if (items == nullptr) items = std::make_unique<FieldFacts>();
      fewest_items = std::min(fewest_items, value.items().size());
      most_items = std::max(most_items, value.items().size());
      if (depth >= kMaxDepth) return;
      for (const JsonValue& item : value.items()) items->Add(item, record_ms, depth + 1);
      return;
    case JsonKind::kObject:
      ++objects;
      if (depth >= kMaxDepth) return;
      for (const JsonMember& member : value.members()) {
        Member(member.name).Add(member.value, record_ms, depth + 1);
      }
      return;
  }
}

}  // namespace millrace
