// The boundaries of ARCHITECTURE.md as functions of a source tree. Each returns its violations as
// "file:line: what is wrong", in a stable order; empty means the rule holds. Pure.

#ifndef MILLRACE_TESTS_ARCHITECTURE_RULES_H_
#define MILLRACE_TESTS_ARCHITECTURE_RULES_H_

#include <string>
#include <vector>

#include "tests/architecture/source_tree.h"

namespace millrace::architecture {

// Product folders include only themselves and the layers below:
// app → serving → {featurestore → stream → core, learners → core}; all may use schemas.
std::vector<std::string> LayerViolations(const SourceTree& tree);

// A third party is included only inside its fence, and no header outside the fence reaches it, not
// even through other headers. Tests and benchmarks may use any library directly.
std::vector<std::string> FenceViolations(const SourceTree& tree);

// Our files are included by their full path, in quotes, and exist (generated *.pb.h aside).
std::vector<std::string> IncludePathViolations(const SourceTree& tree);

// Clock, sleep and randomness appear only in core/clock.cc and core/random.h; bench/ may measure.
std::vector<std::string> ClockViolations(const SourceTree& tree);

// Every .cc is named by the CMakeLists.txt of its folder or of one above it.
std::vector<std::string> UnlistedSources(const SourceTree& tree);

// No file is called utils, helpers, common, misc or manager, alone or as part of a name.
std::vector<std::string> NameViolations(const SourceTree& tree);

// Metric names ("millrace_…" literals in product code) that `metrics_page` does not mention.
std::vector<std::string> UndocumentedMetrics(const SourceTree& tree,
                                             const std::string& metrics_page);

}  // namespace millrace::architecture

#endif  // MILLRACE_TESTS_ARCHITECTURE_RULES_H_
