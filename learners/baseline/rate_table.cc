#include "learners/baseline/rate_table.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/check.h"
#include "core/coding.h"
#include "core/status_macros.h"
#include "learners/baseline/constant.h"
#include "learners/encode/category_key.h"
#include "learners/encode/category_table.h"
#include "learners/option_values.h"
#include "learners/probability.h"
#include "learners/sealed_bytes.h"

namespace millrace {
namespace {

constexpr absl::string_view kLearnerKind = "rate_table/learner";
constexpr absl::string_view kModelKind = "rate_table/model";
constexpr uint32_t kFormat = 1;

// The inputs a table is keyed by.
struct KeyInputs {
  std::string label;             // "origin,carrier"
  std::vector<uint32_t> inputs;  // by position
  size_t input_count = 0;

  // How many values counted as null.
  uint32_t Compose(std::span<const Value> values, CategoryKey* key) const {
    CHECK(values.size() == input_count);
    uint32_t rejected = 0;
    for (const uint32_t input : inputs) rejected += key->Append(values[input]) ? 0 : 1;
    return rejected;
  }
};

class RateTableModel final : public Model {
 public:
  RateTableModel(KeyInputs keys, std::shared_ptr<const CategoryTable> table, double mean,
                 std::vector<double> rates)
      : keys_(std::move(keys)), table_(std::move(table)), mean_(mean), rates_(std::move(rates)) {}

  double Score(std::span<const Value> inputs) const override {
    CategoryKey key;
    keys_.Compose(inputs, &key);
    const uint32_t row = table_->Find(key.bytes());
    return row == CategoryTable::kNone ? mean_ : rates_[row];
  }

  std::vector<Contribution> Explain(std::span<const Value> inputs) const override {
    const double base = LogOdds(mean_);
    return {{"", base}, {keys_.label, LogOdds(Score(inputs)) - base}};
  }

  void Save(std::string* out) const override {
    std::string content;
    PutLengthPrefixed(&content, keys_.label);
    PutVarint(&content, keys_.input_count);
    PutVarint(&content, keys_.inputs.size());
    for (const uint32_t input : keys_.inputs) PutVarint(&content, input);
    PutDouble(&content, mean_);
    table_->Save(&content);
    for (const double rate : rates_) PutDouble(&content, rate);
    Seal(kModelKind, kFormat, content, out);
  }

  static absl::StatusOr<std::shared_ptr<const Model>> Load(absl::string_view bytes) {
    ASSIGN_OR_RETURN(absl::string_view in, Unseal(kModelKind, kFormat, bytes));
    const auto lost = [] { return absl::DataLossError("rate_table/model: damaged content"); };
    const auto probability = [](double p) { return p > 0 && p < 1; };
    KeyInputs keys;
    absl::string_view label;
    uint64_t input_count;
    uint64_t key_count;
    if (!GetLengthPrefixed(&in, &label) || !GetVarint(&in, &input_count) ||
        !GetVarint(&in, &key_count) || key_count > CategoryKey::kMaxValues) {
      return lost();
    }
    keys.label = std::string(label);
    keys.input_count = input_count;
    for (uint64_t i = 0; i < key_count; ++i) {
      uint64_t input;
      if (!GetVarint(&in, &input) || input >= input_count || input > UINT32_MAX) return lost();
      keys.inputs.push_back(static_cast<uint32_t>(input));
    }
    double mean;
    CategoryTable table(1, 0);
    if (!GetDouble(&in, &mean) || !probability(mean) || !CategoryTable::Load(&in, &table) ||
        in.size() != table.size() * sizeof(double)) {
      return lost();
    }
    std::vector<double> rates(table.size());
    for (double& rate : rates) GetDouble(&in, &rate);
    if (!std::all_of(rates.begin(), rates.end(), probability)) return lost();
    return std::make_shared<const RateTableModel>(
        std::move(keys), std::make_shared<const CategoryTable>(std::move(table)), mean,
        std::move(rates));
  }

 private:
  KeyInputs keys_;
  std::shared_ptr<const CategoryTable> table_;
  double mean_;
  std::vector<double> rates_;  // by row of the table
};

class RateTableLearner final : public Learner {
 public:
  RateTableLearner(KeyInputs keys, double prior_weight, uint32_t max_rows, std::string identity)
      : keys_(std::move(keys)),
        prior_weight_(prior_weight),
        identity_(std::move(identity)),
        table_(std::make_shared<CategoryTable>(max_rows, 0)) {}

  double Score(std::span<const Value> inputs) const override {
    CategoryKey key;
    keys_.Compose(inputs, &key);
    const uint32_t row = table_->Find(key.bytes());
    return row == CategoryTable::kNone ? base_.Probability() : RateOf(rows_[row]);
  }

  LearnResult Learn(std::span<const Value> inputs, double label, double weight) override {
    LearnResult result;
    CategoryKey key;
    result.rejected_inputs = keys_.Compose(inputs, &key);
    uint32_t row = table_->Find(key.bytes());
    result.score = row == CategoryTable::kNone ? base_.Probability() : RateOf(rows_[row]);
    if (!IsBinaryExample(label, weight)) {
      result.skipped = true;
      return result;
    }
    if (row == CategoryTable::kNone && !table_->full()) row = AddRow(key.bytes());
    if (row != CategoryTable::kNone) rows_[row].Add(label, weight);
    base_.Add(label, weight);
    ++step_;
    return result;
  }

  uint64_t Step() const override { return step_; }

  std::shared_ptr<const Model> Publish() const override {
    table_published_ = true;  // the next new row goes to a copy
    std::vector<double> rates;
    rates.reserve(rows_.size());
    for (const BaseRate& row : rows_) rates.push_back(RateOf(row));
    return std::make_shared<const RateTableModel>(keys_, table_, base_.Probability(),
                                                  std::move(rates));
  }

  void Save(std::string* out) const override {
    std::string content;
    PutLengthPrefixed(&content, identity_);
    PutVarint(&content, step_);
    SaveRate(base_, &content);
    table_->Save(&content);
    for (const BaseRate& row : rows_) SaveRate(row, &content);
    Seal(kLearnerKind, kFormat, content, out);
  }

  absl::Status Load(absl::string_view bytes) override {
    ASSIGN_OR_RETURN(absl::string_view in, Unseal(kLearnerKind, kFormat, bytes));
    const auto lost = [](absl::string_view why) {
      return absl::DataLossError(absl::StrCat(kLearnerKind, ": ", why));
    };
    absl::string_view identity;
    uint64_t step;
    BaseRate base;
    if (!GetLengthPrefixed(&in, &identity) || !GetVarint(&in, &step)) return lost("cut short");
    if (identity != identity_) return lost("state of other options or inputs");
    CategoryTable table(1, 0);
    if (!LoadRate(&in, &base) || !CategoryTable::Load(&in, &table) ||
        table.max_exact() != table_->max_exact()) {
      return lost("bad keys");
    }
    std::vector<BaseRate> rows(table.size());
    for (BaseRate& row : rows) {
      if (!LoadRate(&in, &row)) return lost("bad rates");
    }
    if (!in.empty()) return lost("bad size");
    step_ = step;
    base_ = base;
    table_ = std::make_shared<CategoryTable>(std::move(table));
    table_published_ = false;
    rows_ = std::move(rows);
    return absl::OkStatus();
  }

 private:
  static void SaveRate(const BaseRate& rate, std::string* out) {
    PutDouble(out, rate.weight);
    PutDouble(out, rate.positives);
  }
  static bool LoadRate(absl::string_view* in, BaseRate* rate) {
    return GetDouble(in, &rate->weight) && GetDouble(in, &rate->positives) && rate->IsValid();
  }

  double RateOf(const BaseRate& row) const {
    return ClipProbability((row.positives + prior_weight_ * base_.Probability()) /
                           (row.weight + prior_weight_));
  }

  uint32_t AddRow(absl::string_view key) {
    if (table_published_) {
      table_ = std::make_shared<CategoryTable>(*table_);
      table_published_ = false;
    }
    rows_.emplace_back();
    return table_->Add(key);
  }

  const KeyInputs keys_;
  const double prior_weight_;
  const std::string identity_;
  BaseRate base_;
  // Shared with published models, which must not see it change: copied before it grows.
  std::shared_ptr<CategoryTable> table_;
  mutable bool table_published_ = false;
  std::vector<BaseRate> rows_;  // by row of the table
  uint64_t step_ = 0;
};

absl::StatusOr<std::unique_ptr<Learner>> Make(const LearnerOptions& options,
                                              std::span<const InputField> inputs) {
  const LearnerType type = RateTableType();
  const OptionValues values(type.options, options);
  const std::vector<std::string> names = values.List("keys");
  KeyInputs keys;
  keys.label = absl::StrJoin(names, ",");
  keys.input_count = inputs.size();
  std::string identity = values.Identity();
  for (const InputField& input : inputs) {
    PutLengthPrefixed(&identity, input.name);
    identity.push_back(static_cast<char>(input.type));
  }
  for (const std::string& name : names) {
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i].name == name) keys.inputs.push_back(static_cast<uint32_t>(i));
    }
  }
  return std::make_unique<RateTableLearner>(std::move(keys), values.Double("m"),
                                            static_cast<uint32_t>(values.Int("max_keys")),
                                            std::move(identity));
}

void Check(const LearnerOptions& options, std::span<const InputField> inputs,
           std::vector<OptionError>* errors) {
  std::vector<std::string> seen;
  for (const auto& [option, value] : options) {
    if (!absl::StartsWith(option, "keys.") || value.view().type() != Type::kString) continue;
    const std::string name = ToString(value.view());
    const bool known = std::any_of(inputs.begin(), inputs.end(),
                                   [&](const InputField& input) { return input.name == name; });
    if (!known) {
      errors->push_back({option, absl::StrCat("keys names \"", name, "\", which is no input")});
    }
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      errors->push_back({option, absl::StrCat("keys names \"", name, "\" twice")});
    }
    seen.push_back(name);
  }
  if (seen.empty()) errors->push_back({"keys", "keys must name at least one input"});
  if (seen.size() > CategoryKey::kMaxValues) {
    errors->push_back(
        {"keys", absl::StrCat("keys must name at most ", CategoryKey::kMaxValues, " inputs")});
  }
}

}  // namespace

LearnerType RateTableType() {
  LearnerType type;
  type.name = "rate_table";
  type.aliases = {"target_encoding", "TargetAgg"};
  type.description = "The smoothed rate of the labels by the values of its keys.";
  type.source = "Micci-Barreca 2001, eq. 3";
  type.options = {
      {.name = "keys.*",
       .type = Type::kString,
       .default_text = "",
       .description = "Names of the inputs whose values choose the row; required, at most 16."},
      {.name = "m",
       .default_text = "20",
       .min = 0,
       .max = 1e9,
       .above_min = true,
       .description = "Weight, in examples, of the overall rate in the rate of a row."},
      {.name = "max_keys",
       .type = Type::kInt,
       .default_text = "262144",
       .min = 1,
       .max = CategoryTable::kMaxExactLimit,
       .description = "Rows that are kept; keys that come later score the overall rate."},
  };
  type.check = Check;
  type.make = Make;
  type.load_model = RateTableModel::Load;
  return type;
}

}  // namespace millrace
