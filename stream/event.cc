#include "stream/event.h"

#include "core/coding.h"
#include "core/hashing.h"
#include "core/value_coding.h"

namespace millrace {

uint64_t FingerprintOf(int64_t event_time_ms, std::span<const Value> fields, std::string* scratch) {
  scratch->clear();
  PutOrdered64(scratch, event_time_ms);
  for (const Value& field : fields) PutValue(scratch, field);
  return Xxh3(*scratch);
}

}  // namespace millrace
