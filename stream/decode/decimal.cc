#include "stream/decode/decimal.h"

#include <array>
#include <cstdint>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/strings/charconv.h"
#include "absl/strings/str_cat.h"

namespace millrace {
namespace {

// Up to here powers of ten and quotients by them are correctly rounded.
constexpr std::array<double, 23> kPowersOfTen = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr int64_t kMaxExact = int64_t{1} << 53;

}  // namespace

bool DecimalToDouble(absl::string_view unscaled, int scale, double* value) {
  const bool negative = !unscaled.empty() && (unscaled.front() & 0x80) != 0;
  const char fill = negative ? '\xff' : '\0';
  while (unscaled.size() > 16 && unscaled.front() == fill &&
         ((unscaled[1] & 0x80) != 0) == negative) {
    unscaled.remove_prefix(1);
  }
  if (unscaled.size() > 16) return false;
  absl::uint128 bits = negative ? absl::Uint128Max() : 0;
  for (const char byte : unscaled) bits = (bits << 8) | static_cast<unsigned char>(byte);
  const absl::uint128 magnitude = negative ? ~bits + 1 : bits;
  if (magnitude <= kMaxExact && static_cast<size_t>(scale) < kPowersOfTen.size()) {
    const auto whole = static_cast<double>(absl::Uint128Low64(magnitude));
    *value = (negative ? -whole : whole) / kPowersOfTen[static_cast<size_t>(scale)];
    return true;
  }
  std::string digits;
  for (absl::uint128 rest = magnitude; rest > 0; rest /= 10) {
    digits.insert(digits.begin(), static_cast<char>('0' + absl::Uint128Low64(rest % 10)));
  }
  const std::string text = absl::StrCat(negative ? "-" : "", digits, "e-", scale);
  absl::from_chars(text.data(), text.data() + text.size(), *value);
  return true;
}

}  // namespace millrace
