#include "app/catalog/disk_budget.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "featurestore/rocks/rocks_state_store.h"

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

namespace {

// Views that grow for ever are within no budget, whatever the load. True when there are any.
bool RefuseEndless(const Section& root, std::span<const ViewExplanation> views,
                   DiagnosticSink* sink) {
  bool any = false;
  for (const Section& section : root.At("views").Named()) {
    for (const ViewExplanation& view : views) {
      if (section.name() != view.view || !view.keeps_every_record()) continue;
      any = true;
      sink->Error(ConfigErrorCode::kOverDiskBudget, section.Find("accuracy")->place,
                  "with an `events` window 'accuracy: exact' keeps every record for ever, which "
                  "is beyond any `state.disk`")
          .suggestion = "accuracy: auto keeps the newest records, as many as the window takes";
    }
  }
  return any;
}

}  // namespace

void CheckDiskBudget(const Section& root, const Project& project,
                     std::span<const ViewExplanation> views, DiagnosticSink* sink) {
  if (!project.state.disk_bytes || RefuseEndless(root, views, sink)) return;
  double all = 0;
  const ViewExplanation* largest = nullptr;
  for (const ViewExplanation& view : views) {
    all += view.DiskBytes();
    if (!view.load.entities) continue;
    if (largest == nullptr || view.DiskBytes() > largest->DiskBytes()) largest = &view;
  }
  if (largest == nullptr) return;
  // RocksDB has half of the state's memory (Node).
  const double directory = MostDirectoryBytes(all, project.state.memory_bytes / 2);
  const auto budget = static_cast<double>(*project.state.disk_bytes);
  if (directory <= budget) return;
  for (const Section& view : root.At("views").Named()) {
    if (view.name() != largest->view) continue;
    const bool exact = largest->accuracy == Accuracy::kExact;
    Diagnostic& d = sink->Error(
        ConfigErrorCode::kOverDiskBudget, exact ? view.Find("accuracy")->place : view.place(),
        absl::StrCat("the rows of the views take ", BytesText(all), ", of which this one ",
                     BytesText(largest->DiskBytes()), " with ", *largest->load.entities,
                     " entities of ", largest->load.records_per_s,
                     " records a second, and the state with its write-ahead log up to ",
                     BytesText(directory), "; `state.disk` is ", BytesText(budget)));
    if (MostDirectoryBytes(0, project.state.memory_bytes / 2) > budget / 2) {
      d.suggestion = "less `state.memory` makes the write-ahead log smaller";
    } else if (exact) {
      d.suggestion = "accuracy: auto keeps at most 4,096 records of an entity";
    }
  }
}

}  // namespace millrace
