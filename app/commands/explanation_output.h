// How `millrace validate --explain` tells what the views of a project cost. Pure functions.

#ifndef MILLRACE_APP_COMMANDS_EXPLANATION_OUTPUT_H_
#define MILLRACE_APP_COMMANDS_EXPLANATION_OUTPUT_H_

#include <span>
#include <string>

#include "app/catalog/view_explanation.h"
#include "serving/json.h"

namespace millrace {

// A paragraph with tables for each view, then what all take together whose entities are counted.
std::string ExplanationText(std::span<const ViewExplanation> views);

// An array of an object for each view.
void WriteExplanation(std::span<const ViewExplanation> views, JsonWriter& json);

}  // namespace millrace

#endif  // MILLRACE_APP_COMMANDS_EXPLANATION_OUTPUT_H_
