#include "learners/encode/category_table.h"

#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/random.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

TEST(CategoryTable, NumbersKeysInOrderOfFirstSight) {
  CategoryTable table(100, 0);
  EXPECT_EQ(table.Find("a"), CategoryTable::kNone);
  EXPECT_EQ(table.Add("a"), 0u);
  EXPECT_EQ(table.Add("b"), 1u);
  EXPECT_EQ(table.Add("a"), 0u);
  EXPECT_EQ(table.Add(""), 2u);
  EXPECT_EQ(table.Find("b"), 1u);
  EXPECT_EQ(table.key(1), "b");
  EXPECT_EQ(table.size(), 3u);
}

TEST(CategoryTable, AgreesWithAMapOnRandomKeys) {
  constexpr uint64_t kSeed = 42;
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  Random random(kSeed);
  CategoryTable table(1 << 16, 0);
  std::map<std::string, uint32_t> model;
  for (int i = 0; i < 50'000; ++i) {
    const std::string key = absl::StrCat("key ", random.Below(20'000));
    const auto it = model.find(key);
    ASSERT_EQ(table.Find(key), it == model.end() ? CategoryTable::kNone : it->second);
    const uint32_t number = model.try_emplace(key, model.size()).first->second;
    ASSERT_EQ(table.Add(key), number);
  }
  EXPECT_EQ(table.size(), model.size());
}

TEST(CategoryTable, RefusesNewKeysWhenFullAndNothingIsShared) {
  CategoryTable table(2, 0);
  table.Add("a");
  EXPECT_FALSE(table.full());
  table.Add("b");
  EXPECT_TRUE(table.full());
  EXPECT_EQ(table.Add("c"), CategoryTable::kNone);
  EXPECT_EQ(table.Add("a"), 0u);
  EXPECT_EQ(table.size(), 2u);
}

TEST(CategoryTable, SharesABoundedNumberWhenFull) {
  CategoryTable table(2, 8);
  table.Add("a");
  table.Add("b");
  std::set<uint32_t> shared;
  for (int i = 0; i < 1000; ++i) {
    const std::string key = absl::StrCat("late ", i);
    const uint32_t number = table.Add(key);
    EXPECT_GE(number, 2u);
    EXPECT_EQ(table.Find(key), number);
    shared.insert(number);
  }
  EXPECT_EQ(shared.size(), 8u);
  EXPECT_EQ(table.size(), 10u);
  EXPECT_EQ(table.Find("a"), 0u);
}

TEST(CategoryTable, RoundTrips) {
  CategoryTable table(3, 4);
  for (int i = 0; i < 20; ++i) table.Add(absl::StrCat("key ", i));
  std::string bytes;
  table.Save(&bytes);
  const std::string followed = bytes + "rest";
  absl::string_view in = followed;
  CategoryTable loaded(1, 0);
  ASSERT_TRUE(CategoryTable::Load(&in, &loaded));
  EXPECT_EQ(in, "rest");
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(loaded.Find(absl::StrCat("key ", i)), table.Find(absl::StrCat("key ", i)));
  }
  std::string again;
  loaded.Save(&again);
  EXPECT_EQ(again, bytes);
}

TEST(CategoryTable, RefusesBytesThatAreCutShortOrHoldAKeyTwice) {
  CategoryTable table(3, 0);
  table.Add("one");
  table.Add("two");
  std::string bytes;
  table.Save(&bytes);
  for (size_t size = 0; size < bytes.size(); ++size) {
    absl::string_view in = absl::string_view(bytes).substr(0, size);
    CategoryTable loaded(1, 0);
    EXPECT_FALSE(CategoryTable::Load(&in, &loaded)) << size;
  }
  bytes.replace(bytes.find("two"), 3, "one");
  absl::string_view in = bytes;
  CategoryTable loaded(1, 0);
  EXPECT_FALSE(CategoryTable::Load(&in, &loaded));
}

}  // namespace
}  // namespace millrace
