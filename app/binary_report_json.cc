#include "app/binary_report_json.h"

namespace millrace {

void WriteMetrics(const BinaryReport& report, JsonWriter& json) {
  json.Key("auc").OptionalDouble(report.auc);
  json.Key("logloss").OptionalDouble(report.log_loss);
  json.Key("ne").OptionalDouble(report.ne);
  json.Key("calibration").OptionalDouble(report.calibration);
  json.Key("accuracy").OptionalDouble(report.accuracy);
}

}  // namespace millrace
