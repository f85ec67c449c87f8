// Fakes of the serving ports, for tests of the servers. Thread-safe.

#ifndef MILLRACE_TESTS_SERVING_FAKE_SERVICES_H_
#define MILLRACE_TESTS_SERVING_FAKE_SERVICES_H_

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "serving/errors.h"
#include "serving/service.h"
#include "tests/serving/gate.h"

namespace millrace {

// Knows "v.f" only; its value is the number of keys. Reads with min_offsets are held.
class FakeFeatures final : public FeatureService {
 public:
  absl::StatusOr<FeaturesResponse> ReadFeatures(const FeaturesRequest& request) override {
    ++calls;
    if (MayBlock(request)) gate.Pass();
    last_known_at_ms = request.known_at_ms.value_or(0);
    for (const std::string& name : request.features) {
      if (name == "v.f") continue;
      ApiError error;
      error.code = ErrorCode::kUnknownFeature;
      error.detail = absl::StrCat("v has no feature '", name, "'");
      error.did_you_mean = "f";
      error.field = "features";
      return error.ToStatus();
    }
    FeaturesResponse response;
    response.names = {"v.f"};
    response.at_ms = request.at_ms.value_or(7);
    response.metadata = request.metadata;
    response.service = request.service;
    response.generation = 3;
    response.offsets = {{&topic_, 18, 12}};
    response.watermark_ms = 6;
    for (size_t i = 0; i < request.keys.size(); ++i) {
      FeatureValue value;
      value.value.Assign(Value::Int(static_cast<int64_t>(request.keys.size())));
      value.status = FeatureStatus::kPresent;
      value.age_ms = 3;
      value.error = 0.5;
      value.count = 2;
      value.max_event_time_ms = 4;
      value.asked = value.effective = {0, 10};
      response.rows.push_back({{value}});
    }
    return response;
  }
  bool MayBlock(const FeaturesRequest& request) const override {
    return !request.min_offsets.empty();
  }
  Gate gate;
  std::atomic<int> calls{0};
  std::atomic<int64_t> last_known_at_ms{0};

 private:
  const TopicPartition topic_{"orders", 2};
};

// Scores 0.25; blocks, when a row has an id, until Open is called.
class FakeScores final : public ScoreService {
 public:
  absl::StatusOr<ScoreResponse> Score(const ScoreRequest& request) override {
    if (request.task != "delayed") {
      ApiError error;
      error.code = ErrorCode::kUnknownTask;
      error.detail = absl::StrCat("there is no task '", request.task, "'");
      return error.ToStatus();
    }
    if (MayBlock(request)) gate_.Pass();
    ScoreResponse response;
    for (const ScoreRow& row : request.rows) {
      RowScore score;
      score.value = 0.25;
      if (row.id) score.prediction_id = row.id;
      FeatureValue feature;
      feature.value.Assign(Value::Double(0.5));
      feature.status = FeatureStatus::kPresent;
      feature.age_ms = 812;
      score.features.push_back({"v.f", feature});
      if (request.explain) score.explain = {{"v.f", 0.5}, {"", -1.5}};
      response.scores.push_back(std::move(score));
    }
    response.model = {"delayed.ftrl", "champion", 13, 128433, 640, 1490};
    return response;
  }
  bool MayBlock(const ScoreRequest& request) const override {
    for (const ScoreRow& row : request.rows) {
      if (row.id) return true;
    }
    return false;
  }
  void Open() { gate_.Open(); }
  // Blocks until `n` calls have been held.
  void AwaitHeld(int n) { gate_.AwaitHeld(n); }

 private:
  Gate gate_;
};

// One topic, "flights.arrivals", one partition.
class FakeRecords final : public RecordService {
 public:
  absl::StatusOr<std::vector<AppendPosition>> Append(
      absl::string_view topic, const std::vector<NewRecord>& records) override {
    if (topic != "flights.arrivals") return UnknownTopic(topic);
    absl::MutexLock lock(&mutex_);
    std::vector<AppendPosition> positions;
    for (const NewRecord& record : records) {
      positions.push_back({0, static_cast<int64_t>(records_.size())});
      records_.push_back(record);
    }
    return positions;
  }
  absl::StatusOr<ReadRecordsResponse> Read(const ReadRecordsRequest& request) override {
    if (request.topic != "flights.arrivals") return UnknownTopic(request.topic);
    const size_t from = static_cast<size_t>(request.offset.value_or(0));
    absl::MutexLock lock(&mutex_);
    ++reads_;
    const auto some = [this, from] { return records_.size() > from; };
    mutex_.AwaitWithTimeout(absl::Condition(&some), request.wait);
    ReadRecordsResponse response;
    for (size_t i = from; i < records_.size() && i < from + static_cast<size_t>(request.limit);
         ++i) {
      Record record;
      record.offset = static_cast<int64_t>(i);
      record.timestamp_ms = records_[i].timestamp_ms.value_or(0);
      if (records_[i].key) record.key = absl::string_view(*records_[i].key);
      if (records_[i].value) record.value = absl::string_view(*records_[i].value);
      response.records.Add(record);
    }
    response.range = {0, static_cast<int64_t>(records_.size())};
    response.next_offset = static_cast<int64_t>(from + response.records.records().size());
    return response;
  }
  absl::StatusOr<std::vector<TopicInfo>> Topics() override {
    return std::vector<TopicInfo>{{"flights.arrivals", 1}};
  }
  // Blocks until `n` reads have begun.
  void AwaitReads(int n) {
    absl::MutexLock lock(&mutex_);
    const auto begun = [this, n] { return reads_ >= n; };
    mutex_.Await(absl::Condition(&begun));
  }

 private:
  static absl::Status UnknownTopic(absl::string_view topic) {
    ApiError error;
    error.code = ErrorCode::kUnknownTopic;
    error.detail = absl::StrCat("there is no topic '", topic, "'");
    return error.ToStatus();
  }
  absl::Mutex mutex_;
  int reads_ = 0;
  std::vector<NewRecord> records_;
};

class FakeStatus final : public StatusService {
 public:
  absl::StatusOr<std::string> StatusJson() override { return std::string("{\"project\":\"p\"}"); }
  Health GetHealth() override {
    Health health;
    health.started = true;
    health.ready = ready;
    health.checks = {{"log", true, "ok"}, {"restore", ready, ready ? "ok" : "63%"}};
    return health;
  }
  void RefreshMetrics() override { ++refreshes; }
  std::atomic<bool> ready{true};
  std::atomic<int> refreshes{0};
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_SERVING_FAKE_SERVICES_H_
