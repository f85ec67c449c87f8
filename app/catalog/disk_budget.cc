#include "app/catalog/disk_budget.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace millrace {

std::string BytesText(double bytes) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  while (bytes >= 999.5 && unit + 1 < std::size(kUnits)) {
    bytes /= 1024;
    ++unit;
  }
  return absl::StrFormat("%.3g %s", bytes, kUnits[unit]);
}

void CheckDiskBudget(const Section& root, const Project& project,
                     std::span<const ViewExplanation> views, const EntityLoad& load,
                     DiagnosticSink* sink) {
  if (!project.state.disk_bytes || !load.entities || views.empty()) return;
  double all = 0;
  const ViewExplanation* largest = &views[0];
  for (const ViewExplanation& view : views) {
    all += view.DiskBytes(load);
    if (view.DiskBytes(load) > largest->DiskBytes(load)) largest = &view;
  }
  if (all <= static_cast<double>(*project.state.disk_bytes)) return;
  for (const Section& view : root.At("views").Named()) {
    if (view.name() != largest->view) continue;
    const bool exact = largest->accuracy == Accuracy::kExact;
    Diagnostic& d = sink->Error(
        ConfigErrorCode::kOverDiskBudget, exact ? view.Find("accuracy")->place : view.place(),
        absl::StrCat("with ", *load.entities, " entities of ", load.records_per_s,
                     " records a second the views take ", BytesText(all), ", of which this one ",
                     BytesText(largest->DiskBytes(load)), "; `state.disk` is ",
                     BytesText(static_cast<double>(*project.state.disk_bytes))));
    if (exact) d.suggestion = "accuracy: auto keeps at most 4,096 records of an entity";
  }
}

}  // namespace millrace
