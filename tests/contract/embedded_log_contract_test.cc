// The log contract on the embedded log, in both durabilities and with a tail too small to help.

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "stream/embedded/embedded_log.h"
#include "tests/contract/log_contract.h"

namespace millrace {
namespace {

class EmbeddedLogUnderTest final : public LogUnderTest {
 public:
  explicit EmbeddedLogUnderTest(EmbeddedLogOptions options) : options_(std::move(options)) {
    static std::atomic<int> count{0};
    options_.path = absl::StrCat(::testing::TempDir(), "/embedded_contract.", getpid(), ".",
                                 count.fetch_add(1));
    options_.max_record_bytes = 2 << 20;
    Open();
  }
  ~EmbeddedLogUnderTest() override {
    log_.reset();
    std::filesystem::remove_all(options_.path);
  }

  Log& log() override { return *log_; }
  void Reopen() override {
    log_.reset();
    Open();
  }
  std::string UniqueTopic() override { return absl::StrCat("topic-", ++topics_); }
  size_t accepted_record_bytes() const override { return 1 << 20; }
  size_t refused_record_bytes() const override { return (2 << 20) + 1; }

 private:
  void Open() {
    auto log = EmbeddedLog::Open(options_);
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
  }

  EmbeddedLogOptions options_;
  std::unique_ptr<EmbeddedLog> log_;
  int topics_ = 0;
};

LogCase Case(std::string name, EmbeddedLogOptions options) {
  return {std::move(name), [options] { return std::make_unique<EmbeddedLogUnderTest>(options); }};
}

INSTANTIATE_TEST_SUITE_P(Embedded, LogContract,
                         ::testing::Values(Case("process", {.durability = Durability::kProcess}),
                                           Case("powerLoss",
                                                {.durability = Durability::kPowerLoss}),
                                           Case("withoutTail", {.tail_bytes = 0})),
                         LogCaseName());

}  // namespace
}  // namespace millrace
