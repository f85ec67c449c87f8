#include "tests/learners/learner_laws.h"

#include <bit>
#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"
#include "learners/probability.h"

namespace millrace {
namespace {

OwnedValue Word(absl::string_view word) { return OwnedValue(Value::String(word)); }
OwnedValue Number(double number) { return OwnedValue(Value::Double(number)); }

std::vector<LawCase> LawCases() {
  return {
      {"Constant", "constant", {}},
      {"RateTable", "rate_table", {{"keys.0", Word("carrier")}, {"keys.1", Word("wet")}}},
      {"RateTableOfEverything",
       "rate_table",
       {{"keys.0", Word("distance")},
        {"keys.1", Word("origin")},
        {"keys.2", Word("at")},
        {"max_keys", OwnedValue(Value::Int(50))}}},
      {"LogisticAdaGrad", "logistic", {}},
      {"LogisticFtrl", "logistic", {{"optimizer", Word("ftrl")}, {"alpha", Number(0.3)}}},
      {"LogisticFtrlSparse",
       "logistic",
       {{"optimizer", Word("ftrl")}, {"l1", Number(0.5)}, {"l2", Number(1)}}},
      {"LogisticUnscaled", "logistic", {{"scale.kind", Word("none")}}},
      {"LogisticFtrlUnscaled",
       "logistic",
       {{"scale.kind", Word("none")}, {"optimizer", Word("ftrl")}}},
      {"LogisticFewCategories",
       "logistic",
       {{"encode.max_categories", OwnedValue(Value::Int(7))},
        {"encode.fields.hour", Word("onehot")},
        {"encode.fields.wet", Word("raw")}}},
  };
}

constexpr uint64_t kSeeds[] = {1, 20130101, 0xfeedface};

#define FOR_EACH_SEED(random)                                                              \
  for (const uint64_t seed : kSeeds)                                                       \
    if (testing::ScopedTrace trace(__FILE__, __LINE__, absl::StrCat("seed ", seed)); true) \
      for (Random random(seed), *once = &random; once != nullptr; once = nullptr)

TEST(LearnerLawCases, CoverEveryRegisteredType) {
  std::set<std::string> covered;
  for (const LawCase& law_case : LawCases()) {
    covered.insert(law_case.type);
    const LearnerType* type = FindLearnerType(law_case.type);
    ASSERT_NE(type, nullptr) << law_case.type;
    for (const OptionError& error : CheckLearnerOptions(*type, law_case.options, LawInputs())) {
      ADD_FAILURE() << law_case.name << ": " << error.message;
    }
  }
  for (const LearnerType& type : LearnerTypes()) EXPECT_TRUE(covered.contains(type.name));
}

TEST_P(LearnerLaws, ScoringChangesNothing) {
  FOR_EACH_SEED(random) {
    const auto learner = Taught(random, 200);
    const std::string before = Bytes(*learner);
    for (int i = 0; i < 100; ++i) {
      learner->Score((i % 2 == 0 ? TameExample(random) : WildExample(random)).Values());
    }
    learner->Publish();
    EXPECT_EQ(Bytes(*learner), before);
  }
}

TEST_P(LearnerLaws, LearnAnswersTheScoreBeforeLearning) {
  FOR_EACH_SEED(random) {
    const auto learner = Make();
    for (int i = 0; i < 500; ++i) {
      const LawExample example = TameExample(random);
      const double score = learner->Score(example.Values());
      ASSERT_EQ(std::bit_cast<uint64_t>(Teach(*learner, example).score),
                std::bit_cast<uint64_t>(score));
      ASSERT_EQ(learner->Step(), static_cast<uint64_t>(i) + 1);
    }
  }
}

TEST_P(LearnerLaws, SaveLoadAndGoingOnEqualsNeverHavingStopped) {
  FOR_EACH_SEED(random) {
    for (const int before : {0, 1, 17, 300}) {
      const auto learner = Taught(random, before);
      const auto resumed = Make();
      ASSERT_TRUE(resumed->Load(Bytes(*learner)).ok());
      EXPECT_EQ(Bytes(*resumed), Bytes(*learner));
      EXPECT_EQ(resumed->Step(), learner->Step());
      for (int i = 0; i < 300; ++i) {
        const LawExample example = i % 10 == 9 ? WildExample(random) : TameExample(random);
        const LearnResult a = Teach(*learner, example);
        const LearnResult b = Teach(*resumed, example);
        ASSERT_EQ(std::bit_cast<uint64_t>(a.score), std::bit_cast<uint64_t>(b.score)) << i;
      }
      EXPECT_EQ(Bytes(*resumed), Bytes(*learner));
      EXPECT_EQ(Bytes(*resumed->Publish()), Bytes(*learner->Publish()));
    }
  }
}

TEST_P(LearnerLaws, PublishingChangesNothingLearnedLater) {
  FOR_EACH_SEED(random) {
    const auto quiet = Make();
    const auto publishing = Make();
    for (int i = 0; i < 500; ++i) {
      const LawExample example = TameExample(random);
      Teach(*quiet, example);
      Teach(*publishing, example);
      if (i % 7 == 0) publishing->Publish();
    }
    EXPECT_EQ(Bytes(*quiet), Bytes(*publishing));
  }
}

TEST_P(LearnerLaws, AModelKeepsScoringAsItsLearnerDidAtPublication) {
  FOR_EACH_SEED(random) {
    const auto learner = Taught(random, 250);
    const auto model = learner->Publish();
    const std::string model_bytes = Bytes(*model);
    std::vector<LawExample> examples;
    std::vector<double> scores;
    for (int i = 0; i < 200; ++i) {
      examples.push_back(i % 4 == 3 ? WildExample(random) : TameExample(random));
      scores.push_back(learner->Score(examples.back().Values()));
    }
    for (const LawExample& example : examples) Teach(*learner, example);
    for (size_t i = 0; i < examples.size(); ++i) {
      ASSERT_EQ(std::bit_cast<uint64_t>(model->Score(examples[i].Values())),
                std::bit_cast<uint64_t>(scores[i]));
    }
    EXPECT_EQ(Bytes(*model), model_bytes);
  }
}

TEST_P(LearnerLaws, AModelRoundTripsThroughItsBytes) {
  FOR_EACH_SEED(random) {
    const auto model = Taught(random, 250)->Publish();
    const auto loaded = type().load_model(Bytes(*model));
    ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
    EXPECT_EQ(Bytes(**loaded), Bytes(*model));
    for (int i = 0; i < 200; ++i) {
      const LawExample example = i % 4 == 3 ? WildExample(random) : TameExample(random);
      ASSERT_EQ(std::bit_cast<uint64_t>((*loaded)->Score(example.Values())),
                std::bit_cast<uint64_t>(model->Score(example.Values())));
    }
  }
}

TEST_P(LearnerLaws, ContributionsSumToTheRawScore) {
  FOR_EACH_SEED(random) {
    const auto model = Taught(random, 250)->Publish();
    for (int i = 0; i < 200; ++i) {
      const LawExample example = i % 4 == 3 ? WildExample(random) : TameExample(random);
      double raw = 0;
      for (const Contribution& part : model->Explain(example.Values())) raw += part.value;
      ASSERT_TRUE(std::isfinite(raw));
      ASSERT_NEAR(ProbabilityOf(raw), model->Score(example.Values()), 1e-12);
      if (std::fabs(raw) < 20) {  // beyond, 1 - p has too few digits to tell the log odds
        ASSERT_NEAR(raw, LogOdds(model->Score(example.Values())), 1e-6);
      }
    }
  }
}

TEST_P(LearnerLaws, ScoresAreProbabilitiesWhateverComesIn) {
  FOR_EACH_SEED(random) {
    const auto learner = Make();
    for (int i = 0; i < 3000; ++i) {
      const LawExample example = i % 3 == 2 ? TameExample(random) : WildExample(random);
      const double score = Teach(*learner, example).score;
      ASSERT_TRUE(score > 0 && score < 1) << score << " at " << i;
    }
    const double after = learner->Score(TameExample(random).Values());
    EXPECT_TRUE(after > 0 && after < 1);
    EXPECT_TRUE(type().load_model(Bytes(*learner->Publish())).ok());
    EXPECT_TRUE(Make()->Load(Bytes(*learner)).ok());
  }
}

TEST_P(LearnerLaws, ExamplesOutOfRangeAreSkippedAndChangeNothing) {
  Random random(5);
  const auto learner = Taught(random, 50);
  const std::string before = Bytes(*learner);
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  struct {
    double label, weight;
  } const cases[] = {{kNan, 1}, {kInfinity, 1}, {2, 1}, {-1, 1}, {0.5, 1},
                     {1, kNan}, {1, kInfinity}, {1, 0}, {1, -1}, {0, 2e9}};
  for (const auto& [label, weight] : cases) {
    LawExample example = TameExample(random);
    example.inputs[0] = OwnedValue(Value::String("never seen before"));
    const double score = learner->Score(example.Values());
    const LearnResult result = learner->Learn(example.Values(), label, weight);
    EXPECT_TRUE(result.skipped) << label << " " << weight;
    EXPECT_EQ(result.score, score);
  }
  EXPECT_EQ(Bytes(*learner), before);
  EXPECT_EQ(learner->Step(), 50u);
}

TEST_P(LearnerLaws, DamagedStateIsRefusedAndTheLearnerUnchanged) {
  FOR_EACH_SEED(random) {
    const auto saved = Bytes(*Taught(random, 60));
    const auto learner = Taught(random, 30);
    const std::string before = Bytes(*learner);
    for (int i = 0; i < 500; ++i) {
      const std::string damaged = Damaged(saved, random);
      if (damaged == saved) continue;
      ASSERT_EQ(learner->Load(damaged).code(), absl::StatusCode::kDataLoss);
    }
    EXPECT_EQ(Bytes(*learner), before);
  }
}

// With the checksum put right, damage may go unnoticed: never as a crash or a score that is none.
TEST_P(LearnerLaws, DamagedStateWithARightChecksumNeverBreaksALearner) {
  FOR_EACH_SEED(random) {
    const auto saved = Bytes(*Taught(random, 60));
    for (int i = 0; i < 1000; ++i) {
      std::string damaged = Damaged(saved, random);
      if (damaged.size() < 4) continue;
      Reseal(&damaged);
      const auto learner = Make();
      const absl::Status status = learner->Load(damaged);
      if (!status.ok()) {
        ASSERT_EQ(status.code(), absl::StatusCode::kDataLoss);
        continue;
      }
      for (int j = 0; j < 5; ++j) {
        const double score = Teach(*learner, TameExample(random)).score;
        ASSERT_TRUE(score > 0 && score < 1);
      }
    }
  }
}

TEST_P(LearnerLaws, DamagedModelsAreRefused) {
  FOR_EACH_SEED(random) {
    const auto saved = Bytes(*Taught(random, 60)->Publish());
    for (int i = 0; i < 500; ++i) {
      std::string damaged = Damaged(saved, random);
      if (damaged == saved) continue;
      ASSERT_EQ(type().load_model(damaged).status().code(), absl::StatusCode::kDataLoss);
      if (damaged.size() < 4) continue;
      Reseal(&damaged);
      const auto model = type().load_model(damaged);
      if (!model.ok()) {
        ASSERT_EQ(model.status().code(), absl::StatusCode::kDataLoss);
      }
    }
  }
}

TEST_P(LearnerLaws, BytesOfAnotherTypeAreRefused) {
  Random random(9);
  const std::string state = Bytes(*Taught(random, 20));
  const std::string model = Bytes(*Taught(random, 20)->Publish());
  for (const LawCase& other : LawCases()) {
    if (other.name == GetParam().name) continue;
    const LearnerType& other_type = *FindLearnerType(other.type);
    auto learner = other_type.make(other.options, LawInputs());
    EXPECT_EQ((*learner)->Load(state).code(), absl::StatusCode::kDataLoss) << other.name;
    if (other.type == GetParam().type) continue;
    EXPECT_FALSE(other_type.load_model(model).ok()) << other.name;
  }
  EXPECT_FALSE(Make()->Load(model).ok());
  EXPECT_FALSE(type().load_model(state).ok());
  EXPECT_FALSE(Make()->Load("").ok());
  EXPECT_FALSE(type().load_model("").ok());
}

INSTANTIATE_TEST_SUITE_P(All, LearnerLaws, testing::ValuesIn(LawCases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace millrace
