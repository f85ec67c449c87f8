#include "tests/integration/kafka_broker.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <utility>

#include "gtest/gtest.h"

namespace millrace {
namespace {

std::unique_ptr<KafkaBroker>& SharedBroker() {
  static std::unique_ptr<KafkaBroker> broker;
  return broker;
}

class StopSharedBroker : public ::testing::Environment {
 public:
  void TearDown() override { SharedBroker().reset(); }
};

// gtest_main offers no other place to say this.
[[maybe_unused]] ::testing::Environment* const kStopSharedBroker =
    ::testing::AddGlobalTestEnvironment(new StopSharedBroker);

// The exit status, and what the command printed to stdout and stderr.
std::pair<int, std::string> Run(const std::string& command) {
  FILE* pipe = popen(("{ " + command + "\n} 2>&1").c_str(), "r");
  if (pipe == nullptr) return {-1, "popen failed"};
  std::string output;
  char buffer[4096];
  size_t got = 0;
  while ((got = fread(buffer, 1, sizeof(buffer), pipe)) > 0) output.append(buffer, got);
  const int status = pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output};
}

std::string ScriptLine(const std::string& command, const std::string& directory,
                       const std::vector<std::string>& args) {
  std::string line =
      ShellQuoted(MILLRACE_KAFKA_BROKER_SCRIPT) + " " + command + " " + ShellQuoted(directory);
  for (const std::string& arg : args) line += " " + ShellQuoted(arg);
  return line;
}

}  // namespace

std::string ShellQuoted(const std::string& argument) {
  std::string quoted = "'";
  for (const char c : argument) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string RunCommand(const std::string& command) {
  auto [status, output] = Run(command);
  EXPECT_EQ(status, 0) << command << "\n" << output;
  return output;
}

KafkaBroker& KafkaBroker::Shared() {
  std::unique_ptr<KafkaBroker>& broker = SharedBroker();
  if (broker == nullptr) broker = Start({});
  return *broker;
}

std::unique_ptr<KafkaBroker> KafkaBroker::Start(const std::vector<std::string>& properties) {
  static int started = 0;
  const std::string directory = ::testing::TempDir() + "/millrace-kafka-" +
                                std::to_string(getpid()) + "-" + std::to_string(started++);
  std::filesystem::remove_all(directory);
  setenv("MILLRACE_KAFKA_OWNER", std::to_string(getpid()).c_str(), 1);
  std::unique_ptr<KafkaBroker> broker(new KafkaBroker(directory));
  std::vector<std::string> args = {"0"};
  args.insert(args.end(), properties.begin(), properties.end());
  auto [status, output] = Run(ScriptLine("start", directory, args));
  if (status != 0) {
    fprintf(stderr, "No Kafka broker, so no tests with one:\n%s", output.c_str());
    _exit(1);
  }
  while (!output.empty() && output.back() == '\n') output.pop_back();
  broker->address_ = output;
  return broker;
}

KafkaBroker::~KafkaBroker() {
  // Its data is not wanted any more: no need to let it finish.
  Run(ScriptLine("stop", directory_, {"-9"}));
  if (::testing::UnitTest::GetInstance()->Failed()) {
    fprintf(stderr, "The broker's files stay in %s\n", directory_.c_str());
  } else {
    std::filesystem::remove_all(directory_);
  }
}

int KafkaBroker::ProcessId() const {
  int id = 0;
  std::ifstream(directory_ + "/pid") >> id;
  return id;
}

void KafkaBroker::Kill() { Script("stop", {"-9"}); }

void KafkaBroker::Restart() { Script("start", {"0"}); }

void KafkaBroker::Freeze() { EXPECT_EQ(kill(ProcessId(), SIGSTOP), 0); }

void KafkaBroker::Thaw() { EXPECT_EQ(kill(ProcessId(), SIGCONT), 0); }

std::string KafkaBroker::Script(const std::string& command, const std::vector<std::string>& args,
                                const std::string& input) {
  const std::string line = ScriptLine(command, directory_, args);
  if (input.empty()) return RunCommand(line + " </dev/null");
  return RunCommand("printf %s " + ShellQuoted(input) + " | " + line);
}

std::string KafkaBroker::UniqueTopic() {
  static int count = 0;
  const ::testing::TestInfo* test = ::testing::UnitTest::GetInstance()->current_test_info();
  std::string name = test != nullptr ? test->name() : "topic";
  for (char& c : name) {
    if (c == '/') c = '.';
  }
  return name + "." + std::to_string(count++);
}

}  // namespace millrace
