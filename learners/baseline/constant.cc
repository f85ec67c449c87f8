#include "learners/baseline/constant.h"

#include <utility>

#include "core/coding.h"
#include "core/status_macros.h"
#include "learners/probability.h"
#include "learners/sealed_bytes.h"

namespace millrace {

double BaseRate::Probability() const { return ClipProbability((positives + 0.5) / (weight + 1.0)); }

bool BaseRate::IsValid() const {
  return weight >= 0 && weight <= 1e100 && positives >= 0 && positives <= weight;
}

namespace {

constexpr absl::string_view kLearnerKind = "constant/learner";
constexpr absl::string_view kModelKind = "constant/model";
constexpr uint32_t kFormat = 1;

class ConstantModel final : public Model {
 public:
  explicit ConstantModel(double probability) : probability_(probability) {}

  double Score(std::span<const Value>) const override { return probability_; }
  std::vector<Contribution> Explain(std::span<const Value>) const override {
    return {{"", LogOdds(probability_)}};
  }
  void Save(std::string* out) const override {
    std::string content;
    PutDouble(&content, probability_);
    Seal(kModelKind, kFormat, content, out);
  }
  static absl::StatusOr<std::shared_ptr<const Model>> Load(absl::string_view bytes) {
    ASSIGN_OR_RETURN(absl::string_view in, Unseal(kModelKind, kFormat, bytes));
    double probability;
    if (!GetDouble(&in, &probability) || !in.empty() || !(probability > 0 && probability < 1)) {
      return absl::DataLossError("constant/model: damaged content");
    }
    return std::make_shared<const ConstantModel>(probability);
  }

 private:
  double probability_;
};

class ConstantLearner final : public Learner {
 public:
  double Score(std::span<const Value>) const override { return rate_.Probability(); }
  LearnResult Learn(std::span<const Value>, double label, double weight) override {
    const double score = rate_.Probability();
    if (!IsBinaryExample(label, weight)) return {score, true, 0};
    rate_.Add(label, weight);
    ++step_;
    return {score, false, 0};
  }
  uint64_t Step() const override { return step_; }
  std::shared_ptr<const Model> Publish() const override {
    return std::make_shared<const ConstantModel>(rate_.Probability());
  }
  void Save(std::string* out) const override {
    std::string content;
    PutVarint(&content, step_);
    PutDouble(&content, rate_.weight);
    PutDouble(&content, rate_.positives);
    Seal(kLearnerKind, kFormat, content, out);
  }
  absl::Status Load(absl::string_view bytes) override {
    ASSIGN_OR_RETURN(absl::string_view in, Unseal(kLearnerKind, kFormat, bytes));
    uint64_t step;
    BaseRate rate;
    if (!GetVarint(&in, &step) || !GetDouble(&in, &rate.weight) ||
        !GetDouble(&in, &rate.positives) || !in.empty() || !rate.IsValid()) {
      return absl::DataLossError("constant/learner: damaged content");
    }
    step_ = step;
    rate_ = rate;
    return absl::OkStatus();
  }

 private:
  BaseRate rate_;
  uint64_t step_ = 0;
};

}  // namespace

LearnerType ConstantType() {
  LearnerType type;
  type.name = "constant";
  type.aliases = {"prior", "PriorClassifier"};
  type.description = "The running base rate of the labels: the baseline of every other learner.";
  type.source = "Krichevsky and Trofimov 1981";
  type.make = [](const LearnerOptions&,
                 std::span<const InputField>) -> absl::StatusOr<std::unique_ptr<Learner>> {
    return std::make_unique<ConstantLearner>();
  };
  type.load_model = ConstantModel::Load;
  return type;
}

}  // namespace millrace
