#include "tests/contract/state_store_contract.h"

#include <atomic>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/coding.h"
#include "core/random.h"
#include "gmock/gmock.h"

namespace millrace {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::Lt;
using ::testing::Pair;

std::string Str(absl::string_view view) { return std::string(view.data(), view.size()); }

std::vector<std::pair<std::string, std::string>> ScanAll(const StateStore& store,
                                                         const std::string& from,
                                                         const std::string& to) {
  std::vector<std::pair<std::string, std::string>> rows;
  EXPECT_TRUE(store
                  .Scan(from, to,
                        [&](absl::string_view key, absl::string_view value) {
                          rows.emplace_back(Str(key), Str(value));
                          return true;
                        })
                  .ok());
  return rows;
}

TEST_P(StateStoreContract, AbsentKeysAreNotFound) {
  std::string value = "untouched";
  EXPECT_TRUE(absl::IsNotFound(store().Get("absent", &value)));
  const auto values = store().MultiGet({"absent"});
  ASSERT_TRUE(values.ok());
  EXPECT_THAT(*values, ElementsAre(std::nullopt));
}

TEST_P(StateStoreContract, KeepsAnyBytes) {
  const std::string key("\0\xff\n key", 7), empty;
  StateBatch batch;
  batch.Put(key, std::string("\0v\0", 3));
  batch.Put("empty", empty);
  ASSERT_TRUE(store().Commit(batch).ok());
  for (int reopened = 0; reopened < 2; ++reopened) {
    std::string value;
    ASSERT_TRUE(store().Get(key, &value).ok());
    EXPECT_EQ(value, std::string("\0v\0", 3));
    ASSERT_TRUE(store().Get("empty", &value).ok());
    EXPECT_EQ(value, "");
    subject_->Reopen();
  }
}

TEST_P(StateStoreContract, TellsAboutHowManyBytesRangesTake) {
  EXPECT_EQ(store().ApproximateBytes(std::vector<StateRange>{{"a", "z"}}), 0u);
  Random random(7);
  StateBatch batch;
  constexpr size_t kRows = 1'000, kBytes = 100;
  for (size_t i = 0; i < kRows; ++i) {
    std::string value;
    while (value.size() < kBytes) PutBig64(&value, random.Bits());
    batch.Put(absl::StrCat(i % 2 == 0 ? "a" : "c", i), value);
  }
  ASSERT_TRUE(store().Commit(batch).ok());
  const auto bytes = [this](std::vector<StateRange> ranges) {
    return static_cast<double>(store().ApproximateBytes(ranges)) / (kRows * kBytes);
  };
  // In write buffers the number of keys is an estimate, too, within a small factor.
  EXPECT_THAT(bytes({{"a", "b"}, {"c", "d"}}), AllOf(Gt(0.25), Lt(4.0)));
  EXPECT_THAT(bytes({{"a", "b"}}), AllOf(Gt(0.125), Lt(2.0)));
  EXPECT_EQ(bytes({{"x", "y"}}), 0.0);
}

TEST_P(StateStoreContract, LaterChangesOfABatchWin) {
  StateBatch batch;
  batch.Put("a", "1");
  batch.Put("a", "2");
  batch.Put("b", "1");
  batch.Delete("b");
  batch.Delete("c");
  batch.Put("c", "1");
  ASSERT_TRUE(store().Commit(batch).ok());
  EXPECT_THAT(ScanAll(store(), "a", "z"), ElementsAre(Pair("a", "2"), Pair("c", "1")));
}

TEST_P(StateStoreContract, MultiGetKeepsOrderAndRepeats) {
  StateBatch batch;
  batch.Put("a", "1");
  batch.Put("b", "2");
  ASSERT_TRUE(store().Commit(batch).ok());
  const auto values = store().MultiGet({"b", "x", "a", "b"});
  ASSERT_TRUE(values.ok());
  EXPECT_THAT(*values, ElementsAre("2", std::nullopt, "1", "2"));
}

TEST_P(StateStoreContract, ScansHalfOpenRangesBytewiseUntilTold) {
  StateBatch batch;
  for (const char* key : {"a", "ab", "b", "\x7f", "\x80", "\xff"}) batch.Put(key, key);
  ASSERT_TRUE(store().Commit(batch).ok());
  EXPECT_THAT(ScanAll(store(), "a", "b"), ElementsAre(Pair("a", "a"), Pair("ab", "ab")));
  EXPECT_THAT(ScanAll(store(), "b", "\xff"),
              ElementsAre(Pair("b", "b"), Pair("\x7f", "\x7f"), Pair("\x80", "\x80")));
  EXPECT_THAT(ScanAll(store(), "c", "c"), ElementsAre());
  int visited = 0;
  ASSERT_TRUE(
      store()
          .Scan("a", "\xff", [&](absl::string_view, absl::string_view) { return ++visited < 2; })
          .ok());
  EXPECT_EQ(visited, 2);
}

TEST_P(StateStoreContract, AgreesWithAMapOverReopenings) {
  const uint64_t seed = 12;
  SCOPED_TRACE(seed);
  Random random(seed);
  std::map<std::string, std::string> model;
  for (int round = 0; round < 30; ++round) {
    StateBatch batch;
    for (int i = 0; i < 50; ++i) {
      const std::string key = absl::StrCat("key", random.Below(200));
      if (random.Chance(0.3)) {
        batch.Delete(key);
        model.erase(key);
      } else {
        const std::string value(random.Below(2000), static_cast<char>('a' + random.Below(26)));
        batch.Put(key, value);
        model[key] = value;
      }
    }
    ASSERT_TRUE(store().Commit(batch).ok());
    if (round % 10 == 5) subject_->Reopen();
    const auto rows = ScanAll(store(), "k", "l");
    ASSERT_EQ((std::map<std::string, std::string>(rows.begin(), rows.end())), model);
  }
}

TEST_P(StateStoreContract, ReadersSeeWholeBatches) {
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop.load()) {
      std::vector<std::string> seen;
      EXPECT_TRUE(store()
                      .Scan("pair", "pais",
                            [&](absl::string_view, absl::string_view value) {
                              seen.push_back(Str(value));
                              return true;
                            })
                      .ok());
      for (const std::string& value : seen) EXPECT_EQ(value, seen[0]);
    }
  });
  for (int i = 0; i < 300; ++i) {
    StateBatch batch;
    for (int k = 0; k < 5; ++k) batch.Put(absl::StrCat("pair", k), absl::StrCat(i));
    EXPECT_TRUE(store().Commit(batch).ok());
  }
  stop = true;
  reader.join();
}

}  // namespace
}  // namespace millrace
