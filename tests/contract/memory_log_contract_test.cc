// The log contract on the log in memory. It keeps what was appended as long as the object, so
// reopening it is keeping it.

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "stream/memory_log.h"
#include "tests/contract/log_contract.h"

namespace millrace {
namespace {

class MemoryLogUnderTest final : public LogUnderTest {
 public:
  Log& log() override { return log_; }
  void Reopen() override {}
  std::string UniqueTopic() override { return absl::StrCat("topic-", ++topics_); }
  size_t accepted_record_bytes() const override { return 1 << 20; }
  size_t refused_record_bytes() const override { return (2 << 20) + 1; }

 private:
  MemoryLog log_{{.max_record_bytes = 2 << 20}};
  int topics_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Memory, LogContract,
                         ::testing::Values(LogCase{
                             "memory", [] { return std::make_unique<MemoryLogUnderTest>(); }}),
                         LogCaseName());

}  // namespace
}  // namespace millrace
