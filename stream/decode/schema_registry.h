// SchemaRegistry: the port to a registry of schemas with ids, as Confluent's framing needs it.
// Implementations are thread-safe. They remember: a schema is fetched once, for ids never change
// their meaning; an id that is not known is asked for again only after a while.

#ifndef MILLRACE_STREAM_DECODE_SCHEMA_REGISTRY_H_
#define MILLRACE_STREAM_DECODE_SCHEMA_REGISTRY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "stream/decode/record_schema.h"

namespace millrace {

enum class SchemaLanguage : uint8_t { kAvro, kProtobuf, kJson };

struct RegisteredSchema {
  SchemaLanguage language = SchemaLanguage::kAvro;
  std::string text;
  // What it refers to, by the names it uses for them; a schema stands after those it needs.
  std::vector<NamedText> references;
};

// A number (framing v0) or a GUID such as "89791762-2336-4186-9674-299b90a802e2" (v1).
using SchemaId = std::variant<uint32_t, std::string>;
// "7", "89791762-…".
std::string SchemaIdText(const SchemaId& id);

class SchemaRegistry {
 public:
  virtual ~SchemaRegistry() = default;

  // Blocks for a bounded time, and only when the id is new. Errors: NotFound (the registry does not
  // know the id), Unavailable (it does not answer: ask again later), InvalidArgument (its answer
  // cannot be used).
  virtual absl::StatusOr<std::shared_ptr<const RegisteredSchema>> Fetch(const SchemaId& id) = 0;
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_DECODE_SCHEMA_REGISTRY_H_
