#include "stream/embedded/stored_batch.h"

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

const absl::string_view kKey = "the key";

std::string Seal(const std::vector<AppendRecord>& records, BatchInfo* info) {
  std::string batch(kBatchHeaderBytes, '\0');
  info->records = static_cast<uint32_t>(records.size());
  info->headers = 0;
  for (const AppendRecord& record : records) {
    info->headers += static_cast<uint32_t>(record.headers.size());
    EncodeBody(record, &batch);
  }
  SealBatch(kKey, *info, &batch);
  return batch;
}

TEST(StoredBatch, HasTheBytesOfTheFormat) {
  const std::vector<Header> headers = {{"h", "v"}, {"h", ""}};
  BatchInfo info{.append_ms = 0x0102030405060708,
                 .max_timestamp_ms = 5,
                 .running_max_timestamp_ms = 6,
                 .bytes_before = 7};
  const std::string batch = Seal(
      {{.key = "k", .value = "val", .timestamp_ms = -2}, {.value = "", .headers = headers}, {}},
      &info);
  // docs/formats/embedded-log.md describes these bytes. Changing them needs a new version.
  EXPECT_EQ(absl::BytesToHexString(batch),
            "b4731a84"  // checksum
            "01"        // version
            "00000003"
            "00000002"          // records, headers
            "0102030405060708"  // append time
            "0000000000000005"
            "0000000000000006"  // largest timestamps
            "0000000000000007"  // bytes before
            "07"
            "03"
            "01"
            "6b"
            "03"
            "76616c"  // timestamp -2, key, value
            "0a"
            "00"
            "02"
            "01"
            "68"
            "01"
            "76"
            "01"
            "68"
            "00"    // empty value, two headers
            "00");  // nothing
}

TEST(StoredBatch, RoundTripsAnyRecords) {
  const uint32_t seed = 20130101;
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  const auto below = [&random](int n) {
    return std::uniform_int_distribution<int>(0, n - 1)(random);
  };
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> strings(300);
    for (std::string& s : strings) {
      for (int left = below(10) == 0 ? below(300) : below(6); left > 0; --left) {
        s.push_back(static_cast<char>(below(256)));
      }
    }
    const auto any = [&] { return absl::string_view(strings[static_cast<size_t>(below(300))]); };
    std::vector<std::vector<Header>> headers(20);
    std::vector<AppendRecord> records;
    for (int i = 1 + below(20); i > 0; --i) {
      AppendRecord& record = records.emplace_back();
      if (below(2)) record.key = any();
      if (below(4)) record.value = any();
      if (below(2)) {
        record.timestamp_ms = static_cast<int64_t>(random()) * (below(2) ? 1 : -999'999);
      }
      std::vector<Header>& its = headers[records.size() - 1];
      for (int h = below(4); h > 0; --h) its.push_back({any(), any()});
      record.headers = its;
    }
    BatchInfo info{.base_offset = below(1000), .append_ms = 77};
    const auto batch = std::make_shared<const std::string>(Seal(records, &info));
    size_t bytes = kBatchHeaderBytes;
    for (const AppendRecord& record : records) bytes += EncodedBodyBytes(record);
    ASSERT_EQ(batch->size(), bytes);

    BatchInfo opened{.base_offset = info.base_offset};
    ASSERT_TRUE(OpenBatch(kKey, *batch, &opened));
    const size_t skip = static_cast<size_t>(below(static_cast<int>(records.size())));
    BatchCursor cursor(opened, 3, batch);
    ASSERT_TRUE(cursor.SkipTo(info.base_offset + static_cast<int64_t>(skip)));
    RecordBatch out;
    int taken = 0;
    while (!cursor.done()) {
      int64_t bytes_left = 1 + below(100);
      ASSERT_TRUE(cursor.Take(&bytes_left, &out, &taken));
    }
    ASSERT_EQ(out.records().size(), records.size() - skip);
    ASSERT_EQ(static_cast<size_t>(taken), records.size() - skip);
    for (size_t i = skip; i < records.size(); ++i) {
      const Record& read = out.records()[i - skip];
      EXPECT_EQ(read.offset, info.base_offset + static_cast<int64_t>(i));
      EXPECT_EQ(read.partition, 3);
      EXPECT_EQ(read.append_ms, 77);
      EXPECT_EQ(read.key, records[i].key);
      EXPECT_EQ(read.value, records[i].value);
      EXPECT_EQ(read.timestamp_ms, records[i].timestamp_ms.value_or(77));
      EXPECT_EQ(read.timestamp_type,
                records[i].timestamp_ms ? TimestampType::kCreate : TimestampType::kLogAppend);
      ASSERT_EQ(read.headers.size(), records[i].headers.size());
      for (size_t h = 0; h < read.headers.size(); ++h) {
        EXPECT_EQ(read.headers[h].name, records[i].headers[h].name);
        EXPECT_EQ(read.headers[h].value, records[i].headers[h].value);
      }
    }
  }
}

TEST(StoredBatch, RefusesEveryChangedBitEveryShorterLengthAndAnotherKey) {
  BatchInfo info;
  const std::string batch = Seal({{.key = "key", .value = "value"}}, &info);
  BatchInfo opened;
  ASSERT_TRUE(OpenBatch(kKey, batch, &opened));
  for (size_t bit = 0; bit < 8 * batch.size(); ++bit) {
    std::string damaged = batch;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(OpenBatch(kKey, damaged, &opened)) << "bit " << bit;
  }
  for (size_t size = 0; size < batch.size(); ++size) {
    EXPECT_FALSE(OpenBatch(kKey, absl::string_view(batch).substr(0, size), &opened)) << size;
  }
  EXPECT_FALSE(OpenBatch("another", batch, &opened));
}

TEST(StoredBatch, RefusesMalformedBodiesUnderAMatchingChecksum) {
  const std::vector<std::string> bodies = {
      "\x10",                                          // an unknown flag
      "\x01",                                          // a key without its length
      std::string("\x02\x05\x41", 3),                  // a value shorter than its length
      "\x04\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",  // an endless timestamp
      std::string("\x08\x7f\x01\x41\x01\x41", 6),      // more headers than the batch has
  };
  for (const std::string& body : bodies) {
    BatchInfo info{.records = 1};
    const auto batch = [&] {
      std::string bytes(kBatchHeaderBytes, '\0');
      bytes += body;
      SealBatch(kKey, info, &bytes);
      return std::make_shared<const std::string>(bytes);
    }();
    ASSERT_TRUE(OpenBatch(kKey, *batch, &info));
    BatchCursor cursor(info, 0, batch);
    RecordBatch out;
    int64_t bytes_left = 1000;
    int taken = 0;
    EXPECT_FALSE(cursor.Take(&bytes_left, &out, &taken)) << absl::BytesToHexString(body);
    EXPECT_EQ(taken, 0);
    EXPECT_FALSE(BatchCursor(info, 0, batch).SkipTo(1)) << absl::BytesToHexString(body);
  }
}

// A reader makes room for what the header counts.
TEST(StoredBatch, RefusesCountsThatItsBytesCannotHold) {
  const auto opens = [](uint32_t records, uint32_t headers, size_t body_bytes) {
    BatchInfo info{.records = records, .headers = headers};
    std::string bytes(kBatchHeaderBytes + body_bytes, '\0');
    SealBatch(kKey, info, &bytes);
    return OpenBatch(kKey, bytes, &info);
  };
  EXPECT_TRUE(opens(4, 2, 4));
  EXPECT_FALSE(opens(1, 0, 0));
  EXPECT_FALSE(opens(5, 0, 4));
  EXPECT_FALSE(opens(1, 3, 4));
  EXPECT_FALSE(opens(1, UINT32_MAX, 4));
}

}  // namespace
}  // namespace millrace
