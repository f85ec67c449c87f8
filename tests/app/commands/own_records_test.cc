#include "app/commands/own_records.h"

#include <string>
#include <vector>

#include "app/workers/inputs_codec.h"
#include "core/value_coding.h"
#include "gtest/gtest.h"
#include "schemas/prediction.pb.h"

namespace millrace {
namespace {

std::string Shown(TopicContent content, const std::string& value,
                  const std::vector<std::string>& inputs = {}) {
  std::string out;
  JsonWriter json(&out);
  WriteOwnRecord(content, value, inputs, json);
  return out;
}

v1::Prediction MakePrediction() {
  v1::Prediction prediction;
  prediction.set_task("fraud");
  PutValue(prediction.mutable_id(), Value::String("o1"));
  prediction.set_decision_time(1000);
  prediction.set_champion("ftrl");
  v1::LearnerScore& score = *prediction.add_scores();
  score.set_learner("ftrl");
  score.set_score(0.25);
  score.set_generation(1);
  score.set_step(7);
  const Value values[] = {Value::Double(1.5), Value::Null(), Value::String("x"), Value::Bool(true)};
  const FeatureStatus statuses[] = {FeatureStatus::kPresent, FeatureStatus::kMissing,
                                    FeatureStatus::kPresent, FeatureStatus::kStale};
  EncodeInputs(values, statuses, prediction.mutable_inputs());
  return prediction;
}

constexpr char kScores[] =
    R"("champion":"ftrl","scores":[{"learner":"ftrl","score":0.25,"generation":1,"step":7}],)"
    R"("config_generation":0,"timed_out":false,)";

TEST(OwnRecord, ShowsPredictionsWithTypedIdsAndNamedInputs) {
  const std::string value = MakePrediction().SerializeAsString();
  const std::string head =
      std::string(R"({"task":"fraud","id":"o1","decision_time":1000,)") + kScores;
  EXPECT_EQ(
      Shown(TopicContent::kPredictions, value, {"a", "b", "c", "d"}),
      head +
          R"("inputs":{"a":{"value":1.5,"status":"present"},"b":{"value":null,"status":"missing"},)"
          R"("c":{"value":"x","status":"present"},"d":{"value":true,"status":"stale"}}})");
  // The names are of another configuration.
  EXPECT_EQ(Shown(TopicContent::kPredictions, value, {"a"}),
            head +
                R"("inputs":[{"value":1.5,"status":"present"},{"value":null,"status":"missing"},)"
                R"({"value":"x","status":"present"},{"value":true,"status":"stale"}]})");
}

TEST(OwnRecord, ShowsExamplesAndPublishCuts) {
  v1::ExampleRecord record;
  *record.mutable_example()->mutable_prediction() = MakePrediction();
  record.mutable_example()->mutable_label()->set_bool_value(true);
  record.mutable_example()->set_label_time(2000);
  record.mutable_example()->set_weight(1.0);
  const std::string shown = Shown(TopicContent::kExamples, record.SerializeAsString());
  EXPECT_EQ(
      shown.find(
          R"({"example":{"label":true,"label_time":2000,"weight":1.0,"revision":0,"prediction":{"task":"fraud")"),
      0u)
      << shown;
  v1::ExampleRecord cut;
  cut.mutable_publish_cut()->set_time(3000);
  EXPECT_EQ(Shown(TopicContent::kExamples, cut.SerializeAsString()),
            R"({"publish_cut":{"time":3000}})");
}

TEST(OwnRecord, ShowsModelsBySize) {
  v1::ModelRecord model;
  model.set_task("fraud");
  model.set_learner("ftrl");
  model.set_type("logistic");
  model.set_generation(2);
  model.set_step(9);
  model.set_examples_from(3);
  model.set_examples_to(12);
  model.set_model(std::string("\0\1\2", 3));
  EXPECT_EQ(
      Shown(TopicContent::kModels, model.SerializeAsString()),
      R"({"task":"fraud","learner":"ftrl","type":"logistic","version":"2.9","generation":2,"step":9,)"
      R"("parent_step":0,"cut_time":0,"newest_label_time":0,"published_at":0,"examples":[3,12],)"
      R"("config_generation":0,"config_digest":"","format":0,"model_bytes":3,"crc32c":0})");
}

TEST(OwnRecord, ShowsWhatDoesNotParseAsItIs) {
  EXPECT_EQ(Shown(TopicContent::kModels, "\xff\xff"), R"({"undecoded_base64":"//8="})");
  v1::Prediction prediction = MakePrediction();
  prediction.mutable_inputs()->set_types("\x7f");
  prediction.set_id("\xff");
  const std::string shown = Shown(TopicContent::kPredictions, prediction.SerializeAsString());
  EXPECT_NE(shown.find(R"("id":"/w==")"), std::string::npos) << shown;
  EXPECT_NE(shown.find(R"("inputs":null)"), std::string::npos) << shown;
}

}  // namespace
}  // namespace millrace
