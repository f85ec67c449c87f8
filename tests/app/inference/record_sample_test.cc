#include "app/inference/record_sample.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stream/memory_log.h"
#include "tests/app/inference/sampled.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;

std::string WhyNot(const RecordSample& sample) {
  const absl::Status status = sample.Check();
  EXPECT_FALSE(status.ok());
  return std::string(status.message());
}

TEST(RecordSample, TakesObjectsInJson) {
  const RecordSample sample = SampleOf({R"({"a":1})", R"({"a":2,"b":"x"})"});
  ASSERT_TRUE(sample.Check().ok());
  EXPECT_EQ(sample.rows().objects, 2);
  EXPECT_EQ(sample.rows().Find("a")->ints, 2);
  EXPECT_FALSE(sample.debezium());
  EXPECT_FALSE(sample.cloud_events());
}

TEST(RecordSample, ConfluentsFramingNeedsTheRegistry) {
  const std::string framed("\0\0\0\0\7data", 9);
  EXPECT_THAT(WhyNot(SampleOf({framed, framed})),
              HasSubstr("2 of 2 records have Confluent's framing"));
  RecordSample by_header;
  const Header header{"__value_schema_id", "0123456789abcdefg"};
  by_header.Add(RecordOf("data", {&header, 1}));
  EXPECT_THAT(WhyNot(by_header), HasSubstr("`registry:`"));
}

TEST(RecordSample, OtherBytesAreToldWithoutTheirContent) {
  const std::string text = WhyNot(SampleOf({"secret", "[1]", R"({"a":1})"}));
  EXPECT_THAT(text, HasSubstr("2 of 3 records are no objects in JSON"));
  EXPECT_THAT(text, HasSubstr("6 bytes that begin with 0x73"));
  EXPECT_THAT(text, Not(HasSubstr("secret")));
  EXPECT_THAT(WhyNot(SampleOf({""})), HasSubstr("an empty value"));
}

TEST(RecordSample, NothingIsToldFromStrangeThings) {
  EXPECT_TRUE(absl::IsFailedPrecondition(RecordSample().Check()));
  RecordSample tombstones;
  Record record;
  tombstones.Add(record);
  EXPECT_THAT(WhyNot(tombstones), HasSubstr("only records without a value"));
}

TEST(RecordSample, AFewStrangeRecordsAreLeftOut) {
  const RecordSample sample = SampleOf({R"({"a":1})", R"({"a":2})", R"({"a":2})", "x"});
  EXPECT_TRUE(sample.Check().ok());
  EXPECT_EQ(sample.strange(), 1);
}

TEST(RecordSample, LooksIntoCloudEvents) {
  RecordSample sample;
  const Header structured{"content-type", "application/cloudevents+json; charset=utf-8"};
  sample.Add(RecordOf(R"({"specversion":"1.0","id":"1","source":"s","type":"t","data":{"a":1}})",
                      {&structured, 1}));
  const Header binary{"ce_specversion", "1.0"};
  sample.Add(RecordOf(R"({"a":2})", {&binary, 1}));
  ASSERT_TRUE(sample.Check().ok());
  EXPECT_TRUE(sample.cloud_events());
  EXPECT_EQ(sample.rows().Find("a")->ints, 2);
  EXPECT_EQ(sample.rows().Find("id"), nullptr);
}

TEST(RecordSample, LooksIntoDebeziumsChanges) {
  const RecordSample sample = SampleOf({
      R"({"op":"c","before":null,"after":{"id":1},"source":{"db":"x"},"ts_ms":1})",
      R"({"schema":{},"payload":{"op":"u","before":{"id":1},"after":{"id":1},"ts_ms":1}})",
      R"({"op":"d","before":{"id":1},"after":null})",
  });
  ASSERT_TRUE(sample.Check().ok());
  EXPECT_TRUE(sample.debezium());
  EXPECT_EQ(sample.rows().Find("id")->ints, 4);
  EXPECT_EQ(sample.rows().Find("op"), nullptr);
}

TEST(SampleTopic, TakesTheNewestRecordsOfEachPartition) {
  MemoryLog log;
  ASSERT_TRUE(log.CreateTopic("t", {.partitions = 2}).ok());
  for (int i = 0; i < 100; ++i) {
    for (const int32_t partition : {0, 1}) {
      const std::string value = absl::StrCat("{\"n\":", i, "}");
      AppendRecord record;
      record.topic = "t";
      record.partition = partition;
      record.value = value;
      ASSERT_TRUE(log.Append({&record, 1}).ok());
    }
  }
  const auto sample = SampleTopic(log, {"t", 2}, 20);
  ASSERT_TRUE(sample.ok()) << sample.status();
  EXPECT_EQ(sample->records(), 20);
  EXPECT_EQ(sample->rows().Find("n")->least, 90);
  EXPECT_EQ(sample->rows().Find("n")->most, 99);
  EXPECT_EQ(SampleTopic(log, {"t", 2}, 1'000)->records(), 200);
}

}  // namespace
}  // namespace millrace
