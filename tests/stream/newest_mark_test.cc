#include "stream/newest_mark.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "stream/memory_log.h"

namespace millrace {
namespace {

const TopicPartition kTarget{"out", 0};

class NewestMarkTest : public ::testing::Test {
 protected:
  NewestMarkTest() { EXPECT_TRUE(log_.CreateTopic("out", {}).ok()); }

  void Append(const std::string& channel, int n, int epoch) {
    const std::string number = absl::StrCat(n), epoch_text = absl::StrCat(epoch);
    const std::vector<Header> headers = {
        {"channel", channel}, {"n", number}, {"epoch", epoch_text}};
    AppendRecord record{.topic = "out"};
    if (!channel.empty()) record.headers = headers;
    ASSERT_TRUE(log_.Append({&record, 1}).ok());
  }

  std::string Newest(const std::string& channel) {
    const auto mark = NewestMark(log_, kTarget, channel);
    if (!mark.ok()) return std::string(mark.status().message());
    return mark->has_value() ? absl::StrCat((*mark)->n, " of epoch ", (*mark)->epoch) : "none";
  }

  MemoryLog log_;
};

TEST_F(NewestMarkTest, OfAnEmptyTopicThereIsNone) { EXPECT_EQ(Newest("a"), "none"); }

TEST_F(NewestMarkTest, IsTheLastOfItsChannelHoweverFarBack) {
  Append("a", 1, 1);
  Append("a", 2, 3);
  for (int before : {0, 1, 14, 15, 16, 17, 255, 256, 257, 600}) {
    EXPECT_EQ(Newest("a"), "2 of epoch 3") << before;
    EXPECT_EQ(Newest("c"), "none");
    for (int i = 0; i < before; ++i) Append(i % 2 == 0 ? "b" : "", i + 1, 9);
  }
  Append("b", 70, 10);
  EXPECT_EQ(Newest("b"), "70 of epoch 10");
}

TEST_F(NewestMarkTest, NamesTheTopicThatIsNotThere) {
  EXPECT_EQ(NewestMark(log_, {"other", 0}, "a").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace millrace
