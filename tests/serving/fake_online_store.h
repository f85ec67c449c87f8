// FakeOnlineStore: an OnlineStore with values set by hand. Thread-safe once set up.

#ifndef MILLRACE_TESTS_SERVING_FAKE_ONLINE_STORE_H_
#define MILLRACE_TESTS_SERVING_FAKE_ONLINE_STORE_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "featurestore/online_store.h"

namespace millrace {

// A view over `key_names` with a one-hour sliding window for each feature.
inline std::shared_ptr<ViewSpec> MakeView(std::string name,
                                          std::vector<std::pair<std::string, Type>> keys,
                                          std::vector<std::pair<std::string, Type>> features) {
  auto view = std::make_shared<ViewSpec>();
  view->name = std::move(name);
  for (auto& [key, type] : keys) {
    view->key_names.push_back(key);
    view->key_types.push_back(type);
  }
  for (auto& [feature, type] : features) {
    FeatureSpec spec;
    spec.name = feature;
    spec.window.size_ms = 3'600'000;
    spec.result_type = type;
    view->features.push_back(std::move(spec));
  }
  return view;
}

class FakeOnlineStore final : public OnlineStore {
 public:
  explicit FakeOnlineStore(std::vector<std::shared_ptr<const ViewSpec>> views)
      : views_(std::move(views)) {}

  void Set(int32_t view, const std::vector<Value>& key, int feature, FeatureValue value) {
    values_[{KeyText(view, key), feature}] = std::move(value);
  }
  void FailReads(absl::Status status) { failure_ = std::move(status); }
  mutable std::vector<int64_t> read_times;  // only looked at by single-threaded tests
  mutable std::vector<std::optional<int64_t>> known_times;  // the same
  mutable std::vector<std::string> requests;  // the same: the request of each read, as text
  bool keep_times = false;
  int64_t stream_time_ms = 0;

  absl::Status Apply(const Event&) override { return absl::OkStatus(); }
  absl::Status Delete(int32_t, std::span<const Value>, const Event&) override {
    return absl::OkStatus();
  }
  void AdvanceInput(int32_t, int32_t, int64_t) override {}
  int64_t LowestMark(int32_t, int32_t) const override { return 0; }
  void AdvanceTime(int64_t) override {}
  absl::Status AddCommit(int32_t, StateBatch*) override { return absl::OkStatus(); }
  void Committed(int32_t, bool) override {}
  size_t DirtyBytes() const override { return 0; }
  absl::StatusOr<uint64_t> Digest() override { return 0; }
  void SetAvailableFrom(int32_t, int64_t) override {}

  void Prefetch(std::span<const ViewEntity>) const override {}
  absl::Status Read(int32_t view, std::span<const Value> key, int64_t at_ms,
                    std::span<const int> features, const ReadOptions& options,
                    std::span<FeatureValue> values) const override {
    if (!failure_.ok()) return failure_;
    if (keep_times) read_times.push_back(at_ms);
    if (keep_times) known_times.push_back(options.known_ms);
    std::vector<std::string> fields;
    for (const Value& field : options.request) fields.push_back(ToString(field));
    if (keep_times) requests.push_back(absl::StrJoin(fields, " "));
    const std::string text = KeyText(view, {key.begin(), key.end()});
    for (size_t i = 0; i < features.size(); ++i) {
      const auto found = values_.find({text, features[i]});
      values[i] = found == values_.end() ? FeatureValue() : found->second;
    }
    return absl::OkStatus();
  }
  int64_t StreamTime() const override { return stream_time_ms; }
  int64_t EntityCount(int32_t) const override { return 0; }
  uint64_t NullKeys(int32_t) const override { return 0; }
  uint64_t UnmatchedRetractions(int32_t) const override { return 0; }
  ViewCounts Counts(int32_t) const override { return {}; }
  uint64_t Updates(int32_t) const override { return 0; }
  uint64_t ApproximateBytes(int32_t) const override { return 0; }
  uint64_t LateDeletions(int32_t) const override { return 0; }
  const std::vector<std::shared_ptr<const ViewSpec>>& views() const override { return views_; }

 private:
  static std::string KeyText(int32_t view, const std::vector<Value>& key) {
    std::string text = absl::StrCat(view);
    for (const Value& part : key) {
      absl::StrAppend(&text, "/", TypeName(part.type()), ":", ToString(part));
    }
    return text;
  }

  std::vector<std::shared_ptr<const ViewSpec>> views_;
  std::map<std::pair<std::string, int>, FeatureValue> values_;
  absl::Status failure_;
};

inline FeatureValue Present(const Value& value, int64_t age_ms) {
  FeatureValue feature;
  feature.value.Assign(value);
  feature.status = FeatureStatus::kPresent;
  feature.age_ms = age_ms;
  return feature;
}

}  // namespace millrace

#endif  // MILLRACE_TESTS_SERVING_FAKE_ONLINE_STORE_H_
