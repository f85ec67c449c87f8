// Both state stores against their contract, and what only the durable one promises.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/coding.h"
#include "featurestore/memory_state_store.h"
#include "featurestore/rocks/rocks_state_store.h"
#include "tests/contract/state_store_contract.h"
#include "tests/core/lock_holder_process.h"

namespace millrace {
namespace {

std::string FreshPath() {
  static std::atomic<int> next{0};
  const std::string path =
      absl::StrCat(::testing::TempDir(), "/state_", getpid(), "_", next.fetch_add(1));
  std::filesystem::remove_all(path);
  return path;
}

class MemoryUnderTest final : public StateStoreUnderTest {
 public:
  StateStore& store() override { return store_; }
  void Reopen() override {}

 private:
  MemoryStateStore store_;
};

class RocksUnderTest final : public StateStoreUnderTest {
 public:
  explicit RocksUnderTest(StateDurability durability) : options_{FreshPath(), durability, 8 << 20} {
    Reopen();
  }
  ~RocksUnderTest() override {
    store_.reset();
    std::filesystem::remove_all(options_.path);
  }
  StateStore& store() override { return *store_; }
  void Reopen() override {
    store_.reset();
    auto store = OpenRocksStateStore(options_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

 private:
  RocksStateOptions options_;
  std::unique_ptr<StateStore> store_;
};

INSTANTIATE_TEST_SUITE_P(
    Stores, StateStoreContract,
    ::testing::Values(
        StateStoreCase{"Memory", [] { return std::make_unique<MemoryUnderTest>(); }},
        StateStoreCase{"Rocks",
                       [] { return std::make_unique<RocksUnderTest>(StateDurability::kProcess); }},
        StateStoreCase{
            "RocksPowerLoss",
            [] { return std::make_unique<RocksUnderTest>(StateDurability::kPowerLoss); }}),
    StateStoreCaseName());

TEST(RocksStateStore, PathInUseIsRefused) {
  const std::string path = FreshPath();
  auto first = OpenRocksStateStore({.path = path});
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = OpenRocksStateStore({.path = path});
  EXPECT_TRUE(absl::IsAborted(second.status())) << second.status();
  first->reset();
  EXPECT_TRUE(OpenRocksStateStore({.path = path}).ok());
  std::filesystem::remove_all(path);
}

TEST(RocksStateStore, PathInUseIsRefusedWithTheHoldersNumber) {
  const std::string path = FreshPath();
  ASSERT_TRUE(OpenRocksStateStore({.path = path}).ok());
  const LockHolderProcess holder(path + "/LOCK");
  const absl::Status refused = OpenRocksStateStore({.path = path}).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(refused.message(),
            absl::StrCat("the state in ", path, " is in use by another process (pid ", holder.pid(),
                         ")"));
  std::filesystem::remove_all(path);
}

TEST(RocksStateStore, KilledProcessLosesNoCommitAndTearsNone) {
  for (int round = 0; round < 5; ++round) {
    const std::string path = FreshPath();
    int acknowledged[2];
    ASSERT_EQ(pipe(acknowledged), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {  // commits numbers, says so after each, until it is killed
      auto store = OpenRocksStateStore({.path = path, .memory_bytes = 8 << 20});
      if (!store.ok()) _exit(1);
      for (uint32_t i = 1;; ++i) {
        StateBatch batch;
        for (const char* key : {"a", "b", "c"}) {
          std::string value;
          PutBig32(&value, i);
          value.append(1000, 'x');
          batch.Put(key, value);
        }
        if (!(*store)->Commit(batch).ok()) _exit(2);
        if (write(acknowledged[1], &i, sizeof(i)) != sizeof(i)) _exit(3);
      }
    }
    close(acknowledged[1]);
    uint32_t last = 0, i = 0;
    while (last < 300u + 100u * static_cast<uint32_t>(round) &&
           read(acknowledged[0], &i, sizeof(i)) == sizeof(i)) {
      last = i;
    }
    ASSERT_GE(last, 300u) << "the child ended early";
    kill(child, SIGKILL);
    int status;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    while (read(acknowledged[0], &i, sizeof(i)) == sizeof(i)) last = i;
    close(acknowledged[0]);

    auto store = OpenRocksStateStore({.path = path});
    ASSERT_TRUE(store.ok()) << store.status();
    uint32_t seen[3];
    for (int k = 0; k < 3; ++k) {
      std::string value;
      ASSERT_TRUE((*store)->Get(std::string(1, static_cast<char>('a' + k)), &value).ok());
      absl::string_view in = value;
      ASSERT_TRUE(GetBig32(&in, &seen[k]));
    }
    EXPECT_GE(seen[0], last) << "an acknowledged commit is lost";
    EXPECT_EQ(seen[0], seen[1]);
    EXPECT_EQ(seen[0], seen[2]);
    store->reset();
    std::filesystem::remove_all(path);
  }
}

TEST(RocksStateStore, DamagedFilesAreDetected) {
  const std::string path = FreshPath();
  {
    auto store = OpenRocksStateStore({.path = path});
    ASSERT_TRUE(store.ok());
    StateBatch batch;
    batch.Put("key", std::string(5000, 'v'));
    ASSERT_TRUE((*store)->Commit(batch).ok());
  }
  // The current manifest's name is lost.
  std::filesystem::resize_file(path + "/CURRENT", 0);
  const auto damaged = OpenRocksStateStore({.path = path});
  EXPECT_TRUE(absl::IsDataLoss(damaged.status())) << damaged.status();
  std::filesystem::remove_all(path);
}

}  // namespace
}  // namespace millrace
