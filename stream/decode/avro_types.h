// AvroTypes: the types of an Avro schema, parsed (Apache Avro 1.11 specification, "Schema
// Declaration", "Names", "Logical Types"). Immutable; thread-safe.
//
// Why not avro-c's: docs/decisions/0006-avro-without-avro-c.md.

#ifndef MILLRACE_STREAM_DECODE_AVRO_TYPES_H_
#define MILLRACE_STREAM_DECODE_AVRO_TYPES_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "stream/decode/record_schema.h"

namespace millrace {

enum class AvroKind : uint8_t {
  kNull,
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kBytes,
  kString,
  kFixed,
  kEnum,
  kArray,
  kMap,
  kRecord,
  kUnion,
};

enum class AvroLogical : uint8_t {
  kNone,  // also of a logical type that is not known, as the specification says
  kDate,
  kTimeMillis,
  kTimeMicros,
  kTimestampMillis,  // and local-timestamp-millis, taken as UTC
  kTimestampMicros,
  kTimestampNanos,
  kDecimal,
  kUuid,
};

struct AvroType {
  AvroKind kind = AvroKind::kNull;
  AvroLogical logical = AvroLogical::kNone;
  int scale = 0;                    // of a decimal
  size_t size = 0;                  // of a fixed
  std::string name;                 // of a fixed, enum or record: its full name
  std::vector<std::string> labels;  // symbols of an enum, field names of a record
  // Indices of types: of a record's fields, a union's branches, an array's items, a map's values.
  std::vector<int> parts;
};

struct AvroTypes {
  std::vector<AvroType> types;
  int root = 0;

  const AvroType& at(int index) const { return types[static_cast<size_t>(index)]; }
};

// Errors: as ParseAvroSchema. Types may contain themselves.
absl::StatusOr<std::shared_ptr<const AvroTypes>> ParseAvroTypes(
    absl::string_view text, std::span<const NamedText> references);

// "string", "timestamp-millis", "record shop.Event", "null or string".
std::string AvroTypeName(const AvroTypes& types, int index);

}  // namespace millrace

#endif  // MILLRACE_STREAM_DECODE_AVRO_TYPES_H_
