// An online store of one view over a memory state: records and deletions in, answers out as text.

#ifndef MILLRACE_TESTS_FEATURESTORE_ONLINE_STORE_FIXTURE_H_
#define MILLRACE_TESTS_FEATURESTORE_ONLINE_STORE_FIXTURE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "featurestore/memory_state_store.h"
#include "featurestore/online_store.h"
#include "gtest/gtest.h"
#include "tests/featurestore/naive_store.h"

namespace millrace {

constexpr int64_t kMinute = 60'000, kHour = 3'600'000;
// 2013-01-01T08:00:00Z
constexpr int64_t kEight = 1'357'027'200'000;

class OnlineStoreTest : public ::testing::Test {
 protected:
  void Open(std::shared_ptr<ViewSpec> view) {
    view_ = std::move(view);
    Reopen();
  }
  void Reopen() {
    store_.reset();
    auto store = OnlineStore::Open(state_, {view_}, {.shards = 8});
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  void Commit() {
    for (int32_t shard = 0; shard < 8; ++shard) {
      StateBatch batch;
      ASSERT_TRUE(store_->AddCommit(shard, &batch).ok());
      ASSERT_TRUE(state_.Commit(batch).ok());
      store_->Committed(shard, true);
    }
  }
  TestRecord At(int64_t time_ms, std::optional<int64_t> n, std::optional<double> x = {},
                std::optional<std::string> s = {}) {
    TestRecord r;
    r.time_ms = time_ms;
    r.offset = next_offset_++;
    r.key = "k";
    r.n = n;
    r.x = x;
    r.s = std::move(s);
    return r;
  }
  void Apply(const TestRecord& r, Change change = Change::kInsert) {
    const std::vector<Value> fields = r.Fields();
    ASSERT_TRUE(
        store_->Apply({r.time_ms, r.time_ms, r.source, r.partition, r.offset, fields, change})
            .ok());
  }
  void Delete(int64_t time_ms, const std::string& key = "k") {
    Event tombstone;
    tombstone.event_time_ms = tombstone.append_ms = time_ms;
    tombstone.offset = next_offset_++;
    tombstone.change = Change::kDelete;
    const Value k = Value::String(key);
    ASSERT_TRUE(store_->Delete(0, {&k, 1}, tombstone).ok());
  }
  FeatureValue Read(int64_t at_ms, int feature = 0, const std::string& key = "k") {
    FeatureValue value;
    const Value k = Value::String(key);
    const absl::Status status = store_->Read(0, {&k, 1}, at_ms, {&feature, 1}, {}, {&value, 1});
    EXPECT_TRUE(status.ok()) << status;
    return value;
  }
  static std::string Text(const FeatureValue& v) {
    return absl::StrCat(ToString(v.value.view()), " ", FeatureStatusName(v.status));
  }

  MemoryStateStore state_;
  std::shared_ptr<ViewSpec> view_;
  std::unique_ptr<OnlineStore> store_;
  int64_t next_offset_ = 0;
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_FEATURESTORE_ONLINE_STORE_FIXTURE_H_
