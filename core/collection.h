// Collections as Values: lists and maps of scalars, and vectors of doubles, in canonical bytes, so
// that equal collections are equal bytes.
//
//   list    per item the bytes of core/value_coding.h
//   map     per entry the length-prefixed key, then the value; ascending by key (bytewise)
//   vector  per component eight bytes, little-endian binary64
//
// Functions are pure and thread-safe; builders are thread-compatible.

#ifndef MILLRACE_CORE_COLLECTION_H_
#define MILLRACE_CORE_COLLECTION_H_

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/value.h"

namespace millrace {

// Takes an item off the front of the bytes of a list or vector. False at the end.
bool NextItem(Type collection, absl::string_view* rest, Value* item);
// The same for an entry of a map.
bool NextEntry(absl::string_view* rest, absl::string_view* key, Value* item);

// Calls visit(item) for the items of a list or the components of a vector, in order.
template <typename Visit>
void ForEachItem(const Value& collection, Visit visit) {
  absl::string_view rest = collection.string_value();
  Value item;
  while (NextItem(collection.type(), &rest, &item)) visit(item);
}
// Calls visit(key, value) for the entries of a map, ascending by key.
template <typename Visit>
void ForEachEntry(const Value& map, Visit visit) {
  absl::string_view rest = map.string_value(), key;
  Value item;
  while (NextEntry(&rest, &key, &item)) visit(key, item);
}

// Items or entries.
int64_t CollectionSize(const Value& collection);
// The i-th item of a list or vector; null beyond its ends.
Value ItemAt(const Value& collection, int64_t index);
// The value of a key; null when there is none.
Value FindEntry(const Value& map, absl::string_view key);
// False for bytes that are no such collection: what comes from outside is checked once.
bool IsWellFormed(const Value& collection);

class ListBuilder {
 public:
  // REQUIRES: a scalar or null.
  void Add(const Value& item);
  void Clear() { bytes_.clear(); }
  // The list; valid until the builder is changed.
  Value value() const { return Value::OfBytes(Type::kList, bytes_); }

 private:
  std::string bytes_;
};

class MapBuilder {
 public:
  // In any order; the last of equal keys wins.
  void Add(absl::string_view key, const Value& item);
  void Clear() { entries_.clear(); }
  // The map; valid until the builder is changed.
  Value Finish();

 private:
  std::vector<std::pair<std::string, std::string>> entries_;  // key, its value's bytes
  std::string bytes_;
};

// A vector whose bytes lie in *bytes.
Value MakeVector(std::span<const double> components, std::string* bytes);

}  // namespace millrace

#endif  // MILLRACE_CORE_COLLECTION_H_
