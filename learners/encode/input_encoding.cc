#include "learners/encode/input_encoding.h"

#include "core/coding.h"

namespace millrace {
namespace {

constexpr uint64_t kMaxFields = 1u << 16;
constexpr uint64_t kWarmCount = 16;
constexpr double kStatisticsClips = 10.0;
constexpr double kSmallestRelativeSd = 1e-10;

}  // namespace

FieldEncoding DefaultEncoding(Type type) {
  switch (type) {
    case Type::kInt:
    case Type::kDouble:
    case Type::kTimestamp:
    case Type::kDuration: return FieldEncoding::kScaled;
    default: return FieldEncoding::kOneHot;
  }
}

void SaveFields(std::span<const EncodedField> fields, std::string* out) {
  PutVarint(out, fields.size());
  for (const EncodedField& field : fields) {
    PutLengthPrefixed(out, field.name);
    out->push_back(static_cast<char>(field.type));
    out->push_back(static_cast<char>(field.encoding));
  }
}

bool LoadFields(absl::string_view* in, std::vector<EncodedField>* fields) {
  uint64_t count;
  if (!GetVarint(in, &count) || count > kMaxFields || count > in->size()) return false;
  fields->clear();
  for (uint64_t i = 0; i < count; ++i) {
    absl::string_view name;
    if (!GetLengthPrefixed(in, &name) || in->size() < 2) return false;
    const auto type = static_cast<uint8_t>((*in)[0]);
    const auto encoding = static_cast<uint8_t>((*in)[1]);
    in->remove_prefix(2);
    if (type > static_cast<uint8_t>(Type::kDuration) ||
        encoding > static_cast<uint8_t>(FieldEncoding::kOneHot)) {
      return false;
    }
    fields->push_back(
        {std::string(name), static_cast<Type>(type), static_cast<FieldEncoding>(encoding)});
  }
  return true;
}

void ScaleStatistics::Add(double x, double weight_of_x, const Standardizer& standardizer) {
  if (count >= kWarmCount && standardizer.inverse_sd > 0) {
    const double bound = kStatisticsClips * standardizer.clip;
    const double z = (x - mean) * standardizer.inverse_sd;
    if (z > bound) x = mean + bound / standardizer.inverse_sd;
    if (z < -bound) x = mean - bound / standardizer.inverse_sd;
  }
  ++count;
  weight += weight_of_x;
  const double delta = x - mean;
  mean += delta * (weight_of_x / weight);
  squares = std::fmax(0.0, squares + weight_of_x * delta * (x - mean));
}

void ScaleStatistics::Refresh(Standardizer* standardizer) const {
  const double sd = std::sqrt(squares / weight);
  standardizer->mean = mean;
  standardizer->inverse_sd = sd > kSmallestRelativeSd * std::fabs(mean) ? 1.0 / sd : 0.0;
}

}  // namespace millrace
