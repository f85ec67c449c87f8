#include "learners/option_values.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

const std::vector<OptionSpec>& Specs() {
  static const auto& specs = *new std::vector<OptionSpec>{
      {.name = "rate", .default_text = "0.05"},
      {.name = "size", .type = Type::kInt, .default_text = "7"},
      {.name = "kind", .type = Type::kString, .default_text = "auto"},
      {.name = "keys.*", .type = Type::kString},
  };
  return specs;
}

TEST(OptionValues, AnswersDefaultsOfTheTable) {
  const OptionValues values(Specs(), {});
  EXPECT_EQ(values.Double("rate"), 0.05);
  EXPECT_EQ(values.Int("size"), 7);
  EXPECT_EQ(values.String("kind"), "auto");
  EXPECT_TRUE(values.List("keys").empty());
}

TEST(OptionValues, AnswersWhatIsSetToTheLastBit) {
  const double rate = 0.1 + 0.2;
  const OptionValues values(
      Specs(), {{"rate", OwnedValue(Value::Double(rate))}, {"size", OwnedValue(Value::Int(9))}});
  EXPECT_EQ(values.Double("rate"), rate);
  EXPECT_EQ(values.Int("size"), 9);
  EXPECT_EQ(OptionValues(Specs(), {{"rate", OwnedValue(Value::Int(2))}}).Double("rate"), 2.0);
}

TEST(OptionValues, OrdersListsByNumberNotByText) {
  LearnerOptions options;
  for (int i = 0; i < 12; ++i) {
    options["keys." + std::to_string(i)] = OwnedValue(Value::String(std::string(1, 'a' + i)));
  }
  EXPECT_THAT(OptionValues(Specs(), options).List("keys"),
              testing::ElementsAre("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"));
}

TEST(OptionValues, IdentityTellsValuesApart) {
  const std::string defaults = OptionValues(Specs(), {}).Identity();
  EXPECT_EQ(OptionValues(Specs(), {{"rate", OwnedValue(Value::Double(0.05))}}).Identity(),
            defaults);
  EXPECT_NE(OptionValues(Specs(), {{"rate", OwnedValue(Value::Double(0.0500000001))}}).Identity(),
            defaults);
  EXPECT_NE(OptionValues(Specs(), {{"keys.0", OwnedValue(Value::String("a"))}}).Identity(),
            defaults);
}

}  // namespace
}  // namespace millrace
