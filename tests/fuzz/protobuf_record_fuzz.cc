// Protobuf: any .proto file, or serialized descriptor set where it is none, and any bytes as a
// record of the message shop.Event (declared_record.h).

#include "core/check.h"
#include "google/protobuf/stubs/logging.h"
#include "stream/decode/record_schema.h"
#include "tests/fuzz/declared_record.h"

namespace millrace {

Verdict FuzzTarget(absl::string_view input) {
  // The library prints what it thinks of schemas.
  google::protobuf::SetLogHandler(nullptr);
  InputParts parts(input);
  const absl::string_view schema = parts.Until(kEndOfSchema);
  DecoderOptions options;
  options.format = RecordFormat::kProtobuf;
  options.message = "shop.Event";
  options.schema = {{{"id", Type::kInt},
                     {"user", Type::kString},
                     {"counts", {Type::kList, Type::kInt}},
                     {"prices", {Type::kMap, Type::kDouble}},
                     {"deep", Type::kString, {}, {}, "user_info.next.city"},
                     {"card", Type::kString}}};
  auto parsed = ParseProtoFile({"event.proto", std::string(schema)});
  if (!parsed.ok()) {
    CHECK(!parsed.status().message().empty());
    parsed = ParseDescriptorSet(schema);
  }
  return CheckDeclaredRecord(std::move(parsed), parts.rest(), options);
}

}  // namespace millrace
