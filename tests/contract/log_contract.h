// The contract of stream/log.h as a test suite. Every implementation of Log runs it:
//
//   INSTANTIATE_TEST_SUITE_P(Embedded, LogContract, ::testing::Values(LogCase{"embedded", Make}),
//                            LogCaseName());
//
// in a test target that links millrace_log_contract, whose log_*_contract.cc are the tests. Each
// test makes its own LogUnderTest and its own topics, so a slow service (a broker) may be shared by
// all of them.

#ifndef MILLRACE_TESTS_CONTRACT_LOG_CONTRACT_H_
#define MILLRACE_TESTS_CONTRACT_LOG_CONTRACT_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "stream/log.h"

namespace millrace {

// One log as a test sees it. Owned by one thread; log() is as thread-safe as any Log.
class LogUnderTest {
 public:
  virtual ~LogUnderTest() = default;

  // Valid until Reopen or destruction.
  virtual Log& log() = 0;
  // Closes the log (its readers are gone by then) and opens it again on what it stored.
  virtual void Reopen() = 0;
  // A topic name that nobody used before.
  virtual std::string UniqueTopic() = 0;
  // Records of this many bytes of value, and no less than 1 MiB, are accepted …
  virtual size_t accepted_record_bytes() const = 0;
  // … and of this many are refused.
  virtual size_t refused_record_bytes() const = 0;
  // How long a correct log may take to deliver what was appended, on a busy machine.
  virtual absl::Duration patience() const { return absl::Seconds(60); }
};

struct LogCase {
  std::string name;  // letters and digits
  std::function<std::unique_ptr<LogUnderTest>()> make;
};

struct LogCaseName {
  std::string operator()(const ::testing::TestParamInfo<LogCase>& info) const {
    return info.param.name;
  }
};

class LogContract : public ::testing::TestWithParam<LogCase> {
 protected:
  void SetUp() override { subject_ = GetParam().make(); }

  Log& log() { return subject_->log(); }
  // A new topic; fails the test when it cannot be created.
  std::string NewTopic(const TopicOptions& options = {}) {
    std::string topic = subject_->UniqueTopic();
    const absl::Status created = log().CreateTopic(topic, options);
    EXPECT_TRUE(created.ok()) << created;
    return topic;
  }

  std::unique_ptr<LogUnderTest> subject_;
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_CONTRACT_LOG_CONTRACT_H_
