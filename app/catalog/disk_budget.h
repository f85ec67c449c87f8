// The disk budget: whether the state at a load, with what RocksDB needs beside the rows, stays
// within `state.disk`. A pure function; thread-safe.

#ifndef MILLRACE_APP_CATALOG_DISK_BUDGET_H_
#define MILLRACE_APP_CATALOG_DISK_BUDGET_H_

#include <span>

#include "app/catalog/view_explanation.h"
#include "app/config/diagnostics.h"
#include "app/config/section.h"
#include "app/project.h"

namespace millrace {

// Reports an error at the view that takes most, at its `accuracy: exact` if it has that, when all
// together take more than the budget; without a budget nothing, and of views without a number of
// entities nothing. With a budget, also at every view that keeps all records for ever.
void CheckDiskBudget(const Section& root, const Project& project,
                     std::span<const ViewExplanation> views, DiagnosticSink* sink);

// "1.5 GiB", "212 B": to three digits.
std::string BytesText(double bytes);

}  // namespace millrace

#endif  // MILLRACE_APP_CATALOG_DISK_BUDGET_H_
