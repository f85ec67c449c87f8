#include "stream/decode/retract_header.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

// Says what it is told to say.
class SaidDecoder final : public Decoder {
 public:
  explicit SaidDecoder(DecodedRecord said) : said_(std::move(said)) {}
  std::optional<Rejection> Decode(const Record& record, DecodedRecord* out) override {
    *out = said_;
    if (!record.value) return Rejection{RejectCode::kMalformed, "no value"};
    return std::nullopt;
  }

 private:
  const DecodedRecord said_;
};

std::string Describe(const DecodedRecord& record) {
  std::string text;
  if (record.retracts) absl::StrAppend(&text, "-", record.before.event_time_ms);
  if (record.inserts) absl::StrAppend(&text, "+", record.row.event_time_ms);
  return text;
}

// What a record with these headers says, or why it was rejected.
std::string Decoded(DecodedRecord said, const std::vector<Header>& headers,
                    std::optional<absl::string_view> value = "{}") {
  const auto decoder = HonourRetractHeader(std::make_unique<SaidDecoder>(std::move(said)));
  Record record;
  record.value = value;
  record.headers = headers;
  DecodedRecord out;
  const auto rejection = decoder->Decode(record, &out);
  if (rejection) return absl::StrCat(RejectCodeName(rejection->code), ": ", rejection->message);
  return Describe(out);
}

DecodedRecord Row(int64_t time_ms) {
  DecodedRecord record;
  record.row.event_time_ms = time_ms;
  return record;
}

TEST(RetractHeader, TurnsWhatIsInsertedIntoWhatIsRetracted) {
  EXPECT_EQ(Decoded(Row(7), {}), "+7");
  EXPECT_EQ(Decoded(Row(7), {{"trace", "true"}}), "+7");
  EXPECT_EQ(Decoded(Row(7), {{kRetractHeader, "true"}}), "-7");
  EXPECT_EQ(Decoded(Row(7), {{kRetractHeader, "false"}}), "+7");
}

TEST(RetractHeader, OfSeveralTheLastCounts) {
  EXPECT_EQ(Decoded(Row(7), {{kRetractHeader, "true"}, {kRetractHeader, "false"}}), "+7");
  EXPECT_EQ(Decoded(Row(7), {{kRetractHeader, "false"}, {kRetractHeader, "true"}}), "-7");
}

TEST(RetractHeader, LeavesATombstoneEmpty) {
  DecodedRecord nothing;
  nothing.inserts = false;
  EXPECT_EQ(Decoded(nothing, {{kRetractHeader, "true"}}), "");
}

TEST(RetractHeader, WhatItCannotMeanIsRejected) {
  EXPECT_EQ(Decoded(Row(7), {{kRetractHeader, "yes"}}),
            "malformed: the header 'millrace-retract' is neither true nor false");
  DecodedRecord change = Row(7);
  change.retracts = true;
  EXPECT_EQ(Decoded(change, {{kRetractHeader, "true"}}),
            "malformed: the header 'millrace-retract' stands on a record whose envelope retracts "
            "by itself");
  EXPECT_EQ(Decoded(change, {{kRetractHeader, "false"}}), "-0+7");
}

TEST(RetractHeader, RejectionsOfTheDecoderStay) {
  EXPECT_EQ(Decoded(Row(7), {{kRetractHeader, "true"}}, std::nullopt), "malformed: no value");
}

}  // namespace
}  // namespace millrace
