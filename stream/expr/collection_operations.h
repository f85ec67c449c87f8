// The operations of expressions on lists, maps and vectors, and hashes. What they make is in the
// scratch; without room they give null or an empty collection, and the evaluation starts over.
// Thread-safe: pure functions but for the scratch.

#ifndef MILLRACE_STREAM_EXPR_COLLECTION_OPERATIONS_H_
#define MILLRACE_STREAM_EXPR_COLLECTION_OPERATIONS_H_

#include <cstdint>
#include <span>

#include "core/value.h"
#include "stream/expr/op.h"
#include "stream/expr/scratch.h"

namespace millrace {

// The most items or entries of a list or map that an expression writes out.
inline constexpr size_t kMaxWrittenItems = 128;

// A list of scalars or nulls.
Value MakeList(std::span<const Value> items, Scratch* scratch);
// A map from keys and values in turn; null when a key is null or stands twice.
// REQUIRES: at most kMaxWrittenItems entries.
Value MakeMap(std::span<const Value> keys_and_values, Scratch* scratch);
// `list` with an item behind it, in place; frees what else came after the list.
// REQUIRES: nothing after the list is used later, but for the bytes of the item.
Value AppendItem(const Value& list, const Value& item, Scratch* scratch);

// Equal items in equal order, or equal values of equal keys. Doubles as IEEE 754 compares them;
// null equals null.
bool SameCollections(const Value& a, const Value& b);
// Whether a list or vector holds the item, or a map the key.
bool IsIn(const Value& item, const Value& collection);

// XXH3 (64 bits) of a value's bytes: of a string or bytes their own, of a bool one byte, of other
// scalars eight bytes, little-endian, of a collection those of core/collection.h. -0.0 counts as
// 0.0 and every NaN as one. The same for ever: hashes are stored.
int64_t HashOf(const Value& value);
// The hash, as unsigned, modulo `buckets`; null unless there is at least one.
Value BucketOf(const Value& value, int64_t buckets);

// kLeastItem … kNorm. Nulls among the items are left out.
Value ApplyCollections(Op op, std::span<const Value> arguments, Scratch* scratch);

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPR_COLLECTION_OPERATIONS_H_
