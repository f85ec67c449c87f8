#include "tests/oracle/record.h"

namespace millrace::oracle {

const Datum& Record::Field(const std::string& name) const {
  static const Datum* const kNull = new Datum();
  const auto field = fields.find(name);
  return field == fields.end() ? *kNull : field->second;
}

std::string Fingerprint(const Record& record) {
  DatumMap given;
  for (const auto& [name, value] : record.fields) {
    if (!value.is_null()) given.emplace(name, value);
  }
  return std::to_string(record.order.source) + " " + std::to_string(record.order.event_time_ms) +
         " " + ToText(Datum(given));
}

std::string ToYaml(const Record& record) {
  const std::string appended = ", appended: " + std::to_string(record.appended_ms);
  const Order& order = record.order;
  std::string out = "{source: s" + std::to_string(order.source) +
                    ", partition: " + std::to_string(order.partition) +
                    ", offset: " + std::to_string(order.offset);
  if (record.change == Change::kDelete) {
    return out + ", key: " + ToText(Datum(record.fields)) + ", value: null" + appended + "}";
  }
  if (record.change == Change::kRetract) out += ", retract: true";
  if (record.appended_ms != order.event_time_ms) out += appended;
  out += ", value: {at: " + std::to_string(order.event_time_ms);
  for (const auto& [name, value] : record.fields) out += ", " + name + ": " + ToText(value);
  return out + "}}";
}

}  // namespace millrace::oracle
