// FieldInference: the fields that a source could read from objects like those of a sample, and
// their types. Objects within objects become fields of their own, with a path, unless their members
// look like the keys of a map. Pure functions.

#ifndef MILLRACE_APP_INFERENCE_FIELD_INFERENCE_H_
#define MILLRACE_APP_INFERENCE_FIELD_INFERENCE_H_

#include <optional>
#include <string>
#include <vector>

#include "app/inference/source_inference.h"

namespace millrace {

// In the order in which records have them; names are valid and differ.
std::vector<InferredField> InferFields(const FieldFacts& rows);

// The type that takes all values, or why there is none in *note; with a type what else might be
// right.
std::optional<ValueType> InferType(const FieldFacts& facts, std::string* note);

}  // namespace millrace

#endif  // MILLRACE_APP_INFERENCE_FIELD_INFERENCE_H_
