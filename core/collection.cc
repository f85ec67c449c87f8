#include "core/collection.h"

#include <algorithm>
#include <bit>

#include "core/check.h"
#include "core/coding.h"
#include "core/value_coding.h"

namespace millrace {

static_assert(std::endian::native == std::endian::little);

bool NextItem(Type collection, absl::string_view* rest, Value* item) {
  if (collection == Type::kList) return !rest->empty() && GetValueView(rest, item);
  if (rest->size() < sizeof(double)) return false;
  double component;
  std::memcpy(&component, rest->data(), sizeof(component));
  rest->remove_prefix(sizeof(component));
  *item = Value::Double(component);
  return true;
}

bool NextEntry(absl::string_view* rest, absl::string_view* key, Value* item) {
  return !rest->empty() && GetLengthPrefixed(rest, key) && GetValueView(rest, item);
}

int64_t CollectionSize(const Value& collection) {
  if (collection.type() == Type::kVector) {
    return static_cast<int64_t>(collection.string_value().size() / sizeof(double));
  }
  int64_t size = 0;
  if (collection.type() == Type::kMap) {
    ForEachEntry(collection, [&size](absl::string_view, const Value&) { ++size; });
  } else {
    ForEachItem(collection, [&size](const Value&) { ++size; });
  }
  return size;
}

Value ItemAt(const Value& collection, int64_t index) {
  if (index < 0) return Value::Null();
  absl::string_view rest = collection.string_value();
  Value item;
  while (NextItem(collection.type(), &rest, &item)) {
    if (index-- == 0) return item;
  }
  return Value::Null();
}

Value FindEntry(const Value& map, absl::string_view key) {
  absl::string_view rest = map.string_value(), found;
  Value item;
  while (NextEntry(&rest, &found, &item)) {
    if (found == key) return item;
  }
  return Value::Null();
}

bool IsWellFormed(const Value& collection) {
  absl::string_view rest = collection.string_value();
  Value item;
  switch (collection.type()) {
    case Type::kList:
      while (!rest.empty()) {
        if (!NextItem(Type::kList, &rest, &item) || IsCollection(item.type())) return false;
      }
      return true;
    case Type::kMap: {
      absl::string_view key, previous;
      for (bool first = true; !rest.empty(); first = false, previous = key) {
        if (!NextEntry(&rest, &key, &item) || IsCollection(item.type())) return false;
        if (!first && previous >= key) return false;
      }
      return true;
    }
    case Type::kVector: return rest.size() % sizeof(double) == 0;
    default: return false;
  }
}

void ListBuilder::Add(const Value& item) {
  CHECK(!IsCollection(item.type()));
  PutValue(&bytes_, item);
}

void MapBuilder::Add(absl::string_view key, const Value& item) {
  CHECK(!IsCollection(item.type()));
  auto& [name, bytes] = entries_.emplace_back(std::string(key.data(), key.size()), std::string());
  PutValue(&bytes, item);
}

Value MapBuilder::Finish() {
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  bytes_.clear();
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (i + 1 < entries_.size() && entries_[i + 1].first == entries_[i].first) continue;
    PutLengthPrefixed(&bytes_, entries_[i].first);
    bytes_ += entries_[i].second;
  }
  return Value::OfBytes(Type::kMap, bytes_);
}

Value MakeVector(std::span<const double> components, std::string* bytes) {
  bytes->resize(components.size_bytes());
  if (!components.empty()) std::memcpy(bytes->data(), components.data(), bytes->size());
  return Value::OfBytes(Type::kVector, *bytes);
}

}  // namespace millrace
