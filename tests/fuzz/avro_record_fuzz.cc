// Avro: any schema, and any bytes as a record of it (declared_record.h). Fields that the schema
// lacks are not wanted, so that most schemas have something to be read.

#include "stream/decode/record_schema.h"
#include "tests/fuzz/declared_record.h"

namespace millrace {
namespace {

const Field kFields[] = {{"id", Type::kInt},
                         {"user", Type::kString},
                         {"raw", Type::kBytes},
                         {"status", Type::kString},
                         {"at_us", Type::kTimestamp},
                         {"price", Type::kDouble},
                         {"tags", {Type::kList, Type::kString}},
                         {"place", {Type::kVector, Type::kDouble, 3}},
                         {"prices", {Type::kMap, Type::kDouble}},
                         {"city", Type::kString, {}, {}, "user_info.city"}};

}  // namespace

Verdict FuzzTarget(absl::string_view input) {
  InputParts parts(input);
  const absl::string_view schema = parts.Until(kEndOfSchema);
  DecoderOptions options;
  options.format = RecordFormat::kAvro;
  for (const Field& field : kFields) {
    const absl::string_view name = field.path.empty() ? absl::string_view(field.name) : "city";
    if (schema.find(name) != absl::string_view::npos) options.schema.fields.push_back(field);
  }
  return CheckDeclaredRecord(ParseAvroSchema(schema), parts.rest(), options);
}

}  // namespace millrace
