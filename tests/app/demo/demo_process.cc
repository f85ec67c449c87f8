#include "tests/app/demo/demo_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

std::string ReadWhole(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// In the child: a file in place of one of the standard streams.
void Redirect(const std::string& path, int fd) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (file < 0 || dup2(file, fd) < 0) _exit(126);
}

}  // namespace

DemoProcess::DemoProcess(const std::string& directory, const std::vector<std::string>& args,
                         const std::string& name)
    : output_file_(absl::StrCat(directory, name, ".out")),
      errors_file_(absl::StrCat(directory, name, ".err")) {
  std::vector<std::string> words = {MILLRACE_BINARY, "demo",   "flights", "-C", directory,
                                    "--exit",        "--json", "--month", "1"};
  words.insert(words.end(), args.begin(), args.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  process_ = fork();
  if (process_ == 0) {
    Redirect(output_file_, STDOUT_FILENO);
    Redirect(errors_file_, STDERR_FILENO);
    execv(argv[0], argv.data());
    _exit(127);
  }
  // Readable once the process has ended.
  process_fd_ = static_cast<int>(syscall(SYS_pidfd_open, process_, 0));
  EXPECT_GE(process_fd_, 0);
}

DemoProcess::~DemoProcess() {
  if (!status_) End(SIGKILL);
  close(process_fd_);
}

bool DemoProcess::AwaitEnd(absl::Duration timeout) {
  if (status_) return true;
  pollfd wait = {process_fd_, POLLIN, 0};
  if (poll(&wait, 1, static_cast<int>(absl::ToInt64Milliseconds(timeout))) != 1) return false;
  ExitCode();
  return true;
}

void DemoProcess::End(int signal) {
  if (!status_) kill(process_, signal);
  ExitCode();
}

int DemoProcess::ExitCode() {
  if (!status_) {
    int status = 0;
    EXPECT_EQ(waitpid(process_, &status, 0), process_);
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  return *status_;
}

std::string DemoProcess::Output() const { return ReadWhole(output_file_); }
std::string DemoProcess::Errors() const { return ReadWhole(errors_file_); }

DemoReport::DemoReport(DemoProcess& process) {
  const int code = process.ExitCode();
  EXPECT_EQ(code, 0) << process.Errors();
  if (code != 0) return;
  const std::string output = process.Output();
  absl::StatusOr<JsonValue> json = ParseJson(output);
  EXPECT_TRUE(json.ok()) << json.status() << "\n" << output;
  if (!json.ok()) return;
  json_ = *std::move(json);
  text_ = output.substr(0, output.find(",\"seconds\":"));
}

int64_t DemoReport::Count(const std::string& name) const {
  const JsonValue* value = json_.Find(name);
  EXPECT_TRUE(value != nullptr && value->kind() == JsonKind::kInt) << name;
  return value != nullptr && value->kind() == JsonKind::kInt ? value->int_value() : 0;
}

double DemoReport::Metric(const std::string& learner, const std::string& name) const {
  const JsonValue* value = json_.Find("learners");
  if (value != nullptr) value = value->Find(learner);
  if (value != nullptr) value = value->Find(name);
  EXPECT_TRUE(value != nullptr && value->kind() == JsonKind::kDouble) << learner << "." << name;
  return value != nullptr && value->kind() == JsonKind::kDouble ? value->double_value() : 0;
}

std::string DemoReport::digest() const {
  const JsonValue* value = json_.Find("digest");
  EXPECT_TRUE(value != nullptr && value->kind() == JsonKind::kString);
  return value != nullptr && value->kind() == JsonKind::kString ? std::string(value->string_value())
                                                                : "";
}

std::string DemoDirectory(const std::string& name) {
  const std::string directory =
      absl::StrCat(::testing::TempDir(), "/millrace-demo-", name, "-", getpid());
  std::filesystem::remove_all(directory);
  return directory;
}

}  // namespace millrace
