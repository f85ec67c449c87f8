// EntityKey: the bytes by which an entity is known in state: per key field a type tag, a length and
// the bytes, so that no two entities share them ("a|b", "c" and "a", "b|c" differ).
// Pure functions; thread-safe.

#ifndef MILLRACE_FEATURESTORE_ENTITY_KEY_H_
#define MILLRACE_FEATURESTORE_ENTITY_KEY_H_

#include <cstdint>
#include <span>
#include <string>

#include "absl/strings/string_view.h"
#include "core/value.h"

namespace millrace {

// Appends the field: its type byte, a varint length, the bytes (integers: 8, big-endian, sign bit
// flipped; bool: 1; doubles: the bits, big-endian, -0.0 as +0.0). REQUIRES: not null.
void AppendKeyField(const Value& value, std::string* key);

// Takes a field off the front of *in; the value points into it. False when it does not parse.
bool TakeKeyField(absl::string_view* in, Value* value);

// The shard of an entity: (murmur2(b) & 0x7fffffff) mod shards, where b is what a producer writes
// as the record's key: for one field a string's or bytes' content, an integer's decimal text; else
// `encoded`. So a topic partitioned by the entity lands where its shards are.
// REQUIRES: `encoded` is the fields' AppendKeyField; shards > 0.
int32_t ShardOfEntity(std::span<const Value> fields, absl::string_view encoded, int32_t shards);

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_ENTITY_KEY_H_
