#include "stream/aggregation.h"

#include <array>
#include <utility>

namespace millrace {
namespace {

constexpr std::array<std::pair<AggregationKind, const char*>, 6> kNames = {{
    {AggregationKind::kCount, "count"},
    {AggregationKind::kSum, "sum"},
    {AggregationKind::kMean, "mean"},
    {AggregationKind::kMin, "min"},
    {AggregationKind::kMax, "max"},
    {AggregationKind::kLast, "last"},
}};

}  // namespace

absl::string_view AggregationName(AggregationKind kind) {
  for (const auto& [known, name] : kNames) {
    if (known == kind) return name;
  }
  return "unknown";
}

std::optional<AggregationKind> FindAggregation(absl::string_view name) {
  for (const auto& [kind, known] : kNames) {
    if (name == known) return kind;
  }
  return std::nullopt;
}

std::optional<Type> ResultType(AggregationKind kind, Type input) {
  switch (kind) {
    case AggregationKind::kCount: return Type::kInt;
    case AggregationKind::kSum:
      if (input == Type::kInt || input == Type::kDouble || input == Type::kDuration) return input;
      return std::nullopt;
    case AggregationKind::kMean:
      if (input == Type::kInt || input == Type::kDouble || input == Type::kDuration) {
        return Type::kDouble;
      }
      return std::nullopt;
    case AggregationKind::kMin:
    case AggregationKind::kMax:
    case AggregationKind::kLast:
      if (input == Type::kNull) return std::nullopt;
      return input;
  }
  return std::nullopt;
}

}  // namespace millrace
