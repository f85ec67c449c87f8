#include "learners/metrics/binary_metrics.h"

#include "absl/status/status.h"
#include "core/status_macros.h"
#include "learners/sealed_bytes.h"

namespace millrace {
namespace {

constexpr absl::string_view kKind = "metrics/binary";
constexpr uint32_t kFormat = 1;

}  // namespace

BinaryReport BinaryMetrics::Report() const {
  BinaryReport report = sums_.Report();
  report.auc = histogram_.Auc();
  return report;
}

void BinaryMetrics::Save(std::string* out) const {
  std::string content;
  sums_.Save(&content);
  histogram_.Save(&content);
  Seal(kKind, kFormat, content, out);
}

absl::StatusOr<BinaryMetrics> BinaryMetrics::Load(absl::string_view bytes) {
  ASSIGN_OR_RETURN(absl::string_view in, Unseal(kKind, kFormat, bytes));
  BinaryMetrics metrics;
  if (!ScoreSums::Load(&in, &metrics.sums_) || !metrics.histogram_.Load(&in) || !in.empty()) {
    return absl::DataLossError("metrics/binary: damaged content");
  }
  return metrics;
}

}  // namespace millrace
