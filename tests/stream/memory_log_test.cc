// What MemoryLog has beyond the contract of logs.

#include "stream/memory_log.h"

#include <span>

#include "core/simulated_clock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

int64_t AppendTimeOf(MemoryLogOptions::AppendTime append_time) {
  SimulatedClock clock(absl::FromUnixMillis(5'000));
  MemoryLog log({.clock = &clock, .append_time = append_time});
  EXPECT_TRUE(log.CreateTopic("t", {}).ok());
  AppendRecord record;
  record.topic = "t";
  record.value = "v";
  record.timestamp_ms = 3;
  EXPECT_TRUE(log.Append(std::span(&record, 1)).ok());
  auto reader = log.OpenReader({{{"t", 0}, 0}});
  RecordBatch batch;
  EXPECT_EQ((*reader)->Read(0, 100, &batch).value(), 1);
  EXPECT_EQ(batch.records()[0].timestamp_ms, 3);
  return batch.records()[0].append_ms;
}

TEST(MemoryLog, AppendTimesAreThoseOfTheClockOrOfTheRecords) {
  EXPECT_EQ(AppendTimeOf(MemoryLogOptions::AppendTime::kClock), 5'000);
  EXPECT_EQ(AppendTimeOf(MemoryLogOptions::AppendTime::kTimestamp), 3);
}

}  // namespace
}  // namespace millrace
