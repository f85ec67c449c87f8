#include "app/catalog/sample_fields.h"

#include "absl/strings/str_format.h"
#include "core/collection.h"

namespace millrace {
namespace {

constexpr uint64_t kNames = 1'000;
constexpr int64_t kNumbers = 10'000;
constexpr int kItems = 4;  // of a list or map
constexpr int64_t kSomeTimeMs = 1'700'000'000'000;
constexpr int64_t kSomeYearMs = 31'536'000'000;

}  // namespace

Value SampleFields::Scalar(Type type, std::string* bytes) {
  switch (type) {
    case Type::kBool: return Value::Bool(random_.Chance(0.5));
    case Type::kInt: return Value::Int(random_.Between(0, kNumbers));
    case Type::kDouble: return Value::Double(static_cast<double>(random_.Between(0, kNumbers)) / 8);
    case Type::kTimestamp: return Value::Timestamp(kSomeTimeMs + random_.Between(0, kSomeYearMs));
    case Type::kDuration: return Value::Duration(random_.Between(0, kNumbers));
    default:
      *bytes = absl::StrFormat("name-%03d", random_.Below(kNames));
      return Value::OfBytes(type, *bytes);
  }
}

Value SampleFields::Draw(const ValueType& type, std::string* bytes) {
  std::string item;
  if (type == Type::kList) {
    ListBuilder list;
    for (int i = 0; i < kItems; ++i) list.Add(Scalar(type.element, &item));
    *bytes = std::string(list.value().string_value());
  } else if (type == Type::kMap) {
    MapBuilder map;
    std::string key;
    for (int i = 0; i < kItems; ++i) {
      map.Add(Scalar(Type::kString, &key).string_value(), Scalar(type.element, &item));
    }
    *bytes = std::string(map.Finish().string_value());
  } else if (type == Type::kVector) {
    std::vector<double> components(static_cast<size_t>(type.dim));
    for (double& component : components) component = random_.Unit();
    return MakeVector(components, bytes);
  } else {
    return Scalar(type.type, bytes);
  }
  return Value::OfBytes(type.type, *bytes);
}

std::span<const Value> SampleFields::Next() {
  for (size_t f = 0; f < values_.size(); ++f) {
    values_[f] = Draw(schema_.fields[f].type, &bytes_[f]);
  }
  return values_;
}

}  // namespace millrace
