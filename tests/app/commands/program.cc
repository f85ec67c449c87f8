#include "tests/app/commands/program.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

extern char** environ;

namespace millrace {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// Names files and directories of this process apart.
int NextNumber() {
  static std::atomic<int> number{0};
  return number.fetch_add(1);
}

}  // namespace

ProgramDirectory::ProgramDirectory()
    : path_(absl::StrCat(testing::TempDir(), "/millrace-cli-", getpid(), "-", NextNumber())) {
  std::filesystem::remove_all(path_);
  std::filesystem::create_directories(path_);
}

ProgramDirectory::~ProgramDirectory() {
  std::error_code error;  // what is left is only rubbish in a temporary directory
  std::filesystem::remove_all(path_, error);
}

void ProgramDirectory::Write(const std::string& name, const std::string& text) const {
  std::ofstream(absl::StrCat(path_, "/", name), std::ios::binary) << text;
}

std::string ProgramDirectory::Read(const std::string& name) const {
  return ReadFile(absl::StrCat(path_, "/", name));
}

bool ProgramDirectory::Has(const std::string& name) const {
  return std::filesystem::exists(absl::StrCat(path_, "/", name));
}

RunningProgram::RunningProgram(const ProgramDirectory& directory,
                               const std::vector<std::string>& arguments,
                               const std::string& input) {
  const std::string stem = absl::StrCat(directory.path(), "/.run-", NextNumber());
  out_path_ = stem + ".out";
  const std::string in_path = stem + ".in";
  std::ofstream(in_path, std::ios::binary) << input;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, in_path.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, out_path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                   0600);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
  std::vector<std::string> words = {MILLRACE_PROGRAM, "-C", directory.path()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  if (posix_spawn(&pid_, MILLRACE_PROGRAM, &actions, nullptr, argv.data(), environ) != 0) pid_ = -1;
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  err_ = ends[0];
}

RunningProgram::~RunningProgram() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    Wait();
  }
}

std::string RunningProgram::AwaitLine(const std::string& text) {
  char byte;
  std::string line;
  for (;;) {
    const ssize_t count = read(err_, &byte, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return "";
    err_text_.push_back(byte);
    if (byte != '\n') {
      line.push_back(byte);
    } else if (line.find(text) != std::string::npos) {
      return line;
    } else {
      line.clear();
    }
  }
}

void RunningProgram::Signal(int number) const {
  if (pid_ > 0) kill(pid_, number);
}

ProgramResult RunningProgram::Wait() {
  ProgramResult result;
  if (pid_ <= 0) return result;
  AwaitLine("\n");  // no line holds that: reads to the end
  close(err_);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.out = ReadFile(out_path_);
  result.err = err_text_;
  return result;
}

ProgramResult RunProgram(const ProgramDirectory& directory,
                         const std::vector<std::string>& arguments, const std::string& input) {
  return RunningProgram(directory, arguments, input).Wait();
}

ServerProgram::ServerProgram(const ProgramDirectory& directory)
    : program_(directory,
               {"serve", "--set", "server.http=127.0.0.1:0", "--set", "server.grpc=127.0.0.1:0"}) {
  const std::string mark = "http port ";
  const std::string line = program_.AwaitLine(mark);
  if (line.empty()) return;
  const size_t begin = line.find(mark) + mark.size();
  url_ = absl::StrCat("http://127.0.0.1:", line.substr(begin, line.find(',', begin) - begin));
}

ProgramResult ServerProgram::Stop() {
  program_.Signal(SIGTERM);
  return program_.Wait();
}

}  // namespace millrace
