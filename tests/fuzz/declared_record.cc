#include "tests/fuzz/declared_record.h"

#include <utility>

#include "core/check.h"
#include "stream/decode/record_schema.h"

namespace millrace {

Verdict CheckDeclaredRecord(absl::StatusOr<std::shared_ptr<const RecordSchema>> schema,
                            absl::string_view bytes, DecoderOptions options) {
  if (!schema.ok()) {
    CHECK(absl::IsInvalidArgument(schema.status()));
    CHECK(!schema.status().message().empty());
    return Verdict::kRefused;
  }
  options.record_schema = *std::move(schema);
  const auto faults = CheckRecordSchema(options);
  if (!faults.ok()) {
    CHECK(absl::IsInvalidArgument(faults.status()));
    return Verdict::kRefused;
  }
  for (const FieldFault& fault : *faults) {
    CHECK(options.schema.Find(fault.field) >= 0);
    CHECK(!fault.message.empty());
  }
  if (!faults->empty()) return Verdict::kRefused;
  const auto decoder = MakeDecoder(options);
  DecodedRecord out;
  Record record;
  record.value = bytes;
  return CheckDecode(options.schema, record, decoder.get(), &out);
}

}  // namespace millrace
