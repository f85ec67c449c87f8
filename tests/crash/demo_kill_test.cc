// A demo that is killed with kill -9 at random moments and started again ends with the very bytes
// of one that nobody touched: features, models, metrics and counts.

#include <signal.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/random.h"
#include "gtest/gtest.h"
#include "tests/app/demo/demo_process.h"

namespace millrace {
namespace {

// Longer than a month of flights takes anywhere; a demo that hangs fails.
constexpr absl::Duration kPatience = absl::Minutes(2);

class DemoKill : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const std::string directory = DemoDirectory("untouched");
    DemoProcess process(directory, {"--speed", "max"});
    EXPECT_TRUE(process.AwaitEnd(kPatience));
    untouched_ = new std::string(DemoReport(process).text());
    EXPECT_FALSE(untouched_->empty());
    Remove(directory);
  }
  static void TearDownTestSuite() { delete untouched_; }

  static void Remove(const std::string& directory) {
    for (const char* suffix : {"", ".out", ".err"}) std::filesystem::remove_all(directory + suffix);
  }

  // Ends the demo `kills` times with `signal` after up to `longest`, then lets it finish.
  void KillAndFinish(const std::string& name, uint64_t seed, int kills, int signal,
                     const std::vector<std::string>& args, absl::Duration longest) {
    Random random(seed);
    const std::string directory = DemoDirectory(name);
    std::vector<std::string> moments;
    int killed = 0;
    for (; killed < kills; ++killed) {
      const absl::Duration moment =
          absl::Milliseconds(random.Between(20, absl::ToInt64Milliseconds(longest)));
      moments.push_back(absl::FormatDuration(moment));
      DemoProcess process(directory, args);
      if (process.AwaitEnd(moment)) {  // it was quicker; the next one starts over
        EXPECT_EQ(DemoReport(process).text(), *untouched_)
            << "finished after " << killed << " kills";
        continue;
      }
      process.End(signal);
    }
    SCOPED_TRACE(absl::StrCat("seed ", seed, ", ended after ", absl::StrJoin(moments, ", ")));
    DemoProcess process(directory, {"--speed", "max"});
    ASSERT_TRUE(process.AwaitEnd(kPatience)) << process.Errors();
    EXPECT_EQ(DemoReport(process).text(), *untouched_);
    if (!HasFailure()) Remove(directory);
  }

  static std::string* untouched_;
};

std::string* DemoKill::untouched_ = nullptr;

TEST_F(DemoKill, AtFullSpeedEndsAsIfItHadNeverBeen) {
  for (const uint64_t seed : {11u, 12u}) {
    KillAndFinish(absl::StrCat("max-", seed), seed, 6, SIGKILL, {"--speed", "max"},
                  absl::Milliseconds(900));
  }
}

TEST_F(DemoKill, AtAPaceEndsAsIfItHadNeverBeen) {
  // Ten event hours a second: the loop is mostly waiting, its commits follow each record.
  KillAndFinish("paced", 21, 6, SIGKILL, {"--speed", "36000"}, absl::Milliseconds(900));
}

TEST_F(DemoKill, WithEverythingCommittedOftenEndsAsIfItHadNeverBeen) {
  // Learners and all shards are stored many times within a run, each at its own moment.
  KillAndFinish("often", 51, 6, SIGKILL, {"--speed", "900000", "--set", "state.commit_every=150ms"},
                absl::Milliseconds(1'500));
}

TEST_F(DemoKill, SoonAfterEachStartEndsAsIfItHadNeverBeen) {
  // In the middle of opening, of shipping what was left, of redoing.
  KillAndFinish("soon", 31, 12, SIGKILL, {"--speed", "max"}, absl::Milliseconds(150));
}

TEST_F(DemoKill, ACtrlCIsResumedAsIfItHadNeverBeen) {
  KillAndFinish("interrupted", 41, 6, SIGINT, {"--speed", "max"}, absl::Milliseconds(600));
}

}  // namespace
}  // namespace millrace
