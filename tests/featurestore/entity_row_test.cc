#include "featurestore/entity_row.h"

#include "absl/strings/escaping.h"
#include "core/random.h"
#include "featurestore/memory_state_store.h"
#include "featurestore/newest_event.h"
#include "gtest/gtest.h"
#include "tests/featurestore/naive_store.h"

namespace millrace {
namespace {

std::unique_ptr<const ViewLayout> LayoutOf(std::vector<FeatureSpec> features) {
  auto layout = ViewLayout::Make(TestView(std::move(features)));
  EXPECT_TRUE(layout.ok()) << layout.status();
  return *std::move(layout);
}

void Add(const ViewLayout& layout, const TestRecord& r, const Horizon& horizon, EntityRow* row) {
  ViewLayout::Scratch scratch;
  const std::vector<Value> fields = r.Fields();
  Event event;
  event.event_time_ms = r.time_ms;
  event.partition = r.partition;
  event.offset = r.offset;
  event.fields = fields;
  row->Add(layout.MakeEntry(0, event, &scratch), horizon);
}

TestRecord Record(int64_t time_ms, int64_t offset, double x) {
  TestRecord r;
  r.time_ms = time_ms;
  r.partition = 1;
  r.offset = offset;
  r.key = "k";
  r.x = x;
  return r;
}

TEST(EntityRow, SmallRowsHaveTheBytesOfTheFormatPage) {
  const auto layout = LayoutOf({TestFeature("sum", kX, Sliding(60'000))});
  const Horizon horizon = layout->horizon().At(1010);
  EntityRow row(*layout, horizon);
  Add(*layout, Record(1010, 8, 2.0), horizon, &row);
  Add(*layout, Record(1000, 7, 1.5), horizon, &row);
  StateBatch batch;
  std::vector<std::string> deleted;
  row.AddChanges("P", &batch, &deleted);
  ASSERT_EQ(batch.changes().size(), 1u);
  EXPECT_EQ(batch.changes()[0].first, std::string("P\0", 2));
  EXPECT_EQ(absl::BytesToHexString(*batch.changes()[0].second),
            "04"
            "00"
            "e40f"
            "02"    // version, flags, newest 1010, next chunk id 1
            "d00f"  // the finest open tile starts at 1000
            "01"
            "00"
            "1c"  // one chunk, id 0, 28 bytes
            "02"  // entries
            "d00f"
            "00"
            "01"
            "0e"
            "04"
            "3ff8000000000000"  // 1000, source, partition, 7, bits, 1.5
            "0a"
            "00"
            "01"
            "02"
            "04"
            "4000000000000000");  // + 10 ms, + 1
}

TEST(EntityRow, WhatTheHorizonPassedLeavesTheTimeOfItsNewestRecord) {
  const auto layout = LayoutOf({TestFeature("sum", kX, Sliding(60'000))});
  const Horizon horizon = layout->horizon().At(1010);
  EntityRow row(*layout, horizon);
  Add(*layout, Record(1010, 8, 2.0), horizon, &row);
  Add(*layout, Record(1000, 7, 1.5), horizon, &row);
  const Horizon later = layout->horizon().At(86'400'000);
  EXPECT_EQ(NewestLost(row, layout->horizon().At(1010)), -kTimeLimitMs);
  EXPECT_EQ(NewestLost(row, later), 1010);
  row.Trim(later);
  EXPECT_EQ(NewestLost(row, later), 1010);
  StateBatch batch;
  std::vector<std::string> deleted;
  row.AddChanges("P", &batch, &deleted);
  EXPECT_EQ(absl::BytesToHexString(*batch.changes()[0].second),
            "04"
            "10"    // flags: some records are lost
            "e40f"  // newest 1010
            "e40f"  // newest lost 1010
            "02"
            "8080f44e"  // the finest open tile: where those that are kept begin
            "00");      // no chunks
}

// Of what there is no room for the head has the place, and the newest that stood.
TEST(EntityRow, TheNewestDroppedForWantOfRoomComesBack) {
  const auto layout = LayoutOf({TestFeature("last", kX, Sliding(3'600'000))});
  const Horizon horizon = layout->horizon().At(10'000);
  EntityRow row(*layout, horizon);
  for (int i = 0; i < 5'000; ++i) Add(*layout, Record(i, i, 1), horizon, &row);
  EXPECT_EQ(row.log().newest_dropped_ms(), 5'000 - static_cast<int64_t>(kMicroLogEntries) - 1);
  MemoryStateStore state;
  StateBatch batch;
  std::vector<std::string> deleted;
  row.AddChanges("P", &batch, &deleted);
  ASSERT_TRUE(state.Commit(batch).ok());
  const auto loaded = EntityRow::Load(*layout, "P", state);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ((*loaded)->log().newest_dropped_ms(), row.log().newest_dropped_ms());
}

TEST(EntityRow, ComesBackFromItsPartsAsItWas) {
  const uint64_t seed = 7;
  SCOPED_TRACE(seed);
  Random random(seed);
  const auto layout =
      LayoutOf({TestFeature("last", kS, Sliding(3'600'000)), TestFeature("sum", kX, Lifetime())});
  MemoryStateStore state;
  const std::string prefix = "\x01prefix";
  int64_t now = 0;
  EntityRow row(*layout, layout->horizon().At(now));
  for (int i = 0; i < 9000; ++i) {
    now += random.Between(0, 20'000);
    TestRecord r = Record(now - random.Between(0, 5'000'000), i, random.Unit());
    r.s = std::string(random.Below(20), 's');
    const Horizon horizon = layout->horizon().At(now);
    row.Trim(horizon);
    Add(*layout, r, horizon, &row);
    if (i % 450 != 0) continue;
    StateBatch batch;
    std::vector<std::string> deleted;
    row.AddChanges(prefix, &batch, &deleted);
    ASSERT_TRUE(state.Commit(batch).ok());
    auto loaded = EntityRow::Load(*layout, prefix, state);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    (*loaded)->Trim(horizon);
    ASSERT_EQ((*loaded)->Canonical(horizon), row.Canonical(horizon)) << i;
    EXPECT_LE(row.log().size(), kMicroLogEntries);
  }
  // What the horizon passed is not left behind in the store.
  size_t stored = 0;
  ASSERT_TRUE(state
                  .Scan("", "\xff",
                        [&](absl::string_view, absl::string_view) {
                          ++stored;
                          return true;
                        })
                  .ok());
  size_t live = 1 + row.log().chunks().size();
  for (const TileTier& tier : row.tiles().tiers()) live += tier.blocks().size();
  EXPECT_LE(stored, live + 8);
}

TEST(EntityRow, DamagedBytesAreRefusedNotServed) {
  const auto layout =
      LayoutOf({TestFeature("max", kS, Sliding(3'600'000)), TestFeature("sum", kX, Lifetime())});
  const Horizon horizon = layout->horizon().At(0);
  EntityRow row(*layout, horizon);
  for (int i = 0; i < 20; ++i) {
    TestRecord r = Record(i * 100, i, 0.5 * i);
    r.s = "abc";
    Add(*layout, r, horizon, &row);
  }
  StateBatch batch;
  std::vector<std::string> deleted;
  row.AddChanges("P", &batch, &deleted);
  const std::string head = *batch.changes()[0].second;
  for (size_t cut = 0; cut < head.size(); ++cut) {
    EXPECT_TRUE(absl::IsDataLoss(EntityRow::Decode(*layout, head.substr(0, cut), {}).status()));
  }
  EXPECT_TRUE(absl::IsDataLoss(EntityRow::Decode(*layout, head + "x", {}).status()));
}

// As the events of one record are: they come in their order.
TEST(EntityRow, RecordsOfOnePlaceComeBackInTheirOrder) {
  const auto layout = LayoutOf({TestFeature("last", kX, Sliding(3'600'000))});
  const Horizon horizon = layout->horizon().At(1000);
  EntityRow row(*layout, horizon);
  Add(*layout, Record(999, 6, -1), horizon, &row);
  for (int i = 0; i < 3000; ++i) Add(*layout, Record(1000, 7, i), horizon, &row);
  Add(*layout, Record(1001, 8, -2), horizon, &row);
  StateBatch batch;
  std::vector<std::string> deleted;
  row.AddChanges("", &batch, &deleted);
  std::string head;
  std::vector<std::pair<std::string, std::string>> parts;
  for (const auto& [key, value] : batch.changes()) {
    if (key == std::string(1, '\0')) {
      head = *value;
    } else {
      parts.emplace_back(key, *value);
    }
  }
  ASSERT_GT(parts.size(), 20u);
  const auto loaded = EntityRow::Decode(*layout, head, parts);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ((*loaded)->Canonical(horizon), row.Canonical(horizon));
}

}  // namespace
}  // namespace millrace
