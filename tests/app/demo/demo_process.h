// DemoProcess: the real millrace binary running `demo flights`, as its users run it, in a directory
// of its own. Owned by one thread. A process that still runs is killed by the destructor.

#ifndef MILLRACE_TESTS_APP_DEMO_DEMO_PROCESS_H_
#define MILLRACE_TESTS_APP_DEMO_DEMO_PROCESS_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "stream/decode/json_document.h"

namespace millrace {

class DemoProcess {
 public:
  // Starts `millrace demo flights -C directory --exit --json --month 1 ARGS…`. What it prints goes
  // to files beside `directory` with `name` in theirs: another for each of several processes.
  DemoProcess(const std::string& directory, const std::vector<std::string>& args,
              const std::string& name = "");
  ~DemoProcess();
  DemoProcess(const DemoProcess&) = delete;
  DemoProcess& operator=(const DemoProcess&) = delete;

  // True when it ended by itself within this time.
  bool AwaitEnd(absl::Duration timeout);
  // Sends the signal and waits for the end.
  void End(int signal);
  // Blocks until it ends. The exit code, or -1 when a signal ended it.
  int ExitCode();
  // What it has printed so far.
  std::string Output() const;
  std::string Errors() const;

 private:
  const std::string output_file_;
  const std::string errors_file_;
  pid_t process_ = -1;
  int process_fd_ = -1;
  std::optional<int> status_;
};

// What a finished demo reports (its JSON), checked to be there.
class DemoReport {
 public:
  // Fails the test, and all values are 0, when the process did not end well.
  explicit DemoReport(DemoProcess& process);

  int64_t Count(const std::string& name) const;
  double Metric(const std::string& learner, const std::string& name) const;
  std::string digest() const;
  // Everything but how long it took: equal for equal runs.
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  JsonValue json_;
};

// A directory for one run of the demo under ::testing::TempDir(), not there yet.
std::string DemoDirectory(const std::string& name);

}  // namespace millrace

#endif  // MILLRACE_TESTS_APP_DEMO_DEMO_PROCESS_H_
