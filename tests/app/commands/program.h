// Program: the real millrace, run as its users run it. Its directory is fresh for each test.

#ifndef MILLRACE_TESTS_APP_COMMANDS_PROGRAM_H_
#define MILLRACE_TESTS_APP_COMMANDS_PROGRAM_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

namespace millrace {

struct ProgramResult {
  int code = -1;  // of the exit; 128 + number of the signal that ended it
  std::string out;
  std::string err;
};

// A directory of its own, removed at the end.
class ProgramDirectory {
 public:
  ProgramDirectory();
  ~ProgramDirectory();
  ProgramDirectory(const ProgramDirectory&) = delete;
  ProgramDirectory& operator=(const ProgramDirectory&) = delete;

  const std::string& path() const { return path_; }
  void Write(const std::string& name, const std::string& text) const;
  std::string Read(const std::string& name) const;
  bool Has(const std::string& name) const;

 private:
  std::string path_;
};

// A running millrace with its directory as -C. Killed, if it still runs, when destroyed.
class RunningProgram {
 public:
  RunningProgram(const ProgramDirectory& directory, const std::vector<std::string>& arguments,
                 const std::string& input = "");
  ~RunningProgram();
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  // Reads standard error up to the first line that holds `text`, which it returns; empty when the
  // program ends before.
  std::string AwaitLine(const std::string& text);
  void Signal(int number) const;
  ProgramResult Wait();

 private:
  pid_t pid_ = -1;
  int err_ = -1;
  std::string out_path_;
  std::string err_text_;
};

ProgramResult RunProgram(const ProgramDirectory& directory,
                         const std::vector<std::string>& arguments, const std::string& input = "");

// `millrace serve` on free ports, until destroyed.
class ServerProgram {
 public:
  explicit ServerProgram(const ProgramDirectory& directory);
  // "http://127.0.0.1:41234"; empty when it did not start.
  const std::string& url() const { return url_; }
  // Ends it as SIGTERM does.
  ProgramResult Stop();

 private:
  RunningProgram program_;
  std::string url_;
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_APP_COMMANDS_PROGRAM_H_
