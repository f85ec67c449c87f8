#include "learners/encode/input_encoding.h"

#include <tuple>

#include "absl/strings/str_cat.h"
#include "core/random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

using testing::ElementsAre;

using Visited = std::tuple<size_t, uint32_t, double>;

TEST(InputEncoding, PutsEachInputOnItsCoordinate) {
  const std::vector<FieldEncoding> encodings = {FieldEncoding::kScaled, FieldEncoding::kRaw,
                                                FieldEncoding::kOneHot, FieldEncoding::kScaled};
  const std::vector<Standardizer> standardizers = {
      {.mean = 10, .inverse_sd = 0.5, .clip = 6}, {.inverse_sd = 1}, {}, {.clip = 6}};
  CategoryTable table(10, 0);
  const auto encode = [&](const std::vector<Value>& inputs, uint32_t* rejected) {
    std::vector<Visited> visited;
    *rejected = EncodeInputs(
        encodings, standardizers, inputs, [&](absl::string_view key) { return table.Add(key); },
        [&](size_t input, uint32_t coordinate, double x, double) {
          visited.emplace_back(input, coordinate, x);
        });
    return visited;
  };
  uint32_t rejected = 0;
  EXPECT_THAT(
      encode({Value::Double(14), Value::Int(-7), Value::String("x"), Value::Double(3)}, &rejected),
      ElementsAre(Visited(0, 1, 2.0), Visited(1, 3, -7.0), Visited(2, 9, 1.0), Visited(3, 7, 0.0)));
  EXPECT_EQ(rejected, 0u);
  EXPECT_THAT(
      encode({Value::Double(1e9), Value(), Value::String("y"), Value::Double(1e16)}, &rejected),
      ElementsAre(Visited(0, 1, 6.0), Visited(1, 4, 1.0), Visited(2, 10, 1.0), Visited(3, 8, 1.0)));
  EXPECT_EQ(rejected, 1u);
  EXPECT_THAT(
      encode({Value::String("no number"), Value::Double(NAN), Value::Double(INFINITY), Value()},
             &rejected),
      ElementsAre(Visited(0, 2, 1.0), Visited(1, 4, 1.0), Visited(2, 6, 1.0), Visited(3, 8, 1.0)));
  EXPECT_EQ(rejected, 3u);
}

TEST(InputEncoding, EncodesNumbersScaledAndTheRestOneHotByDefault) {
  for (const Type type : {Type::kInt, Type::kDouble, Type::kTimestamp, Type::kDuration}) {
    EXPECT_EQ(DefaultEncoding(type), FieldEncoding::kScaled);
  }
  for (const Type type : {Type::kBool, Type::kString, Type::kBytes}) {
    EXPECT_EQ(DefaultEncoding(type), FieldEncoding::kOneHot);
  }
}

TEST(ScaleStatistics, AgreesWithTheTwoPassFormulas) {
  constexpr uint64_t kSeed = 11;
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  Random random(kSeed);
  ScaleStatistics statistics;
  Standardizer standardizer{.clip = 6};
  std::vector<double> xs;
  std::vector<double> weights;
  double sum = 0;
  double weight_sum = 0;
  for (int i = 0; i < 2000; ++i) {
    xs.push_back(1e6 + 3 * random.Unit());
    weights.push_back(0.5 + random.Unit());
    statistics.Add(xs.back(), weights.back(), standardizer);
    statistics.Refresh(&standardizer);
    sum += xs.back() * weights.back();
    weight_sum += weights.back();
  }
  const double mean = sum / weight_sum;
  double squares = 0;
  for (size_t i = 0; i < xs.size(); ++i) squares += weights[i] * (xs[i] - mean) * (xs[i] - mean);
  // The mean of 2000 numbers near 1e6 has an error near 1e6 * 1e-16 * 2000.
  EXPECT_NEAR(standardizer.mean, mean, 1e-6);
  EXPECT_NEAR(standardizer.inverse_sd, 1 / std::sqrt(squares / weight_sum), 1e-6);
}

TEST(ScaleStatistics, TakesAConstantForTheMean) {
  ScaleStatistics statistics;
  Standardizer standardizer{.clip = 6};
  for (int i = 0; i < 100; ++i) {
    statistics.Add(0.1, 0.3, standardizer);
    statistics.Refresh(&standardizer);
    EXPECT_EQ(standardizer(0.1), 0.0);
    EXPECT_EQ(standardizer(5.0), 0.0);
  }
}

TEST(ScaleStatistics, OneWildValueDoesNotFlattenAnInput) {
  Random random(3);
  ScaleStatistics statistics;
  Standardizer standardizer{.clip = 6};
  const auto add = [&](double x) {
    statistics.Add(x, 1, standardizer);
    statistics.Refresh(&standardizer);
  };
  for (int i = 0; i < 1000; ++i) add(random.Unit());
  add(1e15);
  for (int i = 0; i < 9000; ++i) add(random.Unit());
  // sd of the uniform distribution is 0.29; the wild value counts as 60 sd.
  EXPECT_GT(standardizer(1.0) - standardizer(0.0), 1.0 / 0.35);
}

TEST(InputEncoding, FieldsRoundTrip) {
  const std::vector<EncodedField> fields = {{"a", Type::kString, FieldEncoding::kOneHot},
                                            {"", Type::kDouble, FieldEncoding::kRaw}};
  std::string bytes;
  SaveFields(fields, &bytes);
  absl::string_view in = bytes;
  std::vector<EncodedField> loaded;
  ASSERT_TRUE(LoadFields(&in, &loaded));
  EXPECT_EQ(loaded, fields);
  EXPECT_TRUE(in.empty());
  for (size_t size = 0; size < bytes.size(); ++size) {
    in = absl::string_view(bytes).substr(0, size);
    EXPECT_FALSE(LoadFields(&in, &loaded));
  }
}

}  // namespace
}  // namespace millrace
