#include "app/commands/time_argument.h"

#include "gtest/gtest.h"

namespace millrace {
namespace {

TEST(TimeArgument, IsMillisecondsAMomentOrADate) {
  EXPECT_EQ(TimeArgument("1357038000000"), 1357038000000);
  EXPECT_EQ(TimeArgument("2013-01-01T11:00:00Z"), 1357038000000);
  EXPECT_EQ(TimeArgument("2013-01-01"), 1356998400000);
  for (const char* const none : {"", "yesterday", "2013-01", "2013-02-30", "11:00"}) {
    EXPECT_EQ(TimeArgument(none), std::nullopt) << none;
  }
}

}  // namespace
}  // namespace millrace
