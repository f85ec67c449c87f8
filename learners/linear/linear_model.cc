#include "learners/linear/linear_model.h"

#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "core/check.h"
#include "core/coding.h"
#include "core/status_macros.h"
#include "learners/probability.h"
#include "learners/sealed_bytes.h"

namespace millrace {
namespace {

constexpr absl::string_view kKind = "linear/model";
constexpr uint32_t kFormat = 1;
// Far above what a learner reaches, far below what could overflow a sum.
constexpr double kMaxWeight = 1e100;

bool IsValid(const Standardizer& s) {
  return std::fabs(s.mean) <= 2 * kMaxMagnitude && s.inverse_sd >= 0 && s.inverse_sd <= 1e200 &&
         s.clip > 0 && s.clip <= kMaxMagnitude;
}

}  // namespace

double LinearForm::RawScore(std::span<const Value> inputs) const {
  CHECK(inputs.size() == encodings.size());
  double sum = weights[kInterceptCoordinate];
  EncodeInputs(
      encodings, standardizers, inputs,
      [this](absl::string_view key) { return categories->Find(key); },
      [this, &sum](size_t, uint32_t coordinate, double x, double) {
        sum += weights[coordinate] * x;
      });
  return sum;
}

LinearModel::LinearModel(Parts parts) : parts_(std::move(parts)) {
  CHECK(parts_.standardizers.size() == parts_.fields->size());
  CHECK(parts_.weights.size() ==
        FirstCategoryCoordinate(parts_.fields->size()) + parts_.categories->size());
  for (const EncodedField& field : *parts_.fields) encodings_.push_back(field.encoding);
}

LinearForm LinearModel::Form() const {
  return {encodings_, parts_.standardizers, parts_.categories.get(), parts_.weights};
}

double LinearModel::Score(std::span<const Value> inputs) const {
  return ProbabilityOf(Form().RawScore(inputs));
}

std::vector<Contribution> LinearModel::Explain(std::span<const Value> inputs) const {
  CHECK(inputs.size() == encodings_.size());
  std::vector<Contribution> contributions = {{"", parts_.weights[kInterceptCoordinate]}};
  for (const EncodedField& field : *parts_.fields) contributions.push_back({field.name, 0.0});
  EncodeInputs(
      encodings_, parts_.standardizers, inputs,
      [this](absl::string_view key) { return parts_.categories->Find(key); },
      [&](size_t input, uint32_t coordinate, double x, double) {
        contributions[1 + input].value += parts_.weights[coordinate] * x;
      });
  return contributions;
}

void LinearModel::Save(std::string* out) const {
  std::string content;
  SaveFields(*parts_.fields, &content);
  for (const Standardizer& standardizer : parts_.standardizers) {
    PutDouble(&content, standardizer.mean);
    PutDouble(&content, standardizer.inverse_sd);
    PutDouble(&content, standardizer.clip);
  }
  parts_.categories->Save(&content);
  for (const double weight : parts_.weights) PutDouble(&content, weight);
  Seal(kKind, kFormat, content, out);
}

absl::StatusOr<std::shared_ptr<const Model>> LinearModel::Load(absl::string_view bytes) {
  ASSIGN_OR_RETURN(absl::string_view in, Unseal(kKind, kFormat, bytes));
  const auto lost = [] { return absl::DataLossError("linear/model: damaged content"); };
  Parts parts;
  std::vector<EncodedField> fields;
  if (!LoadFields(&in, &fields)) return lost();
  for (size_t i = 0; i < fields.size(); ++i) {
    Standardizer s;
    if (!GetDouble(&in, &s.mean) || !GetDouble(&in, &s.inverse_sd) || !GetDouble(&in, &s.clip) ||
        !IsValid(s)) {
      return lost();
    }
    parts.standardizers.push_back(s);
  }
  CategoryTable categories(1, 0);
  if (!CategoryTable::Load(&in, &categories)) return lost();
  const size_t coordinates = FirstCategoryCoordinate(fields.size()) + size_t{categories.size()};
  if (in.size() != coordinates * sizeof(double)) return lost();
  for (size_t i = 0; i < coordinates; ++i) {
    double weight;
    if (!GetDouble(&in, &weight) || !(std::fabs(weight) <= kMaxWeight)) return lost();
    parts.weights.push_back(weight);
  }
  parts.fields = std::make_shared<const std::vector<EncodedField>>(std::move(fields));
  parts.categories = std::make_shared<const CategoryTable>(std::move(categories));
  return std::make_shared<const LinearModel>(std::move(parts));
}

}  // namespace millrace
