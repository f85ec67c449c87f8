// The learners by type name, with their options: one table that makes learners, checks their
// options, and documents them. Thread-safe.

#ifndef MILLRACE_LEARNERS_REGISTRY_H_
#define MILLRACE_LEARNERS_REGISTRY_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/value.h"
#include "learners/learner.h"

namespace millrace {

// Options by dotted path ("rate", "scale.clip", "encode.bits", "encode.fields.dest"); list items by
// number ("keys.0", "keys.1"). Values are bool, int, double, string or duration; an int is taken
// where a double is wanted.
using LearnerOptions = std::map<std::string, OwnedValue>;

struct OptionSpec {
  std::string name;  // dotted path; "encode.fields.*" stands for any field
  Type type = Type::kDouble;
  std::string default_text;  // as written in the configuration
  std::optional<double> min;
  std::optional<double> max;
  bool above_min = false;            // min itself is out of range ("rate must be > 0")
  std::vector<std::string> choices;  // of a string option; empty: free
  std::string description;           // one sentence
};

// An option that is wrong: which one, and why in one sentence ("rate must be > 0").
struct OptionError {
  std::string option;
  std::string message;
};

struct LearnerType {
  std::string name;                  // "logistic"
  std::vector<std::string> aliases;  // names other libraries use
  std::string description;
  std::string source;  // paper or book, with section
  std::vector<OptionSpec> options;
  // Appends what is wrong beyond the table above, such as options that exclude each other. May be
  // empty.
  std::function<void(const LearnerOptions&, std::span<const InputField>, std::vector<OptionError>*)>
      check;
  // REQUIRES: options were checked by CheckLearnerOptions.
  std::function<absl::StatusOr<std::unique_ptr<Learner>>(const LearnerOptions&,
                                                         std::span<const InputField>)>
      make;
  // Reads what Model::Save of this type wrote.
  std::function<absl::StatusOr<std::shared_ptr<const Model>>(absl::string_view)> load_model;
};

std::span<const LearnerType> LearnerTypes();
// By name or alias; null when there is none.
const LearnerType* FindLearnerType(absl::string_view name);

// Unknown options, wrong types, values out of range, names of inputs that do not exist; all of
// them.
std::vector<OptionError> CheckLearnerOptions(const LearnerType& type, const LearnerOptions& options,
                                             std::span<const InputField> inputs);

}  // namespace millrace

#endif  // MILLRACE_LEARNERS_REGISTRY_H_
