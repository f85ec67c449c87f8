// What the embedded log acknowledged survives kill -9, exactly once and in order, over and over on
// the same directory and while buffers are flushed and files compacted.

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "stream/embedded/embedded_log.h"

namespace millrace {
namespace {

constexpr int kRounds = 10;
constexpr int kThreads = 4;
constexpr int32_t kPartitions = 3;
constexpr char kTopic[] = "sequences";

// What a thread of the child tells through the pipe: all its numbers below `next` are acknowledged.
struct Acknowledged {
  int32_t thread;
  int32_t next;
};

EmbeddedLogOptions Options(const std::string& path) {
  // Small buffers, so that the child dies in flushes and compactions too.
  return {.path = path, .write_buffer_bytes = 128 << 10};
}

// Appends "round:thread:number:padding" with dense numbers until killed. A thread keeps to one
// partition, so that the order of its numbers is that of the partition.
void AppendForever(Log& log, int pipe_fd, int round, int thread) {
  std::mt19937 random(static_cast<uint32_t>(round * kThreads + thread));
  const std::string padding(100, 'x');
  for (int next = 0;;) {
    const int count = std::uniform_int_distribution<int>(1, 20)(random);
    std::vector<std::string> values;
    for (int i = 0; i < count; ++i) {
      values.push_back(absl::StrCat(round, ":", thread, ":", next + i, ":", padding));
    }
    std::vector<AppendRecord> records;
    for (const std::string& value : values) {
      records.push_back({.topic = kTopic, .partition = thread % kPartitions, .value = value});
    }
    if (!log.Append(records).ok()) _exit(2);
    next += count;
    const Acknowledged ack{thread, next};
    // Shorter than PIPE_BUF: written whole.
    if (write(pipe_fd, &ack, sizeof(ack)) != sizeof(ack)) _exit(3);
  }
}

[[noreturn]] void RunChild(const std::string& path, int pipe_fd, int round) {
  auto log = EmbeddedLog::Open(Options(path));
  if (!log.ok() || !(*log)->CreateTopic(kTopic, {.partitions = kPartitions}).ok()) _exit(1);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] { AppendForever(**log, pipe_fd, round, t); });
  }
  for (std::thread& thread : threads) thread.join();
  _exit(4);
}

// Runs a child, kills it after `kill_after` acknowledgements and returns what each of its threads
// had acknowledged.
std::array<int, kThreads> KillAfter(const std::string& path, int round, int kill_after) {
  std::array<int, kThreads> acknowledged{};
  int fds[2];
  EXPECT_EQ(pipe(fds), 0);
  const pid_t child = fork();
  if (child == 0) {
    close(fds[0]);
    RunChild(path, fds[1], round);
  }
  close(fds[1]);
  Acknowledged ack;
  for (int count = 0; read(fds[0], &ack, sizeof(ack)) == sizeof(ack);) {
    acknowledged[static_cast<size_t>(ack.thread)] = ack.next;
    // Those still in the pipe were acknowledged too: read on until it closes.
    if (++count == kill_after) kill(child, SIGKILL);
  }
  close(fds[0]);
  int how = 0;
  EXPECT_EQ(waitpid(child, &how, 0), child);
  EXPECT_TRUE(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL) << "the child ended by itself: " << how;
  return acknowledged;
}

// Expects the numbers of each round and thread to be stored dense, in order and once, and at least
// those that were acknowledged.
void Verify(const std::string& path, const std::vector<std::array<int, kThreads>>& acknowledged) {
  auto log = EmbeddedLog::Open(Options(path));
  ASSERT_TRUE(log.ok()) << log.status();
  std::vector<std::array<int, kThreads>> stored(acknowledged.size());
  for (int32_t partition = 0; partition < kPartitions; ++partition) {
    const auto range = (*log)->Offsets({kTopic, partition});
    ASSERT_TRUE(range.ok()) << range.status();
    auto reader = (*log)->OpenReader({{{kTopic, partition}, 0}});
    ASSERT_TRUE(reader.ok()) << reader.status();
    for (int64_t offset = 0; offset < range->end;) {
      RecordBatch batch;
      const auto read = (*reader)->Read(0, 1 << 20, &batch);
      ASSERT_TRUE(read.ok() && *read > 0) << read.status();
      for (const Record& record : batch.records()) {
        ASSERT_EQ(record.offset, offset++);
        const std::vector<std::string> parts = absl::StrSplit(*record.value, ':');
        int round = 0, thread = 0, number = 0;
        ASSERT_TRUE(absl::SimpleAtoi(parts[0], &round) && absl::SimpleAtoi(parts[1], &thread) &&
                    absl::SimpleAtoi(parts[2], &number));
        int& next = stored[static_cast<size_t>(round)][static_cast<size_t>(thread)];
        ASSERT_EQ(number, next) << "round " << round << " thread " << thread;
        next = number + 1;
      }
    }
  }
  for (size_t r = 0; r < stored.size(); ++r) {
    for (size_t t = 0; t < kThreads; ++t) {
      EXPECT_GE(stored[r][t], acknowledged[r][t]) << "round " << r << " thread " << t;
    }
  }
}

// Verifies in a process of its own: RocksDB's threads would not survive into a forked child, so
// the process that forks must never open a log.
bool VerifyInChild(const std::string& path,
                   const std::vector<std::array<int, kThreads>>& acknowledged) {
  const pid_t child = fork();
  if (child == 0) {
    Verify(path, acknowledged);
    _exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int how = -1;
  return waitpid(child, &how, 0) == child && WIFEXITED(how) && WEXITSTATUS(how) == 0;
}

TEST(EmbeddedLogKill, LosesAndDoublesNothingThatWasAcknowledged) {
  const uint32_t seed = 20130101;
  RecordProperty("seed", absl::StrCat(seed));
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  const std::string path = absl::StrCat(::testing::TempDir(), "/embedded_kill.", getpid());
  std::vector<std::array<int, kThreads>> acknowledged;
  for (int round = 0; round < kRounds; ++round) {
    const int kill_after = std::uniform_int_distribution<int>(1, 3000)(random);
    acknowledged.push_back(KillAfter(path, round, kill_after));
    EXPECT_TRUE(VerifyInChild(path, acknowledged)) << "round " << round << ", see above";
    if (HasFailure()) break;
  }
  std::filesystem::remove_all(path);
}

}  // namespace
}  // namespace millrace
