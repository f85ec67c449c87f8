#include "stream/aggregations/bind.h"

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "core/type_words.h"
#include "stream/aggregations/elementwise.h"

namespace millrace {
namespace {

template <typename... Words>
absl::Status Refuse(const AggregationRequest& request, const Words&... why) {
  return absl::InvalidArgumentError(absl::StrCat("'", request.type->name, "' ", why...));
}

absl::StatusOr<Aggregation> BindElements(const AggregationRequest& request) {
  if (request.input.value.type != Type::kVector) {
    return absl::InvalidArgumentError(
        absl::StrCat("'elementwise' needs a vector, not ", AValueType(request.input.value)));
  }
  if (request.by) return absl::InvalidArgumentError("'elementwise' and 'by' exclude each other");
  AggregationInput component = request.input;
  component.value = Type::kDouble;
  ASSIGN_OR_RETURN(const Aggregation inside, request.type->bind(component));
  if (inside.accumulator == nullptr) return Refuse(request, "does not look at the elements");
  if (inside.result != Type::kDouble && inside.result != Type::kInt) {
    return Refuse(request, "gives ", AValueType(inside.result),
                  ", and 'elementwise' needs a number for each element");
  }
  return Elementwise(inside, request.input.value.dim);
}

// Over the items of a list or the values of a map, or over the input as it is.
absl::StatusOr<Aggregation> BindItems(const AggregationRequest& request,
                                      const AggregationInput& input) {
  absl::StatusOr<Aggregation> bound = request.type->bind(input);
  if (bound.ok() || input.value == request.input.value) return bound;
  return absl::InvalidArgumentError(absl::StrCat(bound.status().message(), ", of which the ",
                                                 ValueTypeName(request.input.value), " is made"));
}

// `key`: what there is an answer for each of.
absl::StatusOr<Aggregation> BindCategories(const AggregationRequest& request,
                                           const AggregationInput& input, absl::string_view key) {
  ASSIGN_OR_RETURN(const Aggregation inside, BindItems(request, input));
  if (inside.counts_candidates) {
    return Refuse(request, "counts what 'where' leaves out too, which has no ", key);
  }
  if (IsCollection(inside.result.type)) {
    return Refuse(request, "gives ", AValueType(inside.result), ", and an answer for each ", key,
                  " must be a single value");
  }
  return ByCategory(inside, request.by.value_or(ByCategoryOptions()));
}

}  // namespace

absl::StatusOr<Aggregation> BindAggregationTo(const AggregationRequest& request) {
  const AggregationType& type = *request.type;
  const Type value = request.input.value.type;
  const bool of_records =
      type.every_record == EveryRecord::kCounted || type.every_record == EveryRecord::kOnly;
  if (value == Type::kNull && !of_records) return Refuse(request, "does not take \"*\"");
  if (request.elementwise) return BindElements(request);
  if (value == Type::kMap && request.by) {
    return absl::InvalidArgumentError(
        absl::StrCat("'by' and an input that is a map exclude each other: '", type.name,
                     "' of a map is per key already"));
  }
  AggregationInput input = request.input;
  if (value == Type::kList || value == Type::kMap) {
    if (input.other != Type::kNull) {
      return Refuse(request, "pairs two values of a record, and cannot take ",
                    AValueType(input.value));
    }
    input.value = input.value.element;
  }
  if (value == Type::kMap) return BindCategories(request, input, "key of a map");
  if (request.by) return BindCategories(request, input, "category");
  return BindItems(request, input);
}

}  // namespace millrace
