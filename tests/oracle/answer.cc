#include "tests/oracle/answer.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

namespace millrace::oracle {
namespace {

Answer Of(Status status, Datum value) {
  Answer answer;
  answer.status = status;
  answer.value = std::move(value);
  return answer;
}

bool Near(const Answer& rule, double expected, double actual) {
  if (expected == actual) return true;
  return std::abs(actual - expected) <= rule.tolerance * std::max(std::abs(expected), rule.scale);
}

bool Agree(const Answer& rule, const Datum& expected, const Datum& actual) {
  if (expected.value.index() != actual.value.index()) return false;
  if (const auto* v = expected.As<double>()) return Near(rule, *v, *actual.As<double>());
  if (const auto* v = expected.As<DatumVector>()) {
    const auto& w = *actual.As<DatumVector>();
    return std::equal(v->begin(), v->end(), w.begin(), w.end(),
                      [&](double a, double b) { return Near(rule, a, b); });
  }
  if (const auto* v = expected.As<DatumList>()) {
    const auto& w = *actual.As<DatumList>();
    return std::equal(v->begin(), v->end(), w.begin(), w.end(),
                      [&](const Datum& a, const Datum& b) { return Agree(rule, a, b); });
  }
  if (const auto* v = expected.As<DatumMap>()) {
    const auto& w = *actual.As<DatumMap>();
    return std::equal(v->begin(), v->end(), w.begin(), w.end(), [&](const auto& a, const auto& b) {
      return a.first == b.first && Agree(rule, a.second, b.second);
    });
  }
  return expected == actual;
}

std::optional<double> Number(const Datum& datum) {
  if (const auto* v = datum.As<double>()) return *v;
  if (const auto* v = datum.As<int64_t>()) return static_cast<double>(*v);
  return std::nullopt;
}

bool InInterval(const Answer& rule, const Datum& actual) {
  const std::optional<double> number = Number(actual);
  return number && *number >= rule.low && *number <= rule.high;
}

bool AreMembers(const Answer& rule, const Datum& actual) {
  const auto* list = actual.As<DatumList>();
  if (list == nullptr || static_cast<int64_t>(list->size()) > rule.most) return false;
  const auto& known = *rule.members.As<DatumList>();
  std::set<std::string> seen;
  for (const Datum& item : *list) {
    if (std::find(known.begin(), known.end(), item) == known.end()) return false;
    if (!seen.insert(ToText(item)).second) return false;
  }
  return true;
}

bool AreCounts(const Answer& rule, const Datum& actual) {
  const auto* map = actual.As<DatumMap>();
  if (map == nullptr || static_cast<int64_t>(map->size()) > rule.most) return false;
  const auto& known = *rule.members.As<DatumMap>();
  for (const auto& [key, count] : *map) {
    const auto truth = known.find(key);
    const auto* shown = count.As<int64_t>();
    if (truth == known.end() || shown == nullptr) return false;
    const int64_t exact = *truth->second.As<int64_t>();
    if (static_cast<double>(*shown) > static_cast<double>(exact) + rule.high ||
        static_cast<double>(*shown) < static_cast<double>(exact) - rule.low) {
      return false;
    }
  }
  return true;
}

bool Matches(const Answer& rule, const Datum& actual) {
  switch (rule.match) {
    case Match::kValue: return Agree(rule, rule.value, actual);
    case Match::kInterval: return InInterval(rule, actual);
    case Match::kMembers: return AreMembers(rule, actual);
    case Match::kCounts: return AreCounts(rule, actual);
    case Match::kIllPosed: {
      const auto* v = actual.As<double>();
      return actual.is_null() || (v != nullptr && !std::isnan(*v));
    }
  }
  return false;
}

std::string Wanted(const Answer& rule) {
  switch (rule.match) {
    case Match::kInterval:
      return "between " + ToText(Datum(rule.low)) + " and " + ToText(Datum(rule.high));
    case Match::kMembers:
      return "at most " + std::to_string(rule.most) + " of " + ToText(rule.members);
    case Match::kCounts:
      return "at most " + std::to_string(rule.most) + " of " + ToText(rule.members) +
             ", each at most " + ToText(Datum(rule.low)) + " less and " + ToText(Datum(rule.high)) +
             " more";
    default: return ToText(rule.value);
  }
}

}  // namespace

std::string StatusName(Status status) {
  switch (status) {
    case Status::kPresent: return "present";
    case Status::kNull: return "null";
    case Status::kMissing: return "missing";
    case Status::kExpired: return "expired";
    case Status::kTruncated: return "truncated";
    case Status::kOverflow: return "overflow";
  }
  return "";
}

Answer Present(Datum value) { return Of(Status::kPresent, std::move(value)); }
Answer Undefined() { return Of(Status::kNull, Datum()); }
Answer Missing() { return Of(Status::kMissing, Datum()); }
Answer Overflow() { return Of(Status::kOverflow, Datum()); }

std::string Difference(const Answer& expected, Status status, const Datum& value) {
  const bool status_agrees = expected.match == Match::kIllPosed || status == expected.status;
  if (status_agrees && Matches(expected, value)) return "";
  return "expected " + Wanted(expected) + " (" + StatusName(expected.status) + "), got " +
         ToText(value) + " (" + StatusName(status) + ")";
}

}  // namespace millrace::oracle
