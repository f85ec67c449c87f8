#include "learners/linear/logistic.h"

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/check.h"
#include "core/coding.h"
#include "core/status_macros.h"
#include "learners/encode/category_table.h"
#include "learners/encode/input_encoding.h"
#include "learners/linear/adagrad.h"
#include "learners/linear/ftrl.h"
#include "learners/linear/linear_model.h"
#include "learners/option_values.h"
#include "learners/probability.h"
#include "learners/sealed_bytes.h"

namespace millrace {
namespace {

constexpr absl::string_view kKind = "logistic/learner";
constexpr uint32_t kFormat = 1;
// Numbers shared by the categories that come after the table is full.
constexpr uint32_t kSharedCategories = 1024;
constexpr absl::string_view kFieldPrefix = "encode.fields.";

// What does not change while a learner lives.
struct Setup {
  std::vector<EncodedField> fields;
  std::vector<Standardizer> standardizers;  // at the start
  uint32_t max_categories = 0;
  std::string identity;  // of options and fields: state of another setup is not this learner's
};

template <typename Optimizer>
class LogisticLearner final : public Learner {
 public:
  LogisticLearner(Optimizer optimizer, Setup setup)
      : optimizer_(optimizer),
        intercept_optimizer_(optimizer.ForIntercept()),
        identity_(std::move(setup.identity)),
        fields_(std::make_shared<const std::vector<EncodedField>>(std::move(setup.fields))),
        standardizers_(std::move(setup.standardizers)),
        statistics_(fields_->size()),
        categories_(std::make_shared<CategoryTable>(setup.max_categories, kSharedCategories)),
        active_(fields_->size()) {
    for (const EncodedField& field : *fields_) encodings_.push_back(field.encoding);
    ResizeToCategories();
  }

  double Score(std::span<const Value> inputs) const override {
    const LinearForm form{encodings_, standardizers_, categories_.get(), weights_};
    return ProbabilityOf(form.RawScore(inputs));
  }

  LearnResult Learn(std::span<const Value> inputs, double label, double weight) override {
    CHECK(inputs.size() == encodings_.size());
    if (!IsBinaryExample(label, weight)) return {Score(inputs), true, 0};
    LearnResult result;
    double raw_score = weights_[kInterceptCoordinate];
    size_t active = 0;
    result.rejected_inputs = EncodeInputs(
        encodings_, standardizers_, inputs,
        [this](absl::string_view key) { return CategoryOf(key); },
        [&](size_t input, uint32_t coordinate, double x, double raw) {
          raw_score += weights_[coordinate] * x;
          active_[active++] = {static_cast<uint32_t>(input), coordinate, x, raw};
        });
    result.score = ProbabilityOf(raw_score);

    const double slope = weight * (result.score - label);
    Descend(intercept_optimizer_, kInterceptCoordinate, slope);
    for (size_t i = 0; i < active; ++i) {
      Descend(optimizer_, active_[i].coordinate, slope * active_[i].x);
    }
    for (size_t i = 0; i < active; ++i) LearnScale(active_[i], weight);
    ++step_;
    return result;
  }

  uint64_t Step() const override { return step_; }

  std::shared_ptr<const Model> Publish() const override {
    categories_published_ = true;  // the next new category goes to a copy
    return std::make_shared<const LinearModel>(
        LinearModel::Parts{fields_, standardizers_, categories_, weights_});
  }

  void Save(std::string* out) const override {
    std::string content;
    PutLengthPrefixed(&content, identity_);
    PutVarint(&content, step_);
    for (const ScaleStatistics& s : statistics_) {
      PutVarint(&content, s.count);
      PutDouble(&content, s.weight);
      PutDouble(&content, s.mean);
      PutDouble(&content, s.squares);
    }
    categories_->Save(&content);
    for (const double weight : weights_) PutDouble(&content, weight);
    for (const double state : states_) PutDouble(&content, state);
    Seal(kKind, kFormat, content, out);
  }

  absl::Status Load(absl::string_view bytes) override {
    ASSIGN_OR_RETURN(absl::string_view in, Unseal(kKind, kFormat, bytes));
    const auto lost = [](absl::string_view why) {
      return absl::DataLossError(absl::StrCat(kKind, ": ", why));
    };
    absl::string_view identity;
    uint64_t step;
    if (!GetLengthPrefixed(&in, &identity) || !GetVarint(&in, &step)) return lost("cut short");
    if (identity != identity_) return lost("state of other options or inputs");
    std::vector<ScaleStatistics> statistics(statistics_.size());
    for (ScaleStatistics& s : statistics) {
      if (!GetVarint(&in, &s.count) || !GetDouble(&in, &s.weight) || !GetDouble(&in, &s.mean) ||
          !GetDouble(&in, &s.squares) || !IsValid(s)) {
        return lost("bad scaler");
      }
    }
    CategoryTable categories(1, 0);
    if (!CategoryTable::Load(&in, &categories) ||
        categories.max_exact() != categories_->max_exact()) {
      return lost("bad categories");
    }
    std::vector<double> weights(FirstCategoryCoordinate(fields_->size()) + categories.size());
    std::vector<double> states(weights.size() * Optimizer::kStates);
    if (in.size() != (weights.size() + states.size()) * sizeof(double)) return lost("bad size");
    for (double& weight : weights) {
      if (!GetDouble(&in, &weight) || !(std::fabs(weight) <= 1e100)) return lost("bad weight");
    }
    for (double& state : states) GetDouble(&in, &state);
    for (size_t i = 0; i < states.size(); i += Optimizer::kStates) {
      if (!Optimizer::IsState(&states[i])) return lost("bad optimizer state");
    }

    step_ = step;
    statistics_ = std::move(statistics);
    categories_ = std::make_shared<CategoryTable>(std::move(categories));
    categories_published_ = false;
    weights_ = std::move(weights);
    states_ = std::move(states);
    for (size_t i = 0; i < statistics_.size(); ++i) {
      if (encodings_[i] != FieldEncoding::kScaled) continue;
      standardizers_[i].mean = 0;
      standardizers_[i].inverse_sd = 0;
      if (statistics_[i].count > 0) statistics_[i].Refresh(&standardizers_[i]);
    }
    return absl::OkStatus();
  }

 private:
  // A coordinate that is on in the example being learned.
  struct Active {
    uint32_t input = 0;
    uint32_t coordinate = 0;
    double x = 0;
    double raw = 0;
  };

  static bool IsValid(const ScaleStatistics& s) {
    return s.weight >= 0 && s.weight <= 1e100 && std::fabs(s.mean) <= 2 * kMaxMagnitude &&
           s.squares >= 0 && s.squares <= 1e100 && (s.count == 0 || s.weight > 0);
  }

  void Descend(const Optimizer& optimizer, uint32_t coordinate, double gradient) {
    optimizer.Step(gradient, &weights_[coordinate], &states_[coordinate * Optimizer::kStates]);
  }

  void LearnScale(const Active& active, double weight) {
    if (encodings_[active.input] != FieldEncoding::kScaled ||
        active.coordinate != ValueCoordinate(active.input)) {
      return;
    }
    ScaleStatistics& statistics = statistics_[active.input];
    Standardizer& standardizer = standardizers_[active.input];
    statistics.Add(active.raw, weight, standardizer);
    statistics.Refresh(&standardizer);
  }

  uint32_t CategoryOf(absl::string_view key) {
    const uint32_t known = categories_->Find(key);
    if (known != CategoryTable::kNone) return known;
    if (categories_published_) {
      categories_ = std::make_shared<CategoryTable>(*categories_);
      categories_published_ = false;
    }
    const uint32_t added = categories_->Add(key);
    ResizeToCategories();
    return added;
  }

  void ResizeToCategories() {
    weights_.resize(FirstCategoryCoordinate(fields_->size()) + categories_->size());
    states_.resize(weights_.size() * Optimizer::kStates);
  }

  const Optimizer optimizer_;
  const Optimizer intercept_optimizer_;
  const std::string identity_;
  const std::shared_ptr<const std::vector<EncodedField>> fields_;
  std::vector<FieldEncoding> encodings_;
  std::vector<Standardizer> standardizers_;
  std::vector<ScaleStatistics> statistics_;
  // Shared with published models, which must not see it change: copied before it grows.
  std::shared_ptr<CategoryTable> categories_;
  mutable bool categories_published_ = false;
  std::vector<double> weights_;  // by coordinate
  std::vector<double> states_;   // kStates of each coordinate
  std::vector<Active> active_;   // of the example being learned; at most one an input
  uint64_t step_ = 0;
};

FieldEncoding EncodingOf(const OptionValues& values, const LearnerOptions& options,
                         const InputField& input, bool scales) {
  const std::string option = absl::StrCat(kFieldPrefix, input.name);
  FieldEncoding encoding = DefaultEncoding(input.type);
  if (options.contains(option)) {
    const std::string word = values.String(option);
    encoding = word == "onehot"   ? FieldEncoding::kOneHot
               : word == "scaled" ? FieldEncoding::kScaled
                                  : FieldEncoding::kRaw;
    return encoding;
  }
  return encoding == FieldEncoding::kScaled && !scales ? FieldEncoding::kRaw : encoding;
}

absl::StatusOr<std::unique_ptr<Learner>> Make(const LearnerOptions& options,
                                              std::span<const InputField> inputs) {
  const LearnerType type = LogisticType();
  const OptionValues values(type.options, options);
  const bool scales = values.String("scale.kind") != "none";
  Setup setup;
  for (const InputField& input : inputs) {
    setup.fields.push_back({input.name, input.type, EncodingOf(values, options, input, scales)});
    Standardizer standardizer;
    if (setup.fields.back().encoding == FieldEncoding::kScaled) {
      standardizer.clip = values.Double("scale.clip");
    } else {
      standardizer.inverse_sd = 1;  // raw: x as it is
    }
    setup.standardizers.push_back(standardizer);
  }
  setup.max_categories = static_cast<uint32_t>(values.Int("encode.max_categories"));
  setup.identity = values.Identity();
  SaveFields(setup.fields, &setup.identity);
  if (values.String("optimizer") == "ftrl") {
    return std::make_unique<LogisticLearner<Ftrl>>(
        Ftrl{values.Double("alpha"), values.Double("beta"), values.Double("l1"),
             values.Double("l2")},
        std::move(setup));
  }
  return std::make_unique<LogisticLearner<AdaGrad>>(
      AdaGrad{values.Double("rate"), values.Double("epsilon")}, std::move(setup));
}

void Check(const LearnerOptions& options, std::span<const InputField> inputs,
           std::vector<OptionError>* errors) {
  const auto chosen = options.find("optimizer");
  const std::string optimizer =
      chosen == options.end() ? "adagrad" : ToString(chosen->second.view());
  for (const auto& [option, value] : options) {
    for (const absl::string_view only : {"rate", "epsilon"}) {
      if (option == only && optimizer == "ftrl") {
        errors->push_back({option, absl::StrCat(option, " belongs to optimizer: adagrad")});
      }
    }
    for (const absl::string_view only : {"alpha", "beta", "l1", "l2"}) {
      if (option == only && optimizer == "adagrad") {
        errors->push_back({option, absl::StrCat(option, " belongs to optimizer: ftrl")});
      }
    }
    if (!absl::StartsWith(option, kFieldPrefix) || ToString(value.view()) == "onehot") continue;
    for (const InputField& input : inputs) {
      if (option.substr(kFieldPrefix.size()) == input.name &&
          (input.type == Type::kString || input.type == Type::kBytes)) {
        errors->push_back({option, absl::StrCat(option, " must be onehot: ", input.name, " is a ",
                                                TypeName(input.type), ", not a number")});
      }
    }
  }
}

}  // namespace

LearnerType LogisticType() {
  LearnerType type;
  type.name = "logistic";
  type.aliases = {"logistic_regression", "LogisticRegression"};
  type.description =
      "Online logistic regression with one learning rate per coordinate, a running scaler and "
      "exact one-hot categories.";
  type.source =
      "Duchi, Hazan, Singer 2011 (AdaGrad); McMahan et al. 2013, Algorithm 1 (FTRL-Proximal)";
  type.options = {
      {.name = "optimizer",
       .type = Type::kString,
       .default_text = "adagrad",
       .choices = {"adagrad", "ftrl"},
       .description = "The rule that turns a gradient into a step."},
      {.name = "rate",
       .default_text = "0.05",
       .min = 0,
       .max = 100,
       .above_min = true,
       .description = "AdaGrad: the longest step of a weight."},
      {.name = "epsilon",
       .default_text = "1e-8",
       .min = 0,
       .max = 1,
       .above_min = true,
       .description = "AdaGrad: added to the sum of squared gradients below the root."},
      {.name = "alpha",
       .default_text = "0.05",
       .min = 0,
       .max = 100,
       .above_min = true,
       .description = "FTRL: learning rate."},
      {.name = "beta",
       .default_text = "1",
       .min = 0,
       .max = 1e6,
       .above_min = true,
       .description = "FTRL: damps the first steps; greater is slower."},
      {.name = "l1",
       .default_text = "0",
       .min = 0,
       .max = 1e6,
       .description = "FTRL: weights whose evidence stays below it are exactly 0."},
      {.name = "l2",
       .default_text = "0",
       .min = 0,
       .max = 1e6,
       .description = "FTRL: pulls weights towards 0."},
      {.name = "scale.kind",
       .type = Type::kString,
       .default_text = "auto",
       .choices = {"auto", "none", "standard"},
       .description = "How numbers are scaled: standard is (x - mean) / sd; auto is standard."},
      {.name = "scale.clip",
       .default_text = "6",
       .min = 0,
       .max = 1e6,
       .above_min = true,
       .description = "Scaled numbers are held within this many standard deviations."},
      {.name = "encode.max_categories",
       .type = Type::kInt,
       .default_text = "262144",
       .min = 1,
       .max = CategoryTable::kMaxExactLimit,
       .description = "Categories that get a weight of their own; later ones share 1024 by hash."},
      {.name = "encode.fields.*",
       .type = Type::kString,
       .default_text = "by type",
       .choices = {"onehot", "scaled", "raw"},
       .description = "How one input is encoded; by default numbers are scaled, all else onehot."},
  };
  type.check = Check;
  type.make = Make;
  type.load_model = LinearModel::Load;
  return type;
}

}  // namespace millrace
