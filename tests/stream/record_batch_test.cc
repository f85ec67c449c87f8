#include "stream/record_batch.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace millrace {
namespace {

TEST(RecordBatch, AddCopiesAllTheRecordPointsTo) {
  RecordBatch batch;
  {
    std::string key = "key", value = "value", name = "name", header_value = "header";
    const std::vector<Header> headers = {{name, header_value}, {name, ""}};
    batch.Add({.partition = 1,
               .offset = 2,
               .timestamp_ms = 3,
               .append_ms = 4,
               .key = key,
               .value = value,
               .headers = headers});
    key = value = name = header_value = "xxxxxx";
  }
  const Record& record = batch.records().at(0);
  EXPECT_EQ(record.partition, 1);
  EXPECT_EQ(record.offset, 2);
  EXPECT_EQ(record.timestamp_ms, 3);
  EXPECT_EQ(record.append_ms, 4);
  EXPECT_EQ(record.key, "key");
  EXPECT_EQ(record.value, "value");
  ASSERT_EQ(record.headers.size(), 2u);
  EXPECT_EQ(record.headers[0].name, "name");
  EXPECT_EQ(record.headers[0].value, "header");
  EXPECT_EQ(record.headers[1].name, "name");
  EXPECT_EQ(record.headers[1].value, "");
}

TEST(RecordBatch, AddTellsAbsentFromEmpty) {
  RecordBatch batch;
  batch.Add({.key = std::nullopt, .value = ""});
  batch.Add({.key = "", .value = std::nullopt});
  EXPECT_FALSE(batch.records()[0].key.has_value());
  EXPECT_EQ(batch.records()[0].value, "");
  EXPECT_EQ(batch.records()[1].key, "");
  EXPECT_FALSE(batch.records()[1].value.has_value());
}

TEST(RecordBatch, ViewsStayWhenMoreIsKeptAndWhenTheBatchMoves) {
  RecordBatch batch;
  for (int i = 0; i < 1000; ++i) {
    // Short strings lie inside their string object: they stay only if that does.
    batch.Add({.offset = i, .value = std::to_string(i)});
  }
  const RecordBatch moved = std::move(batch);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(moved.records()[i].value, std::to_string(i));
}

TEST(RecordBatch, SharedBytesLiveUntilTheBatchIsCleared) {
  auto bytes = std::make_shared<const std::string>("shared");
  const std::weak_ptr<const std::string> watch = bytes;
  RecordBatch batch;
  batch.AddUncopied({.value = absl::string_view(*bytes)});
  batch.KeepShared(std::move(bytes));
  EXPECT_FALSE(watch.expired());
  EXPECT_EQ(batch.records()[0].value, "shared");
  batch.Clear();
  EXPECT_TRUE(watch.expired());
  EXPECT_TRUE(batch.empty());
}

}  // namespace
}  // namespace millrace
