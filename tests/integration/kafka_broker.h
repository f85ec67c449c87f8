// KafkaBroker: a real Kafka broker of one node for a test binary, on free ports and in a temporary
// directory, run by kafka_broker.sh. Owned by one thread.
//
// A test asks for Shared(): the first one starts the broker (some seconds), and it is stopped, and
// its files removed, after the last test; the files stay when a test failed. When the process dies
// otherwise the broker is killed within a second or two.

#ifndef MILLRACE_TESTS_INTEGRATION_KAFKA_BROKER_H_
#define MILLRACE_TESTS_INTEGRATION_KAFKA_BROKER_H_

#include <memory>
#include <string>
#include <vector>

namespace millrace {

class KafkaBroker {
 public:
  // The broker of this binary. Prints the reason and ends the process when it cannot be started.
  static KafkaBroker& Shared();

  // A broker of one's own, with these broker properties (key=value) on top of the script's.
  static std::unique_ptr<KafkaBroker> Start(const std::vector<std::string>& properties);
  ~KafkaBroker();
  KafkaBroker(const KafkaBroker&) = delete;
  KafkaBroker& operator=(const KafkaBroker&) = delete;

  // HOST:PORT; stays the same across restarts.
  const std::string& address() const { return address_; }

  // kill -9. REQUIRES: it runs.
  void Kill();
  // Starts it again after Kill and waits until it answers.
  void Restart();
  // Stops the process from running, as a stalled machine would, and lets it go on.
  void Freeze();
  void Thaw();

  // kafka_broker.sh COMMAND DIR ARGS… on this broker; returns what it printed. A failure fails the
  // test. `input` is its stdin.
  std::string Script(const std::string& command, const std::vector<std::string>& args = {},
                     const std::string& input = "");

  // A topic name not used before, with the running test's name in it.
  static std::string UniqueTopic();

 private:
  explicit KafkaBroker(std::string directory) : directory_(std::move(directory)) {}
  int ProcessId() const;

  const std::string directory_;
  std::string address_;
};

// Runs a command line of the shell; returns what it printed. A failure fails the test.
std::string RunCommand(const std::string& command);

// The argument as one word of the shell.
std::string ShellQuoted(const std::string& argument);

}  // namespace millrace

#endif  // MILLRACE_TESTS_INTEGRATION_KAFKA_BROKER_H_
