// CloudEvents, structured and binary. The input is like a message of HTTP: headers "name: value" by
// line, an empty line, the record's value.

#include <vector>

#include "core/check.h"
#include "stream/decode/cloud_events.h"
#include "tests/fuzz/decoded_record.h"
#include "tests/fuzz/input_parts.h"

namespace millrace {
namespace {

DecoderOptions Options() {
  DecoderOptions options;
  options.schema = {{{"n", Type::kInt}, {"s", Type::kString}, {"x", Type::kDouble, 0, 10}}};
  return options;
}

}  // namespace

Verdict FuzzTarget(absl::string_view input) {
  static const auto& options = *new DecoderOptions(Options());
  static Decoder& decoder = *MakeDecoder(options).release();
  InputParts parts(input);
  std::vector<Header> headers;
  for (absl::string_view line = parts.Line(); !line.empty(); line = parts.Line()) {
    InputParts header(line);
    const absl::string_view name = header.Until(": ");
    headers.push_back({name, header.rest()});
  }
  Record record;
  record.value = parts.rest();
  record.headers = headers;
  DecodedRecord out;
  const Verdict verdict = CheckDecode(options.schema, record, &decoder, &out);
  if (verdict == Verdict::kAccepted) {
    const CloudEventMode mode = CloudEventModeOf(headers);
    CHECK(mode != CloudEventMode::kUnsupported);
    CHECK(out.id.has_value() == (mode != CloudEventMode::kNone));
    CHECK(out.inserts != out.retracts);
  }
  return verdict;
}

}  // namespace millrace
