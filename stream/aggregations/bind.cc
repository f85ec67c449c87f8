#include "stream/aggregations/bind.h"

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "stream/aggregations/elementwise.h"

namespace millrace {
namespace {

absl::Status Refuse(const AggregationRequest& request, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("'", request.type->name, "' ", why));
}

absl::StatusOr<Aggregation> BindElements(const AggregationRequest& request) {
  if (request.input.value.type != Type::kVector) {
    return absl::InvalidArgumentError(
        absl::StrCat("'elementwise' needs a vector, not a ", ValueTypeName(request.input.value)));
  }
  if (request.by) return Refuse(request, "cannot be elementwise and by category");
  AggregationInput component = request.input;
  component.value = Type::kDouble;
  ASSIGN_OR_RETURN(const Aggregation inside, request.type->bind(component));
  return Elementwise(inside, request.input.value.dim);
}

}  // namespace

absl::StatusOr<Aggregation> BindAggregationTo(const AggregationRequest& request) {
  const AggregationType& type = *request.type;
  const Type value = request.input.value.type;
  if (value == Type::kNull && type.every_record != EveryRecord::kCounted) {
    return Refuse(request, "does not take \"*\"");
  }
  if (request.elementwise) return BindElements(request);
  const bool by_key = value == Type::kMap;
  if (by_key && request.by) return Refuse(request, "of a map is by its keys already");
  if ((by_key || request.by) && !type.second_input.empty() && type.second_required) {
    return Refuse(request, "has a second input and cannot be by category");
  }
  AggregationInput input = request.input;
  if (value == Type::kList || value == Type::kMap) {
    if (input.other != Type::kNull && !request.by) {
      return Refuse(request, "with a second input does not take a collection");
    }
    input.value = input.value.element;
  }
  if (!by_key && !request.by) return type.bind(input);
  input.other = Type::kNull;
  ASSIGN_OR_RETURN(const Aggregation inside, type.bind(input));
  if (inside.counts_candidates) return Refuse(request, "cannot be by category");
  return ByCategory(inside, request.by.value_or(ByCategoryOptions()));
}

}  // namespace millrace
