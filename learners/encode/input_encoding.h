// How typed inputs become the coordinates of a linear model: x[0] = 1 for the intercept, then for
// input i one coordinate for its value and one that is 1 when it is missing, then one per category.
//
//   scaled   (x - mean) / sd, clipped; int, double, timestamp, duration by default
//   raw      x as it is
//   onehot   1 on the coordinate of (input, value), exact; bool, string, bytes by default
//
// Missing: null, NaN, an infinity, a magnitude above 1e15, a value that is no number where one is
// needed. A missing number has the scaled value 0 (the mean) and its indicator on.

#ifndef MILLRACE_LEARNERS_ENCODE_INPUT_ENCODING_H_
#define MILLRACE_LEARNERS_ENCODE_INPUT_ENCODING_H_

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/value.h"
#include "learners/encode/category_key.h"
#include "learners/encode/category_table.h"
#include "learners/learner.h"

namespace millrace {

// The numbers are stored on disk: append only.
enum class FieldEncoding : uint8_t { kScaled = 0, kRaw = 1, kOneHot = 2 };

// What a type is encoded as unless the options say otherwise.
FieldEncoding DefaultEncoding(Type type);

struct EncodedField {
  std::string name;
  Type type = Type::kNull;
  FieldEncoding encoding = FieldEncoding::kScaled;

  friend bool operator==(const EncodedField&, const EncodedField&) = default;
};

// Appends the fields; Load takes them off the front of `*in`, false when malformed.
void SaveFields(std::span<const EncodedField> fields, std::string* out);
bool LoadFields(absl::string_view* in, std::vector<EncodedField>* fields);

// Magnitudes above this are no measurements: they count as missing.
inline constexpr double kMaxMagnitude = 1e15;

inline constexpr uint32_t kInterceptCoordinate = 0;
inline uint32_t ValueCoordinate(size_t input) { return static_cast<uint32_t>(1 + 2 * input); }
inline uint32_t MissingCoordinate(size_t input) { return static_cast<uint32_t>(2 + 2 * input); }
inline uint32_t FirstCategoryCoordinate(size_t inputs) {
  return static_cast<uint32_t>(1 + 2 * inputs);
}

// x → clip((x - mean) * inverse_sd). inverse_sd is 0 as long as nothing is known: all is the mean.
struct Standardizer {
  double mean = 0;
  double inverse_sd = 0;
  double clip = kMaxMagnitude;

  double operator()(double x) const {
    const double z = (x - mean) * inverse_sd;
    return z > clip ? clip : (z < -clip ? -clip : z);
  }
};

// The running statistics of one input: weighted mean and variance by West's (1979) update, the
// weighted form of Welford's. From the 16th value on, a value further than 10 clips from the mean
// enters as that bound: one wild value cannot flatten an input for good.
struct ScaleStatistics {
  uint64_t count = 0;
  double weight = 0;
  double mean = 0;
  double squares = 0;  // Σ weight (x - mean)²

  // REQUIRES: |x| <= kMaxMagnitude, weight > 0. `standardizer` is the one made from these.
  void Add(double x, double weight_of_x, const Standardizer& standardizer);
  // Mean and 1 / sd as of now; sd below 1e-10 of the mean is rounding, and counts as 0.
  void Refresh(Standardizer* standardizer) const;
};

// The number in `value`; false when there is none within kMaxMagnitude.
inline bool ReadNumber(const Value& value, double* x) {
  switch (value.type()) {
    case Type::kDouble: *x = value.double_value(); break;
    case Type::kInt:
    case Type::kTimestamp:
    case Type::kDuration: *x = static_cast<double>(value.int_value()); break;
    case Type::kBool: *x = value.bool_value() ? 1.0 : 0.0; break;
    default: return false;
  }
  return std::fabs(*x) <= kMaxMagnitude;  // false for NaN
}

// Calls visit(input, coordinate, x, raw) in input order for every coordinate that is on, the
// intercept aside; `raw` is the value before scaling. category_of(key) answers a category's number
// or CategoryTable::kNone, which leaves the input without a coordinate. Returns how many inputs
// counted as missing although they were not null. REQUIRES: all spans have one size.
template <typename CategoryOf, typename Visit>
uint32_t EncodeInputs(std::span<const FieldEncoding> encodings,
                      std::span<const Standardizer> standardizers, std::span<const Value> inputs,
                      CategoryOf&& category_of, Visit&& visit) {
  uint32_t rejected = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Value& value = inputs[i];
    if (value.is_null()) {
      visit(i, MissingCoordinate(i), 1.0, 0.0);
    } else if (encodings[i] != FieldEncoding::kOneHot) {
      double raw;
      if (ReadNumber(value, &raw)) {
        visit(i, ValueCoordinate(i), standardizers[i](raw), raw);
      } else {
        ++rejected;
        visit(i, MissingCoordinate(i), 1.0, 0.0);
      }
    } else {
      CategoryKey key(static_cast<uint32_t>(i));
      if (key.Append(value)) {
        const uint32_t category = category_of(key.bytes());
        if (category != CategoryTable::kNone) {
          visit(i, FirstCategoryCoordinate(inputs.size()) + category, 1.0, 0.0);
        }
      } else {
        ++rejected;
        visit(i, MissingCoordinate(i), 1.0, 0.0);
      }
    }
  }
  return rejected;
}

}  // namespace millrace

#endif  // MILLRACE_LEARNERS_ENCODE_INPUT_ENCODING_H_
