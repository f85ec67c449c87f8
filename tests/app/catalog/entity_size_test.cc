// What `validate --explain` says of sizes, against entities that a store has really kept.

#include "app/catalog/entity_size.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "app/catalog/view_explanation.h"
#include "featurestore/memory_state_store.h"
#include "featurestore/online_store.h"
#include "gtest/gtest.h"
#include "tests/app/catalog/shop.h"

namespace millrace {
namespace {

constexpr int64_t kEndMs = 1'700'500'000'000;
constexpr int kEntities = 3;

// Bytes and rows of an entity, on disk, after `records` each `gap_ms` apart, up to kEndMs.
EntitySize Measure(const Project& project, int32_t view, int64_t records, int64_t gap_ms) {
  MemoryStateStore state;
  auto opened = OnlineStore::Open(state, project.views, {.shards = 1});
  EXPECT_TRUE(opened.ok()) << opened.status();
  OnlineStore& store = **opened;
  const ViewSpec& spec = *project.views[static_cast<size_t>(view)];
  const int32_t source = spec.inputs[0].source;
  const Schema& schema = project.sources[static_cast<size_t>(source)].schema;
  SampleFields sample(schema, 7);
  std::vector<std::string> names;
  for (int e = 0; e < kEntities; ++e) names.push_back(absl::StrCat("user-00", e));
  Event event;
  event.source = source;
  std::vector<Value> fields;
  for (int64_t i = records; i > 0; --i) {
    for (int e = 0; e < kEntities; ++e) {
      const std::span<const Value> drawn = sample.Next();
      fields.assign(drawn.begin(), drawn.end());
      fields[static_cast<size_t>(spec.inputs[0].key_fields[0])] =
          Value::String(names[static_cast<size_t>(e)]);
      event.event_time_ms = event.append_ms = event.known_ms = kEndMs - i * gap_ms + e;
      event.fields = fields;
      EXPECT_TRUE(store.Apply(event).ok());
      ++event.offset;
    }
  }
  StateBatch batch;
  EXPECT_TRUE(store.AddCommit(0, &batch).ok());
  EntitySize size;
  for (const auto& [key, value] : batch.changes()) {
    // 0x01, shard, view; the marks of a shard are of view 0xffff.
    if (!value || key.size() < 5 || key[0] != '\1' ||
        key.substr(3, 2) != std::string({'\0', static_cast<char>(view)})) {
      continue;
    }
    size.disk_bytes += static_cast<int64_t>(key.size() + value->size());
    ++size.disk_rows;
  }
  size.disk_bytes /= kEntities;
  size.disk_rows /= kEntities;
  return size;
}

class EntitySizeTest : public ::testing::Test {
 protected:
  // Within the factor that entity_size.h promises.
  static void ExpectNear(int64_t estimate, int64_t measured, absl::string_view what) {
    EXPECT_LE(static_cast<double>(estimate), 1.5 * static_cast<double>(measured)) << what;
    EXPECT_GE(1.5 * static_cast<double>(estimate), static_cast<double>(measured)) << what;
  }
  EntitySizer Sizer(int32_t view) {
    const ViewSpec& spec = *project_.views[static_cast<size_t>(view)];
    layout_ = *ViewLayout::Make(project_.views[static_cast<size_t>(view)]);
    return EntitySizer(*layout_,
                       project_.sources[static_cast<size_t>(spec.inputs[0].source)].schema);
  }

  const Project project_ = LoadShop();
  std::unique_ptr<const ViewLayout> layout_;
};

TEST_F(EntitySizeTest, OfAFewRecordsIsThatOfSuchAnEntity) {
  for (const int32_t view : {0, 1}) {
    const EntitySize estimate = Sizer(view).OfRecords(5);
    const EntitySize measured = Measure(project_, view, 5, 60'000);
    ExpectNear(estimate.disk_bytes, measured.disk_bytes, project_.views[view]->name);
    EXPECT_EQ(estimate.disk_rows, 1);
    EXPECT_EQ(estimate.records, 5);
  }
}

TEST_F(EntitySizeTest, AtARateIsThatOfAnEntityWhoseWindowsAreFull) {
  struct {
    int32_t view;
    double per_s;
    int64_t days;
  } const kCases[] = {{0, 1.0 / 300, 36}, {0, 1.0 / 20, 33}, {1, 1.0 / 60, 9}, {2, 1.0 / 30, 3}};
  for (const auto& test : kCases) {
    const std::string what =
        absl::StrCat(project_.views[static_cast<size_t>(test.view)]->name, " at ", test.per_s);
    const auto gap_ms = static_cast<int64_t>(1'000 / test.per_s);
    const EntitySize measured =
        Measure(project_, test.view, test.days * 86'400'000 / gap_ms, gap_ms);
    const EntitySize estimate = Sizer(test.view).AtRate(test.per_s);
    ExpectNear(estimate.disk_bytes, measured.disk_bytes, what);
    ExpectNear(estimate.disk_rows, measured.disk_rows, what);
  }
}

TEST_F(EntitySizeTest, GrowsWithTheRateOnlyWhereEverythingIsKept) {
  EntitySizer exact = Sizer(1);
  const EntitySize slow = exact.AtRate(1), fast = exact.AtRate(100);
  EXPECT_GT(fast.disk_bytes, 50 * slow.disk_bytes);
  EntitySizer bounded = Sizer(0);
  EXPECT_LT(bounded.AtRate(100).disk_bytes, 3 * bounded.AtRate(1).disk_bytes);
  EXPECT_EQ(bounded.AtRate(100).records, 4'096);
}

}  // namespace
}  // namespace millrace
