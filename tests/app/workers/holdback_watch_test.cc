#include "app/workers/holdback_watch.h"

#include "gtest/gtest.h"

namespace millrace {
namespace {

constexpr int64_t kPatience = 5'000;

Holdback Stands(size_t input) { return {input, HoldbackReason::kHistory, /*time_ms=*/10, 0}; }

TEST(HoldbackWatch, RemembersSinceWhenTheSameInputHoldsBack) {
  HoldbackWatch watch;
  watch.Update(Stands(2), 1'000);
  watch.Update(Stands(2), 3'000);
  ASSERT_TRUE(watch.current().has_value());
  EXPECT_EQ(watch.current()->since_ms, 1'000);
  watch.Update(Stands(1), 4'000);
  EXPECT_EQ(watch.current()->since_ms, 4'000) << "another input";
  watch.Update(std::nullopt, 5'000);
  EXPECT_FALSE(watch.current().has_value());
  watch.Update(Stands(1), 6'000);
  EXPECT_EQ(watch.current()->since_ms, 6'000) << "it went on in between";
}

TEST(HoldbackWatch, TellsOnceOfAnInputWhatHasWaitedLongerThanThePatience) {
  HoldbackWatch watch;
  EXPECT_FALSE(watch.MustTell(/*due_ms=*/0, kPatience, 100'000)) << "nothing holds back";
  watch.Update(Stands(2), 10'000);
  EXPECT_FALSE(watch.MustTell(kEndOfTime, kPatience, 100'000)) << "nothing waits";
  EXPECT_FALSE(watch.MustTell(0, kPatience, 15'000)) << "held back for exactly the patience";
  EXPECT_FALSE(watch.MustTell(12'000, kPatience, 17'000)) << "due for exactly the patience";
  EXPECT_TRUE(watch.MustTell(12'000, kPatience, 17'001));
  EXPECT_FALSE(watch.MustTell(12'000, kPatience, 50'000)) << "it was told";
  watch.Update(Stands(1), 50'000);
  EXPECT_TRUE(watch.MustTell(12'000, kPatience, 60'000)) << "another input";
  watch.Update(Stands(2), 60'000);
  EXPECT_FALSE(watch.MustTell(12'000, kPatience, 90'000));
}

}  // namespace
}  // namespace millrace
