// What learners write: their models and their own state. The input: a byte that chooses the learner
// (its lowest bit: the model), and the content. What loads is saved as the same bytes, scores
// within (0, 1), and learns; what does not is lost data and changes nothing. The envelope is sealed
// anew around the content, so that its checksum does not keep everything else out.

#include <cmath>
#include <string>
#include <vector>

#include "core/check.h"
#include "core/coding.h"
#include "learners/registry.h"
#include "learners/sealed_bytes.h"
#include "tests/fuzz/input_parts.h"
#include "tests/fuzz/target.h"

namespace millrace {
namespace {

const std::vector<InputField>& Inputs() {
  static const auto& inputs = *new std::vector<InputField>{
      {"carrier", Type::kString}, {"delay", Type::kDouble}, {"hour", Type::kInt}};
  return inputs;
}

const std::vector<std::vector<Value>>& Examples() {
  static const auto& examples = *new std::vector<std::vector<Value>>{
      {Value::String("AA"), Value::Double(12.5), Value::Int(7)},
      {Value::String("B6"), Value::Double(-1e15), Value::Null()},
      {Value::Null(), Value::Null(), Value::Int(INT64_MAX)}};
  return examples;
}

std::unique_ptr<Learner> MakeLearner(const LearnerType& type) {
  LearnerOptions options;
  if (type.name == "rate_table") options["keys.0"] = OwnedValue(Value::String("carrier"));
  auto learner = type.make(options, Inputs());
  CHECK(learner.ok());
  for (int i = 0; i < 6; ++i) (*learner)->Learn(Examples()[static_cast<size_t>(i % 3)], i % 2, 1);
  return *std::move(learner);
}

template <typename Saved>
std::string BytesOf(const Saved& saved) {
  std::string bytes;
  saved.Save(&bytes);
  return bytes;
}

// `content` in the envelope that `sealed` has.
std::string SealedAs(absl::string_view sealed, absl::string_view content) {
  constexpr size_t kMagicBytes = 4;
  sealed.remove_prefix(kMagicBytes);
  absl::string_view kind;
  uint64_t format = 0;
  CHECK(GetLengthPrefixed(&sealed, &kind) && GetVarint(&sealed, &format));
  std::string bytes;
  Seal(kind, static_cast<uint32_t>(format), content, &bytes);
  return bytes;
}

void CheckScores(const Model& model) {
  for (const std::vector<Value>& inputs : Examples()) {
    const double score = model.Score(inputs);
    CHECK(score > 0 && score < 1);
    for (const Contribution& part : model.Explain(inputs)) CHECK(std::isfinite(part.value));
  }
}

Verdict CheckModel(const LearnerType& type, const std::string& bytes) {
  const auto model = type.load_model(bytes);
  if (!model.ok()) {
    CHECK(absl::IsDataLoss(model.status()));
    return Verdict::kRefused;
  }
  CHECK(BytesOf(**model) == bytes);
  return Verdict::kAccepted;
}

Verdict CheckState(const std::string& bytes, Learner* learner) {
  const std::string before = BytesOf(*learner);
  const absl::Status loaded = learner->Load(bytes);
  if (!loaded.ok()) {
    CHECK(absl::IsDataLoss(loaded));
    CHECK(BytesOf(*learner) == before);
    return Verdict::kRefused;
  }
  CHECK(BytesOf(*learner) == bytes);
  CheckScores(*learner->Publish());
  for (int i = 0; i < 6; ++i) {
    const double score = learner->Learn(Examples()[static_cast<size_t>(i % 3)], i % 2, 1).score;
    CHECK(score > 0 && score < 1);
  }
  CheckScores(*learner->Publish());
  return Verdict::kAccepted;
}

}  // namespace

Verdict FuzzTarget(absl::string_view input) {
  InputParts parts(input);
  const uint8_t choice = parts.Byte();
  const LearnerType& type = LearnerTypes()[choice / 2 % LearnerTypes().size()];
  const auto learner = MakeLearner(type);
  if (choice % 2 == 1) {
    return CheckModel(type, SealedAs(BytesOf(*learner->Publish()), parts.rest()));
  }
  return CheckState(SealedAs(BytesOf(*learner), parts.rest()), learner.get());
}

}  // namespace millrace
