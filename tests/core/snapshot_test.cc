#include "core/snapshot.h"

#include <atomic>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace millrace {
namespace {

TEST(Snapshot, IsNullUntilTheFirstPublish) {
  Snapshot<int> snapshot;
  EXPECT_EQ(snapshot.Read(), nullptr);
  snapshot.Publish(std::make_shared<const int>(1));
  EXPECT_EQ(*snapshot.Read(), 1);
  const Snapshot<int> initial(std::make_shared<const int>(2));
  EXPECT_EQ(*initial.Read(), 2);
}

TEST(Snapshot, ReadersKeepTheValueTheyTook) {
  auto first = std::make_shared<const int>(1);
  const std::weak_ptr<const int> watch = first;
  Snapshot<int> snapshot(std::move(first));
  auto held = snapshot.Read();
  snapshot.Publish(std::make_shared<const int>(2));
  EXPECT_EQ(*held, 1);
  EXPECT_EQ(*snapshot.Read(), 2);
  EXPECT_FALSE(watch.expired());
  held.reset();
  EXPECT_TRUE(watch.expired());  // the last reader frees it
}

// Both halves of a value are written before it is published: a reader that saw a mix of two values,
// or an older one after a newer, would fail.
TEST(Snapshot, ReadersSeeWholeValuesInPublishedOrder) {
  struct Pair {
    int64_t a;
    int64_t b;
  };
  constexpr int64_t kLast = 20000;
  Snapshot<Pair> snapshot(std::make_shared<const Pair>(Pair{0, 0}));
  std::atomic<int> failures{0};
  std::vector<std::thread> readers;
  for (int r = 0; r < 3; ++r) {
    readers.emplace_back([&] {
      int64_t previous = 0;
      while (previous < kLast) {
        const auto pair = snapshot.Read();
        if (pair->a != pair->b || pair->a < previous) ++failures;
        previous = pair->a;
      }
    });
  }
  for (int64_t i = 1; i <= kLast; ++i) snapshot.Publish(std::make_shared<const Pair>(Pair{i, i}));
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(failures, 0);
}

}  // namespace
}  // namespace millrace
