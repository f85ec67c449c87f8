#include "learners/encode/category_key.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "core/hashing.h"

namespace millrace {
namespace {

constexpr uint64_t kHashedString = 0x80;  // added to the type of a string stood for by its hash
constexpr uint64_t kSecondSeed = 0x9e3779b97f4a7c15u;

}  // namespace

bool CategoryKey::Append(const Value& value) {
  const auto type = static_cast<uint64_t>(value.type());
  switch (value.type()) {
    case Type::kNull: AppendFixed(type, 1); return true;
    case Type::kBool:
      AppendFixed(type, 1);
      AppendFixed(value.bool_value() ? 1 : 0, 1);
      return true;
    case Type::kDouble: {
      double number = value.double_value();
      if (!std::isfinite(number)) {
        AppendFixed(static_cast<uint64_t>(Type::kNull), 1);
        return false;
      }
      if (number == 0) number = 0;  // -0.0 too
      AppendFixed(type, 1);
      AppendFixed(std::bit_cast<uint64_t>(number), 8);
      return true;
    }
    case Type::kString:
    case Type::kBytes: {
      const absl::string_view text = value.string_value();
      if (text.size() > kMaxStringBytes) {
        AppendFixed(type | kHashedString, 1);
        AppendFixed(text.size(), 4);
        AppendFixed(Xxh3(text), 8);
        AppendFixed(Xxh3(text, kSecondSeed), 8);
        return true;
      }
      AppendFixed(type, 1);
      AppendFixed(text.size(), 1);
      if (!text.empty()) std::memcpy(buffer_ + size_, text.data(), text.size());
      size_ += text.size();
      return true;
    }
    case Type::kInt:
    case Type::kTimestamp:
    case Type::kDuration:
      AppendFixed(type, 1);
      AppendFixed(static_cast<uint64_t>(value.int_value()), 8);
      return true;
    default: AppendFixed(static_cast<uint64_t>(Type::kNull), 1); return false;
  }
}

}  // namespace millrace
