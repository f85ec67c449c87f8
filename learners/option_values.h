// OptionValues: the options of one learner with the defaults of its table filled in. The table of
// OptionSpec is the only place a default stands. Thread-compatible; copies what it is given.

#ifndef MILLRACE_LEARNERS_OPTION_VALUES_H_
#define MILLRACE_LEARNERS_OPTION_VALUES_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "learners/registry.h"

namespace millrace {

// The spec of the option called `name`; "encode.fields.*" answers for every "encode.fields.x".
// Null when there is none. The pointer is into `specs`.
const OptionSpec* FindOptionSpec(std::span<const OptionSpec> specs, absl::string_view name);

class OptionValues {
 public:
  // REQUIRES: options were checked by CheckLearnerOptions against these specs.
  OptionValues(std::span<const OptionSpec> specs, const LearnerOptions& options);

  // REQUIRES: the table has a spec of that name and type.
  double Double(absl::string_view name) const;
  int64_t Int(absl::string_view name) const;
  std::string String(absl::string_view name) const;
  // Items "name.0", "name.1", … in numeric order.
  std::vector<std::string> List(absl::string_view name) const;

  // Bytes equal for equal effective values: a default written out changes nothing.
  std::string Identity() const;

 private:
  std::string Text(absl::string_view name) const;

  std::vector<OptionSpec> specs_;
  LearnerOptions options_;
};

}  // namespace millrace

#endif  // MILLRACE_LEARNERS_OPTION_VALUES_H_
