#include "serving/request_scorer.h"

#include <atomic>
#include <optional>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "serving/errors.h"
#include "tests/serving/fake_model.h"
#include "tests/serving/scoring_fixture.h"

namespace millrace {
namespace {

class RequestScorerTest : public testing::Test {
 protected:
  RequestScorerTest() : store_(ScoringViews()), plan_(MakeScoringPlan()) {
    store_.Set(0, {Value::String("JFK")}, 0, Present(Value::Double(0.25), 10));
    Publish(1.0, 5);
  }

  void Publish(double base, uint64_t step) {
    auto deployment = std::make_shared<Deployment>();
    deployment->task = "delayed";
    deployment->models = {Deployed("shadow", base + 10, step), Deployed("ftrl", base, step)};
    deployment->champion = 1;
    live_.Publish(std::move(deployment));
  }

  RequestScorer& scorer() {
    if (request_scorer_ == nullptr) {
      scorer_ = std::make_unique<Scorer>(*Scorer::Make(plan_, store_));
      ScoredTask task;
      task.scorer = scorer_.get();
      task.deployment = &live_;
      task.record = [this](const OwnedValue& id, const DecisionRow& row,
                           const Deployment&) -> absl::StatusOr<RecordedDecision> {
        recorded_.push_back(id);
        recorded_scores_ = row.scores;
        return RecordedDecision{id, first_};
      };
      request_scorer_ = std::make_unique<RequestScorer>(
          ScoredTasks{{"delayed", task}},
          RequestScorerOptions{.now_ms = [] { return int64_t{1000}; }, .max_rows = 2});
    }
    return *request_scorer_;
  }

  static ScoreRequest Ask(std::initializer_list<std::pair<const char*, Value>> fields) {
    ScoreRequest request;
    request.task = "delayed";
    ScoreRow row;
    for (const auto& [name, value] : fields) row.fields.push_back({name, OwnedValue(value)});
    request.rows.push_back(std::move(row));
    return request;
  }

  FakeOnlineStore store_;
  std::shared_ptr<ScoringPlan> plan_;
  Snapshot<Deployment> live_;
  std::unique_ptr<Scorer> scorer_;
  std::unique_ptr<RequestScorer> request_scorer_;
  std::vector<OwnedValue> recorded_;
  std::vector<double> recorded_scores_;
  std::optional<v1::Prediction> first_;
  const ScoreRequest jfk_ = Ask({{"origin", Value::String("JFK")}, {"distance", Value::Int(867)}});
};

TEST_F(RequestScorerTest, AnswersWithTheChampionItsVersionAndTheFeatures) {
  const auto response = scorer().Score(jfk_);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->scores[0].value, 1.25);
  EXPECT_EQ(response->scores[0].features[0].name, "out.late");
  EXPECT_EQ(response->scores[0].features[0].value.age_ms, 10);
  EXPECT_FALSE(response->scores[0].prediction_id);
  EXPECT_EQ(response->model.name, "delayed.ftrl");
  EXPECT_EQ(response->model.alias, "champion");
  EXPECT_EQ(response->model.generation, 13u);
  EXPECT_EQ(response->model.step, 5u);
  EXPECT_EQ(response->model.age_ms, 100);
  EXPECT_EQ(response->model.staleness_ms, 200);
}

TEST_F(RequestScorerTest, AnswersWithTheLearnerAskedFor) {
  ScoreRequest request = jfk_;
  request.task = "delayed.shadow";
  const auto response = scorer().Score(request);
  EXPECT_EQ(response->scores[0].value, 11.25);
  EXPECT_EQ(response->model.alias, "");
}

TEST_F(RequestScorerTest, ExplainsOnlyWhenAsked) {
  EXPECT_TRUE(scorer().Score(jfk_)->scores[0].explain.empty());
  ScoreRequest request = jfk_;
  request.explain = true;
  EXPECT_EQ(scorer().Score(request)->scores[0].explain.size(), 2u);
}

TEST_F(RequestScorerTest, RecordsADecisionOnlyForTasksTriggeredByRequests) {
  ScoreRequest request = jfk_;
  request.rows[0].id = OwnedValue(Value::String("r1"));
  EXPECT_FALSE(scorer().MayBlock(request));
  EXPECT_FALSE(scorer().Score(request)->scores[0].prediction_id);
  EXPECT_TRUE(recorded_.empty());

  plan_->records_requests = true;
  EXPECT_TRUE(scorer().MayBlock(request));
  EXPECT_FALSE(scorer().MayBlock(jfk_));
  EXPECT_EQ(scorer().Score(request)->scores[0].prediction_id->view(), Value::String("r1"));
  EXPECT_THAT(recorded_scores_, testing::ElementsAre(11.25, 1.25));
}

TEST_F(RequestScorerTest, ARepeatedIdGetsItsFirstAnswerByWhateverLearnerIsAsked) {
  plan_->records_requests = true;
  first_.emplace();
  for (const auto& [learner, score] : {std::pair("ftrl", 0.125), std::pair("shadow", 0.25)}) {
    v1::LearnerScore& stored = *first_->add_scores();
    stored.set_learner(learner);
    stored.set_score(score);
    stored.set_generation(1);
    stored.set_step(7);
  }
  ScoreRequest request = jfk_;
  request.explain = true;
  request.rows[0].id = OwnedValue(Value::String("r1"));
  const RowScore champion = scorer().Score(request)->scores[0];
  EXPECT_EQ(champion.status, "duplicate");
  EXPECT_EQ(champion.value, 0.125);
  EXPECT_EQ(champion.answered_by, "1.7");
  // Those of now would be another decision's.
  EXPECT_TRUE(champion.features.empty());
  EXPECT_TRUE(champion.explain.empty());
  request.task = "delayed.shadow";
  EXPECT_TRUE(scorer().MayBlock(request));
  EXPECT_EQ(scorer().Score(request)->scores[0].value, 0.25);
}

TEST_F(RequestScorerTest, RecordsNothingOfARequestOfWhichOneRowIsWrong) {
  plan_->records_requests = true;
  ScoreRequest request = jfk_;
  request.rows[0].id = OwnedValue(Value::String("r1"));
  request.rows.push_back(Ask({{"distance", Value::String("far")}}).rows[0]);
  EXPECT_EQ(scorer().Score(request).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(recorded_.empty());
}

TEST_F(RequestScorerTest, RecordsDecisionsOfAboutNowOnly) {
  plan_->records_requests = true;
  ScoreRequest request = jfk_;
  request.rows[0].id = OwnedValue(Value::String("r1"));
  constexpr int64_t kNow = 1000, kHour = 3'600'000, kMinute = 60'000;
  for (const int64_t at_ms : {kNow - kHour, kNow + kMinute}) {
    request.at_ms = at_ms;
    EXPECT_TRUE(scorer().Score(request).ok()) << at_ms;
  }
  for (const int64_t at_ms : {kNow - kHour - 1, kNow + kMinute + 1, INT64_MIN, INT64_MAX}) {
    request.at_ms = at_ms;
    EXPECT_EQ(scorer().Score(request).status().code(), absl::StatusCode::kInvalidArgument) << at_ms;
  }
  EXPECT_EQ(recorded_.size(), 2);
  // Without an id it is only a question.
  request.rows[0].id.reset();
  request.at_ms = kNow - kHour - 1;
  EXPECT_TRUE(scorer().Score(request).ok());
}

TEST_F(RequestScorerTest, TypesTheIdAsItsField) {
  plan_->records_requests = true;
  plan_->id_slot = 1;
  ScoreRequest request = jfk_;
  request.rows[0].id = OwnedValue(Value::Double(12));
  EXPECT_EQ(scorer().Score(request)->scores[0].prediction_id->view(), Value::Int(12));
  ScoreRequest by_field = Ask({{"origin", Value::String("JFK")}, {"number", Value::Int(9)}});
  EXPECT_TRUE(scorer().MayBlock(by_field));
  EXPECT_EQ(scorer().Score(by_field)->scores[0].prediction_id->view(), Value::Int(9));
}

TEST_F(RequestScorerTest, RefusesWhatDoesNotFit) {
  const auto error = [&](const ScoreRequest& request) {
    return ErrorOf(scorer().Score(request).status());
  };
  EXPECT_EQ(error(Ask({{"orign", Value::String("JFK")}})).did_you_mean, "origin");
  EXPECT_EQ(error(Ask({{"number", Value::String("x")}})).field, "request[0].number");
  ScoreRequest task = jfk_;
  task.task = "delyed";
  EXPECT_EQ(error(task).code, ErrorCode::kUnknownTask);
  EXPECT_EQ(error(task).did_you_mean, "delayed");
  task.task = "delayed.ftlr";
  EXPECT_EQ(error(task).did_you_mean, "delayed.ftrl");
  ScoreRequest many = jfk_;
  many.rows.resize(3);
  EXPECT_EQ(error(many).code, ErrorCode::kBadField);
  ScoreRequest fresh = jfk_;
  fresh.max_staleness_ms = 199;
  EXPECT_EQ(error(fresh).code, ErrorCode::kTooOld);
  fresh.max_staleness_ms = 200;
  EXPECT_TRUE(scorer().Score(fresh).ok());
}

TEST_F(RequestScorerTest, IsUnavailableBeforeTheFirstModel) {
  live_.Publish(nullptr);
  EXPECT_EQ(scorer().Score(jfk_).status().code(), absl::StatusCode::kUnavailable);
}

// Models are published so that score and step always agree; an answer that mixed two would not.
TEST_F(RequestScorerTest, AnswersByOneWholeVersionWhileModelsAreSwapped) {
  RequestScorer& requests = scorer();
  ScoreRequest request = jfk_;
  request.rows.push_back(request.rows[0]);
  Publish(0, 0);
  std::atomic<bool> done{false};
  std::thread publisher([&] {
    for (uint64_t step = 0; step < 3000; ++step) Publish(static_cast<double>(step), step);
    done = true;
  });
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (!done) {
        const auto response = requests.Score(request);
        ASSERT_TRUE(response.ok());
        ASSERT_EQ(response->scores[0].value, response->scores[1].value);
        ASSERT_EQ(response->scores[0].value - 0.25, static_cast<double>(response->model.step));
      }
    });
  }
  publisher.join();
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace millrace
