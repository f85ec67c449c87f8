#include "learners/registry.h"

#include <set>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "learners/option_values.h"

namespace millrace {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<InputField>& Inputs() {
  static const auto& inputs = *new std::vector<InputField>{
      {"carrier", Type::kString}, {"hour", Type::kInt}, {"origin_out.mean_1h", Type::kDouble}};
  return inputs;
}

OwnedValue Word(absl::string_view word) { return OwnedValue(Value::String(word)); }
OwnedValue Number(double number) { return OwnedValue(Value::Double(number)); }
OwnedValue Integer(int64_t number) { return OwnedValue(Value::Int(number)); }

std::vector<std::string> Messages(absl::string_view type, const LearnerOptions& options) {
  std::vector<std::string> messages;
  for (const OptionError& error : CheckLearnerOptions(*FindLearnerType(type), options, Inputs())) {
    messages.push_back(error.message);
  }
  return messages;
}

TEST(LearnerRegistry, FindsTypesByNameAndAlias) {
  for (const LearnerType& type : LearnerTypes()) {
    EXPECT_EQ(FindLearnerType(type.name), &type);
    for (const std::string& alias : type.aliases) EXPECT_EQ(FindLearnerType(alias), &type);
  }
  EXPECT_EQ(FindLearnerType("logistic_regression"), FindLearnerType("logistic"));
  EXPECT_EQ(FindLearnerType("forest"), nullptr);
  EXPECT_EQ(FindLearnerType(""), nullptr);
}

TEST(LearnerRegistry, NamesAndAliasesAreUnique) {
  std::set<std::string> names;
  for (const LearnerType& type : LearnerTypes()) {
    EXPECT_TRUE(names.insert(type.name).second) << type.name;
    for (const std::string& alias : type.aliases) EXPECT_TRUE(names.insert(alias).second) << alias;
  }
}

TEST(LearnerRegistry, DocumentsEveryTypeAndOption) {
  for (const LearnerType& type : LearnerTypes()) {
    EXPECT_TRUE(absl::EndsWith(type.description, ".")) << type.name;
    EXPECT_FALSE(type.source.empty()) << type.name;
    for (const OptionSpec& spec : type.options) {
      EXPECT_TRUE(absl::EndsWith(spec.description, ".")) << spec.name;
      EXPECT_EQ(spec.min.has_value(), spec.max.has_value())
          << spec.name << ": every range is closed";
    }
  }
}

TEST(LearnerRegistry, DefaultsWrittenOutAreValidAndChangeNothing) {
  for (const LearnerType& type : LearnerTypes()) {
    LearnerOptions written;
    for (const OptionSpec& spec : type.options) {
      if (absl::EndsWith(spec.name, ".*")) continue;
      if (absl::string_view(spec.name) == "alpha" || spec.name == "beta" || spec.name == "l1" ||
          spec.name == "l2") {
        continue;  // of the optimizer that is not the default
      }
      const OptionValues defaults(type.options, {});
      if (spec.type == Type::kDouble) written[spec.name] = Number(defaults.Double(spec.name));
      if (spec.type == Type::kInt) written[spec.name] = Integer(defaults.Int(spec.name));
      if (spec.type == Type::kString) written[spec.name] = Word(defaults.String(spec.name));
    }
    for (const OptionError& error : CheckLearnerOptions(type, written, Inputs())) {
      EXPECT_EQ(error.option, "keys") << error.message;
    }
    EXPECT_EQ(OptionValues(type.options, {}).Identity(),
              OptionValues(type.options, written).Identity());
  }
}

TEST(LearnerRegistry, AcceptsOptionsInRange) {
  EXPECT_THAT(Messages("logistic", {}), IsEmpty());
  EXPECT_THAT(Messages("logistic", {{"rate", Number(0.05)}, {"scale.clip", Integer(6)}}),
              IsEmpty());
  EXPECT_THAT(Messages("logistic", {{"optimizer", Word("ftrl")}, {"l1", Number(0)}}), IsEmpty());
  EXPECT_THAT(Messages("logistic", {{"encode.fields.hour", Word("onehot")},
                                    {"encode.fields.origin_out.mean_1h", Word("raw")}}),
              IsEmpty());
  EXPECT_THAT(Messages("rate_table", {{"keys.0", Word("carrier")}, {"keys.1", Word("hour")}}),
              IsEmpty());
  EXPECT_THAT(Messages("constant", {}), IsEmpty());
}

TEST(LearnerRegistry, SaysWhatIsWrong) {
  struct {
    const char* type;
    LearnerOptions options;
    const char* message;
  } const cases[] = {
      {"logistic",
       {{"ratee", Number(1)}},
       "logistic has no option \"ratee\"; did you mean \"rate\"?"},
      {"constant", {{"zzz", Number(1)}}, "constant has no option \"zzz\""},
      {"logistic", {{"rate", Number(0)}}, "rate must be > 0"},
      {"logistic", {{"rate", Integer(1000)}}, "rate must be <= 100"},
      {"logistic",
       {{"rate", Number(std::numeric_limits<double>::quiet_NaN())}},
       "rate must be finite"},
      {"logistic", {{"rate", Word("fast")}}, "rate must be a double, not a string"},
      {"logistic", {{"rate", OwnedValue()}}, "rate must be a double, not null"},
      {"logistic", {{"encode.max_categories", Integer(0)}}, "encode.max_categories must be >= 1"},
      {"logistic",
       {{"encode.max_categories", Number(5)}},
       "encode.max_categories must be a int, not a double"},
      {"logistic",
       {{"optimizer", Word("adagard")}},
       "optimizer must be one of adagrad, ftrl, not \"adagard\"; did you mean \"adagrad\"?"},
      {"logistic", {{"l1", Number(1)}}, "l1 belongs to optimizer: ftrl"},
      {"logistic",
       {{"optimizer", Word("ftrl")}, {"rate", Number(1)}},
       "rate belongs to optimizer: adagrad"},
      {"logistic",
       {{"encode.fields.hours", Word("onehot")}},
       "encode.fields names \"hours\", which is no input; did you mean \"hour\"?"},
      {"logistic",
       {{"encode.fields.carrier", Word("scaled")}},
       "encode.fields.carrier must be onehot: carrier is a string, not a number"},
      {"rate_table", {}, "keys must name at least one input"},
      {"rate_table", {{"keys.0", Word("nope")}}, "keys names \"nope\", which is no input"},
      {"rate_table",
       {{"keys.0", Word("hour")}, {"keys.1", Word("hour")}},
       "keys names \"hour\" twice"},
      {"rate_table", {{"keys.0", Word("hour")}, {"m", Number(0)}}, "m must be > 0"},
      {"rate_table",
       {{"keys.0", Word("hour")}, {"keys.x", Word("carrier")}},
       "keys must be a list"},
  };
  for (const auto& [type, options, message] : cases) {
    EXPECT_THAT(Messages(type, options), ElementsAre(message));
  }
}

TEST(LearnerRegistry, ReportsAllErrorsAtOnce) {
  EXPECT_EQ(
      Messages("logistic", {{"rate", Number(-1)}, {"epsilon", Word("x")}, {"nope", Number(1)}})
          .size(),
      3u);
}

}  // namespace
}  // namespace millrace
