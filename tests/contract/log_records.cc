#include "tests/contract/log_records.h"

#include "absl/strings/str_cat.h"
#include "core/clock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

std::string Text(absl::string_view view) { return std::string(view.data(), view.size()); }

SeenRecord Own(const Record& record) {
  SeenRecord seen{record.offset, record.timestamp_ms, std::nullopt, std::nullopt, {}};
  if (record.key) seen.key = Text(*record.key);
  if (record.value) seen.value = Text(*record.value);
  for (const Header& h : record.headers) seen.headers.emplace_back(Text(h.name), Text(h.value));
  return seen;
}

}  // namespace

absl::StatusOr<std::vector<SeenRecord>> ReadOn(LogReader& reader, size_t index, size_t count,
                                               absl::Duration patience, size_t max_bytes) {
  std::vector<SeenRecord> seen;
  const int64_t deadline = Clock::Real().MonotonicNanos() + absl::ToInt64Nanoseconds(patience);
  while (seen.size() < count) {
    RecordBatch batch;
    const absl::StatusOr<int> read = reader.Read(index, max_bytes, &batch);
    if (!read.ok()) return read.status();
    EXPECT_EQ(static_cast<size_t>(*read), batch.records().size());
    for (const Record& record : batch.records()) seen.push_back(Own(record));
    if (*read > 0) continue;
    const int64_t left = deadline - Clock::Real().MonotonicNanos();
    if (left <= 0) return absl::DeadlineExceededError(absl::StrCat(seen.size(), " of ", count));
    reader.Wait(absl::Nanoseconds(left));
  }
  return seen;
}

absl::StatusOr<std::vector<SeenRecord>> ReadPartition(Log& log, const std::string& topic,
                                                      int32_t partition, size_t count,
                                                      absl::Duration patience, int64_t offset) {
  auto reader = log.OpenReader({ReadFrom{{topic, partition}, offset}});
  if (!reader.ok()) return reader.status();
  return ReadOn(**reader, 0, count, patience);
}

absl::Status AppendNumbers(Log& log, const std::string& topic, int32_t partition, int from,
                           int count) {
  std::vector<std::string> values;
  for (int i = 0; i < count; ++i) values.push_back(absl::StrCat(from + i));
  std::vector<AppendRecord> records;
  for (const std::string& value : values) {
    records.push_back({.topic = topic, .partition = partition, .value = value});
  }
  return log.Append(records).status();
}

void ExpectNumbers(const absl::StatusOr<std::vector<SeenRecord>>& seen, int64_t first_offset,
                   int count) {
  ASSERT_TRUE(seen.ok()) << seen.status();
  ASSERT_EQ(seen->size(), static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    ASSERT_EQ((*seen)[i].offset, first_offset + i);
    ASSERT_EQ((*seen)[i].value, absl::StrCat(first_offset + i));
  }
}

}  // namespace millrace
