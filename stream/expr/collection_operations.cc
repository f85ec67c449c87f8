#include "stream/expr/collection_operations.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "core/check.h"
#include "core/coding.h"
#include "core/collection.h"
#include "core/hashing.h"
#include "core/value_coding.h"
#include "stream/expr/operations.h"

namespace millrace {
namespace {

// What stands before the bytes of an item; of one without bytes, all of it. At most 11 bytes,
// which a string holds without allocating.
std::string HeaderOf(const Value& item) {
  std::string header;
  if (!HasBytes(item.type())) {
    PutValue(&header, item);
  } else {
    header.push_back(static_cast<char>(item.type()));
    PutVarint(&header, item.string_value().size());
  }
  return header;
}

absl::string_view BytesOf(const Value& item) {
  return HasBytes(item.type()) ? item.string_value() : absl::string_view();
}

char* Put(char* out, absl::string_view bytes) {
  if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
  return out + bytes.size();
}

bool SameScalars(const Value& a, const Value& b) {
  if (a.type() == Type::kDouble && b.type() == Type::kDouble) {
    return a.double_value() == b.double_value();
  }
  return a == b;
}

// Negative, zero or positive. REQUIRES: of one type, which has an order; no NaN.
int Compare(const Value& a, const Value& b) {
  if (HasBytes(a.type())) return a.string_value().compare(b.string_value());
  if (a.type() == Type::kDouble) {
    const double x = a.double_value();
    const double y = b.double_value();
    if (x == y) return static_cast<int>(std::signbit(y)) - static_cast<int>(std::signbit(x));
    return x < y ? -1 : 1;
  }
  return a.int_value() < b.int_value() ? -1 : a.int_value() > b.int_value() ? 1 : 0;
}

Value Extreme(const Value& list, int sign) {
  Value best;
  bool has_nan = false;
  ForEachItem(list, [&](const Value& item) {
    if (item.is_null()) return;
    has_nan = has_nan || (item.type() == Type::kDouble && std::isnan(item.double_value()));
    if (best.is_null() || Compare(item, best) * sign > 0) best = item;
  });
  return has_nan ? Value::Double(std::numeric_limits<double>::quiet_NaN()) : best;
}

// In the order of the items; integers that overflow give null.
Value Sum(const Value& list, Type type) {
  if (type == Type::kDouble) {
    double sum = 0;
    ForEachItem(list, [&sum](const Value& item) {
      if (!item.is_null()) sum += item.double_value();
    });
    return Value::Double(sum);
  }
  Value sum = IntegerOf(type, 0);
  ForEachItem(list, [&](const Value& item) {
    if (item.is_null() || sum.is_null()) return;
    sum = ApplyInts(Op::kAddInts, type, sum.int_value(), item.int_value());
  });
  return sum;
}

Value Mean(const Value& list) {
  double sum = 0;
  int64_t count = 0;
  ForEachItem(list, [&](const Value& item) {
    if (item.is_null()) return;
    sum +=
        item.type() == Type::kDouble ? item.double_value() : static_cast<double>(item.int_value());
    ++count;
  });
  return count == 0 ? Value::Null() : Value::Double(sum / static_cast<double>(count));
}

Value KeysOrValues(Op op, const Value& map, Scratch* scratch) {
  Value list = Value::OfBytes(Type::kList, absl::string_view(scratch->top(), 0));
  ForEachEntry(map, [&](absl::string_view key, const Value& item) {
    list = AppendItem(list, op == Op::kKeys ? Value::String(key) : item, scratch);
  });
  return list;
}

// Sums over pairs of components, in order: a·b, a·a and b·b; false when the sizes differ or one is
// null.
struct Products {
  double ab = 0;
  double aa = 0;
  double bb = 0;
};
bool Multiply(const Value& a, const Value& b, Products* out) {
  absl::string_view rest_a = a.string_value();
  absl::string_view rest_b = b.string_value();
  Value x, y;
  while (true) {
    const bool more = NextItem(a.type(), &rest_a, &x);
    if (NextItem(b.type(), &rest_b, &y) != more) return false;
    if (!more) return true;
    if (x.is_null() || y.is_null()) return false;
    out->ab += x.double_value() * y.double_value();
    out->aa += x.double_value() * x.double_value();
    out->bb += y.double_value() * y.double_value();
  }
}

Value OfProducts(Op op, const Value& a, const Value& b) {
  Products products;
  if (!Multiply(a, b, &products)) return Value::Null();
  if (op == Op::kDot) return Value::Double(products.ab);
  if (op == Op::kNorm) return Value::Double(std::sqrt(products.aa));
  const double norms = std::sqrt(products.aa) * std::sqrt(products.bb);
  if (norms == 0) return Value::Null();
  // Rounding may carry the quotient out of its range.
  return Value::Double(std::clamp(products.ab / norms, -1.0, 1.0));
}

}  // namespace

Value MakeList(std::span<const Value> items, Scratch* scratch) {
  size_t size = 0;
  for (const Value& item : items) size += HeaderOf(item).size() + BytesOf(item).size();
  char* const begin = scratch->Take(size);
  if (begin == nullptr) return Value::Null();
  char* out = begin;
  for (const Value& item : items) out = Put(Put(out, HeaderOf(item)), BytesOf(item));
  return Value::OfBytes(Type::kList, absl::string_view(begin, size));
}

Value MakeMap(std::span<const Value> keys_and_values, Scratch* scratch) {
  const size_t count = keys_and_values.size() / 2;
  CHECK(count <= kMaxWrittenItems);
  std::array<const Value*, kMaxWrittenItems> order{};  // of keys; each value is behind its key
  size_t size = 0;
  for (size_t i = 0; i < count; ++i) {
    const Value& key = keys_and_values[2 * i];
    const Value& item = keys_and_values[2 * i + 1];
    if (key.is_null()) return Value::Null();
    order[i] = &key;
    // The header of a key has a byte for its type, which the map has not.
    size += HeaderOf(key).size() - 1 + BytesOf(key).size() + HeaderOf(item).size() +
            BytesOf(item).size();
  }
  const std::span<const Value*> keys(order.data(), count);
  std::sort(keys.begin(), keys.end(),
            [](const Value* a, const Value* b) { return a->string_value() < b->string_value(); });
  char* const begin = scratch->Take(size);
  if (begin == nullptr) return Value::Null();
  char* out = begin;
  for (size_t i = 0; i < count; ++i) {
    const Value& key = *keys[i];
    if (i > 0 && key == *keys[i - 1]) return Value::Null();
    const Value& item = *(keys[i] + 1);
    out = Put(Put(out, absl::string_view(HeaderOf(key)).substr(1)), BytesOf(key));
    out = Put(Put(out, HeaderOf(item)), BytesOf(item));
  }
  return Value::OfBytes(Type::kMap, absl::string_view(begin, size));
}

Value AppendItem(const Value& list, const Value& item, Scratch* scratch) {
  const absl::string_view before = list.string_value();
  const std::string header = HeaderOf(item);
  const absl::string_view bytes = BytesOf(item);
  scratch->Rewind(before.data() + before.size());
  char* const end = scratch->Take(header.size() + bytes.size());
  if (end == nullptr) return list;
  // The item may stand where it goes: moved first, then its header written.
  if (!bytes.empty()) std::memmove(end + header.size(), bytes.data(), bytes.size());
  Put(end, header);
  return Value::OfBytes(
      Type::kList, absl::string_view(before.data(), before.size() + header.size() + bytes.size()));
}

bool SameCollections(const Value& a, const Value& b) {
  absl::string_view rest_a = a.string_value();
  absl::string_view rest_b = b.string_value();
  absl::string_view key_a, key_b;
  Value x, y;
  const bool map = a.type() == Type::kMap;
  while (true) {
    const bool more = map ? NextEntry(&rest_a, &key_a, &x) : NextItem(a.type(), &rest_a, &x);
    if ((map ? NextEntry(&rest_b, &key_b, &y) : NextItem(b.type(), &rest_b, &y)) != more) {
      return false;
    }
    if (!more) return true;
    if (key_a != key_b || !SameScalars(x, y)) return false;
  }
}

bool IsIn(const Value& item, const Value& collection) {
  absl::string_view rest = collection.string_value();
  Value other;
  if (collection.type() == Type::kMap) {
    absl::string_view key;
    while (NextEntry(&rest, &key, &other)) {
      if (key == item.string_value()) return true;
    }
    return false;
  }
  while (NextItem(collection.type(), &rest, &other)) {
    if (SameScalars(item, other)) return true;
  }
  return false;
}

int64_t HashOf(const Value& value) {
  if (HasBytes(value.type())) return static_cast<int64_t>(Xxh3(value.string_value()));
  static_assert(std::endian::native == std::endian::little);
  char bytes[sizeof(int64_t)];
  size_t size = sizeof(bytes);
  if (value.type() == Type::kBool) {
    bytes[0] = value.bool_value() ? 1 : 0;
    size = 1;
  } else if (value.type() == Type::kDouble) {
    double v = value.double_value();
    if (v == 0) v = 0;
    if (std::isnan(v)) v = std::numeric_limits<double>::quiet_NaN();
    std::memcpy(bytes, &v, size);
  } else {
    const int64_t v = value.int_value();
    std::memcpy(bytes, &v, size);
  }
  return static_cast<int64_t>(Xxh3(absl::string_view(bytes, size)));
}

Value BucketOf(const Value& value, int64_t buckets) {
  if (buckets < 1) return Value::Null();
  const auto hash = static_cast<uint64_t>(HashOf(value));
  return Value::Int(static_cast<int64_t>(hash % static_cast<uint64_t>(buckets)));
}

Value ApplyCollections(Op op, std::span<const Value> arguments, Scratch* scratch) {
  const Value& a = arguments[0];
  switch (op) {
    case Op::kLeastItem: return Extreme(a, -1);
    case Op::kGreatestItem: return Extreme(a, 1);
    case Op::kSumOfInts: return Sum(a, Type::kInt);
    case Op::kSumOfDoubles: return Sum(a, Type::kDouble);
    case Op::kSumOfDurations: return Sum(a, Type::kDuration);
    case Op::kMeanOfItems: return Mean(a);
    case Op::kKeys:
    case Op::kValues: return KeysOrValues(op, a, scratch);
    case Op::kDot:
    case Op::kCosine:
    case Op::kNorm: return OfProducts(op, a, arguments.back());
    default: return Value::Null();
  }
}

}  // namespace millrace
