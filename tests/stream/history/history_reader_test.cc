#include "stream/history/history_reader.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/test_directory.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class HistoryReaderTest : public ::testing::Test {
 protected:
  HistoryReaderTest() {
    options_.decoder.schema.fields = {{"user", Type::kString},
                                      {"pages", Type::kInt},
                                      {"price", Type::kDouble},
                                      {"good", Type::kBool},
                                      {"seen", Type::kTimestamp}};
    options_.decoder.time_field = "at";
    options_.partition = 7;
  }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(directory_.path() / name, std::ios::binary) << text;
  }
  std::string Pattern(const std::string& pattern) const {
    return (directory_.path() / pattern).string();
  }

  std::unique_ptr<HistoryReader> Open(int64_t offset = 0) {
    options_.files = *FindHistoryFiles(Pattern("*"));
    auto reader = HistoryReader::Open(options_, offset);
    EXPECT_TRUE(reader.ok()) << reader.status();
    return *std::move(reader);
  }
  // "offset@time value"
  static std::vector<std::string> ReadAll(HistoryReader& reader, size_t max_bytes = 1 << 20) {
    std::vector<std::string> records;
    RecordBatch batch;
    while (*reader.Read(0, max_bytes, &batch) > 0) {
      for (const Record& record : batch.records()) {
        EXPECT_EQ(record.partition, 7);
        EXPECT_EQ(record.append_ms, record.timestamp_ms);
        records.push_back(absl::StrCat(record.offset, "@", record.append_ms, " ", *record.value));
      }
      batch.Clear();
    }
    EXPECT_TRUE(reader.AtEnd(0));
    return records;
  }

  const TestDirectory directory_;
  HistoryReaderOptions options_;
};

TEST_F(HistoryReaderTest, MergesFilesByEventTimeAndName) {
  Write("b.jsonl", "{\"at\":1}\n\n{\"at\":5}\r\n{\"at\":5,\"pages\":2}\n");
  Write("a.jsonl", "{\"at\":5,\"pages\":1}\n  \n{\"at\":9}");
  Write("c.jsonl", "");
  const auto reader = Open();
  EXPECT_FALSE(reader->AtEnd(0));
  EXPECT_THAT(ReadAll(*reader),
              ElementsAre("0@1 {\"at\":1}", "1@5 {\"at\":5,\"pages\":1}", "2@5 {\"at\":5}",
                          "3@5 {\"at\":5,\"pages\":2}", "4@9 {\"at\":9}"));
  EXPECT_EQ(reader->NextOffset(0), 5);
}

// The topic's own format, framing and envelope say nothing of files; only JSON lines nest as its
// records do.
TEST_F(HistoryReaderTest, FilesArePlainRowsWhateverTheTopicHolds) {
  options_.decoder.format = RecordFormat::kAvro;
  options_.decoder.framing = Framing::kConfluent;
  options_.decoder.envelope = Envelope::kDebezium;
  options_.decoder.schema.fields[0].path = "person.name";
  const auto user = [this](const Record& record) {
    DecodedRecord decoded;
    const auto decoder = MakeDecoder(HistoryDecoderOptions(options_.decoder, options_.format));
    EXPECT_FALSE(decoder->Decode(record, &decoded).has_value());
    EXPECT_TRUE(decoded.inserts);
    return ToString(decoded.row.fields[0]);
  };
  RecordBatch batch;
  Write("a", "{\"at\":5,\"person\":{\"name\":\"ann\"}}\n");
  ASSERT_EQ(*Open()->Read(0, 100, &batch), 1);
  EXPECT_EQ(batch.records()[0].append_ms, 5);
  EXPECT_EQ(user(batch.records()[0]), "ann");
  batch.Clear();
  options_.format = HistoryFormat::kCsv;
  Write("a", "at,user\n6,bob\n");
  ASSERT_EQ(*Open()->Read(0, 100, &batch), 1);
  EXPECT_EQ(batch.records()[0].append_ms, 6);
  EXPECT_EQ(user(batch.records()[0]), "bob");
}

TEST_F(HistoryReaderTest, WhatHasNoTimeComesAtOnce) {
  Write("a.jsonl", "{\"at\":5}\nbroken\n{\"pages\":1}\n{\"at\":6}\n");
  Write("b.jsonl", "{\"at\":4}\n");
  EXPECT_THAT(ReadAll(*Open()), ElementsAre("0@4 {\"at\":4}", "1@5 {\"at\":5}", "2@0 broken",
                                            "3@0 {\"pages\":1}", "4@6 {\"at\":6}"));
}

TEST_F(HistoryReaderTest, CsvIsWrittenAsTheFieldsAre) {
  options_.format = HistoryFormat::kCsv;
  Write("a.csv",
        "at,user,other,pages,price,good,seen\r\n"
        "1,\"O\"\"Hara, \nJim\",x,3,2.50,true,1970-01-01T00:00:00Z\r\n"
        "2,,,,,,\n"
        "\n"
        "3,\"\",,three,-1e3,yes,86400000\n");
  EXPECT_THAT(ReadAll(*Open()),
              ElementsAre("0@1 {\"at\":1,\"user\":\"O\\\"Hara, \\u000aJim\",\"pages\":3,"
                          "\"price\":2.50,\"good\":true,\"seen\":\"1970-01-01T00:00:00Z\"}",
                          "1@2 {\"at\":2}",
                          // For the decoder to reject, with a reason.
                          "2@0 {\"at\":3,\"user\":\"\",\"pages\":\"three\",\"price\":-1e3,"
                          "\"good\":\"yes\",\"seen\":86400000}"));
}

TEST_F(HistoryReaderTest, ACsvLineOfAnotherLengthStaysAsItIs) {
  options_.format = HistoryFormat::kCsv;
  Write("a.csv", "at,pages\n1,2,3\n4\n5,\"6\n");
  EXPECT_THAT(ReadAll(*Open()), ElementsAre("0@0 1,2,3", "1@0 4", "2@0 5,\"6"));
}

TEST_F(HistoryReaderTest, BeginsAnywhere) {
  Random random(3);
  for (const char* name : {"a", "b", "c"}) {
    std::string text;
    int64_t time_ms = 0;
    for (int i = 0; i < 40; ++i) {
      time_ms += random.Between(0, 3);
      absl::StrAppend(&text, "{\"at\":", time_ms, "}\n");
    }
    Write(name, text);
  }
  const std::vector<std::string> all = ReadAll(*Open());
  ASSERT_EQ(all.size(), 120u);
  for (int64_t offset = 0; offset <= 120; ++offset) {
    const std::vector<std::string> rest(all.begin() + offset, all.end());
    EXPECT_EQ(ReadAll(*Open(offset), 1 + random.Below(100)), rest);
  }
  EXPECT_EQ(HistoryReader::Open(options_, 121).status().code(), absl::StatusCode::kOutOfRange);
}

TEST_F(HistoryReaderTest, WithoutFilesItIsAtItsEnd) {
  const auto reader = HistoryReader::Open(options_, 12);
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_TRUE((*reader)->AtEnd(0));
  EXPECT_EQ((*reader)->NextOffset(0), 12);
  EXPECT_THAT(ReadAll(**reader), IsEmpty());
}

TEST_F(HistoryReaderTest, FilesAreFoundSortedAndToldBySize) {
  Write("2.csv", "ab");
  Write("1.csv", "abc");
  Write("3.txt", "");
  std::filesystem::create_directory(directory_.path() / "4.csv");
  const auto files = FindHistoryFiles(Pattern("*.csv"));
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_THAT(*files, ElementsAre(Pattern("1.csv"), Pattern("2.csv")));
  EXPECT_EQ(*FilesText(*files), absl::StrCat((*files)[0], " 3\n", (*files)[1], " 2\n"));
  EXPECT_EQ(FindHistoryFiles(Pattern("*.json")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(FilesText({Pattern("none")}).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(HistoryReaderTest, FilesThatCannotBeReadAreTold) {
  options_.files = {Pattern("none")};
  EXPECT_EQ(HistoryReader::Open(options_, 0).status().code(), absl::StatusCode::kNotFound);
  Write("empty.csv", "");
  options_.files = {Pattern("empty.csv")};
  options_.format = HistoryFormat::kCsv;
  const auto opened = HistoryReader::Open(options_, 0);
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(opened.status().message()), HasSubstr("no line of column names"));
}

}  // namespace
}  // namespace millrace
