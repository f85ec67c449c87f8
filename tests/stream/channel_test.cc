#include "stream/channel.h"

#include <vector>

#include "gtest/gtest.h"

namespace millrace {
namespace {

Record WithHeaders(std::vector<Header>& headers) {
  Record record;
  record.partition = 2;
  record.offset = 7;
  record.headers = headers;
  return record;
}

TEST(ReadChannelMark, ReadsTheThreeHeadersAndLeavesOthersAlone) {
  std::vector<Header> headers = {
      {"channel", "examples.delayed"}, {"trace", "x"}, {"n", "12"}, {"epoch", "3"}};
  const auto mark = ReadChannelMark(WithHeaders(headers));
  ASSERT_TRUE(mark.has_value());
  EXPECT_EQ(mark->channel, "examples.delayed");
  EXPECT_EQ(mark->n, 12u);
  EXPECT_EQ(mark->epoch, 3u);
}

TEST(ReadChannelMark, AForeignRecordHasNone) {
  for (std::vector<Header> headers : {std::vector<Header>{},
                                      {{"n", "1"}},
                                      {{"channel", "c"}},
                                      {{"trace", "x"}},
                                      {{"channel", "c"}, {"n", "1"}},
                                      {{"channel", "c"}, {"n", "one"}, {"epoch", "1"}},
                                      {{"channel", "c"}, {"n", "-1"}, {"epoch", "1"}},
                                      {{"channel", "c"}, {"n", "1"}, {"epoch", ""}},
                                      {{"channel", "c"}, {"n", "1"}, {"epoch", "2024-Q1"}}}) {
    EXPECT_FALSE(ReadChannelMark(WithHeaders(headers)).has_value());
  }
}

// A dead letter brings the headers of its record along, whatever they are called.
TEST(ReadChannelMark, IsOfTheHeadersThatComeFirst) {
  std::vector<Header> headers = {{"channel", "dlq.orders"}, {"n", "7"},     {"epoch", "2"},
                                 {"channel", "web"},        {"n", "a lot"}, {"epoch", "99"}};
  const auto mark = ReadChannelMark(WithHeaders(headers));
  ASSERT_TRUE(mark.has_value());
  EXPECT_EQ(mark->channel, "dlq.orders");
  EXPECT_EQ(mark->n, 7u);
  EXPECT_EQ(mark->epoch, 2u);
}

TEST(ChannelFilter, DropsRepeatsAndTakesWhatIsNext) {
  ChannelFilter filter;
  const auto accept = [&](uint64_t n) { return *filter.Accept({"c", n, 1}); };
  EXPECT_TRUE(accept(1));
  EXPECT_TRUE(accept(2));
  EXPECT_FALSE(accept(1));
  EXPECT_FALSE(accept(2));
  EXPECT_TRUE(accept(3));
}

TEST(ChannelFilter, AGapIsDataLossAndStaysOne) {
  ChannelFilter filter;
  ASSERT_TRUE(*filter.Accept({"c", 1, 1}));
  for (const uint64_t n : {3u, 3u, 4u}) {
    const auto accepted = filter.Accept({"c", n, 1});
    EXPECT_EQ(accepted.status().code(), absl::StatusCode::kDataLoss);
    EXPECT_NE(accepted.status().message().find("records 2 to"), std::string::npos)
        << accepted.status();
  }
  EXPECT_TRUE(*filter.Accept({"c", 2, 1}));
}

TEST(ChannelFilter, ANewOwnerGoesOnOrBeginsAnew) {
  ChannelFilter filter;
  EXPECT_TRUE(*filter.Accept({"c", 7, 1}));
  EXPECT_TRUE(*filter.Accept({"c", 8, 2})) << "it goes on";
  EXPECT_TRUE(*filter.Accept({"c", 1, 3})) << "its state is a new one";
  EXPECT_FALSE(*filter.Accept({"c", 1, 3}));
  EXPECT_FALSE(*filter.Accept({"c", 9, 2})) << "the owner that was left";
  EXPECT_TRUE(*filter.Accept({"c", 2, 3}));
  EXPECT_EQ(filter.Accept({"c", 9, 4}).status().code(), absl::StatusCode::kDataLoss);
}

TEST(ChannelFilter, ChannelsAreCountedApart) {
  ChannelFilter filter;
  EXPECT_TRUE(*filter.Accept({"a", 1, 1}));
  EXPECT_TRUE(*filter.Accept({"b", 9, 1}));
  EXPECT_TRUE(*filter.Accept({"a", 2, 1}));
  EXPECT_TRUE(*filter.Accept({"b", 10, 1}));
}

TEST(ChannelFilter, ResumesBehindAPosition) {
  ChannelFilter filter;
  filter.Resume("c", 5);
  EXPECT_FALSE(*filter.Accept({"c", 5, 1}));
  EXPECT_TRUE(*filter.Accept({"c", 6, 1}));
  filter.Resume("d", 0);
  EXPECT_EQ(filter.Accept({"d", 2, 1}).status().code(), absl::StatusCode::kDataLoss);
}

TEST(ChannelFilter, RecordsOfAFencedEpochAreDropped) {
  ChannelFilter filter;
  EXPECT_TRUE(*filter.Accept({"c", 1, 2}));
  EXPECT_FALSE(*filter.Accept({"c", 2, 1}));
  EXPECT_TRUE(*filter.Accept({"c", 2, 2}));
}

}  // namespace
}  // namespace millrace
