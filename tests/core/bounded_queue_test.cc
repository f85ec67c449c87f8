#include "core/bounded_queue.h"

#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

TEST(BoundedQueue, IsFirstInFirstOutAroundTheRing) {
  BoundedQueue<int> queue(3);
  int next = 0;
  int expected = 0;
  for (int round = 0; round < 10; ++round) {
    ASSERT_TRUE(queue.Push(next++));
    ASSERT_TRUE(queue.Push(next++));
    EXPECT_EQ(queue.Pop(), expected++);
    EXPECT_EQ(queue.Pop(), expected++);
  }
  EXPECT_EQ(queue.size(), 0u);
  EXPECT_EQ(queue.capacity(), 3u);
}

TEST(BoundedQueue, TryPushRefusesWhenFullAndKeepsTheItem) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  ASSERT_TRUE(queue.TryPush(std::make_unique<int>(1)));
  auto second = std::make_unique<int>(2);
  EXPECT_FALSE(queue.TryPush(std::move(second)));
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(**queue.Pop(), 1);
}

TEST(BoundedQueue, TryPopIsEmptyWhenThereIsNothing) {
  BoundedQueue<int> queue(1);
  EXPECT_EQ(queue.TryPop(), std::nullopt);
  ASSERT_TRUE(queue.Push(7));
  EXPECT_EQ(queue.TryPop(), 7);
}

TEST(BoundedQueue, ClosedQueueRefusesPushesAndStillGivesWhatItHolds) {
  BoundedQueue<int> queue(2);
  ASSERT_TRUE(queue.Push(1));
  queue.Close();
  queue.Close();
  EXPECT_TRUE(queue.closed());
  EXPECT_FALSE(queue.Push(2));
  EXPECT_FALSE(queue.TryPush(3));
  EXPECT_EQ(queue.Pop(), 1);
  EXPECT_EQ(queue.Pop(), std::nullopt);
  EXPECT_EQ(queue.Pop(), std::nullopt);
}

TEST(BoundedQueue, PopAllTakesUpToTheLimitInOrder) {
  BoundedQueue<int> queue(4);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(queue.Push(i));
  std::vector<int> items = {-1};
  EXPECT_EQ(queue.PopAll(3, &items), 3u);
  EXPECT_EQ(items, (std::vector<int>{-1, 0, 1, 2}));
  queue.Close();
  EXPECT_EQ(queue.PopAll(3, &items), 1u);
  EXPECT_EQ(queue.PopAll(3, &items), 0u);
}

TEST(BoundedQueue, PoppedSlotHoldsOnToNothing) {
  auto item = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = item;
  BoundedQueue<std::shared_ptr<int>> queue(2);
  ASSERT_TRUE(queue.Push(std::move(item)));
  queue.Pop();
  EXPECT_TRUE(watch.expired());
}

TEST(BoundedQueue, FullQueueBlocksTheProducerUntilRoom) {
  BoundedQueue<int> queue(1);
  ASSERT_TRUE(queue.Push(1));
  absl::Notification pushed;
  std::thread producer([&] {
    EXPECT_TRUE(queue.Push(2));
    pushed.Notify();
  });
  EXPECT_FALSE(pushed.HasBeenNotified());  // cannot be: nothing has been popped
  EXPECT_EQ(queue.Pop(), 1);
  pushed.WaitForNotification();
  EXPECT_EQ(queue.Pop(), 2);
  producer.join();
}

TEST(BoundedQueue, CloseWakesBlockedProducersAndConsumers) {
  BoundedQueue<int> full(1);
  BoundedQueue<int> empty(1);
  ASSERT_TRUE(full.Push(1));
  std::thread producer([&] { EXPECT_FALSE(full.Push(2)); });
  std::thread consumer([&] { EXPECT_EQ(empty.Pop(), std::nullopt); });
  full.Close();
  empty.Close();
  producer.join();
  consumer.join();
}

TEST(BoundedQueue, DeliversEveryItemOnceBetweenManyThreads) {
  constexpr int kProducers = 4;
  constexpr int kConsumers = 3;
  constexpr int kEach = 5000;
  BoundedQueue<int> queue(8);
  std::vector<std::thread> producers;
  std::vector<std::thread> consumers;
  std::vector<std::vector<int>> seen(kConsumers);
  for (int c = 0; c < kConsumers; ++c) {
    consumers.emplace_back([&, c] {
      while (auto item = queue.Pop()) seen[c].push_back(*item);
    });
  }
  for (int p = 0; p < kProducers; ++p) {
    producers.emplace_back([&, p] {
      for (int i = 0; i < kEach; ++i) ASSERT_TRUE(queue.Push(p * kEach + i));
    });
  }
  for (auto& producer : producers) producer.join();
  queue.Close();
  for (auto& consumer : consumers) consumer.join();
  std::set<int> all;
  for (const auto& items : seen) {
    std::vector<int> last(kProducers, -1);
    for (const int item : items) {
      EXPECT_TRUE(all.insert(item).second);
      EXPECT_GT(item, last[item / kEach]);  // one producer's items stay in order
      last[item / kEach] = item;
    }
  }
  EXPECT_EQ(all.size(), size_t{kProducers * kEach});
}

}  // namespace
}  // namespace millrace
