// SourceTree: the repository's C++ files as the architecture tests see them: paths relative to the
// root, text with and without comments and literals, includes with their lines. Immutable after
// Read, so thread-safe.

#ifndef MILLRACE_TESTS_ARCHITECTURE_SOURCE_TREE_H_
#define MILLRACE_TESTS_ARCHITECTURE_SOURCE_TREE_H_

#include <map>
#include <string>
#include <vector>

namespace millrace::architecture {

struct Include {
  int line = 0;
  std::string target;  // as written, without quotes or brackets
  bool quoted = false;
};

struct SourceFile {
  std::string path;  // "stream/kafka/kafka_log.cc"
  std::string text;
  std::vector<Include> includes;

  bool IsHeader() const;
  // First path component: "stream", "tests", …
  std::string Module() const;
  // True for "stream/kafka/x.cc" and "stream/kafka/"; also for "tests/stream/kafka/x.cc" when
  // asked of "tests/stream/kafka/".
  bool IsUnder(const std::string& folder) const;
};

// Replaces comments, and string and character literals if asked, by spaces; lines stay where they
// are. Knows raw strings, escapes and digit separators.
enum class Literals { kKeep, kBlank };
std::string WithoutComments(const std::string& text, Literals literals);

// The #include lines of a file, outside comments.
std::vector<Include> IncludesOf(const std::string& text);

// The line of a position in a text, from 1.
int LineAt(const std::string& text, size_t position);

struct SourceTree {
  std::map<std::string, SourceFile> files;         // by path: .h, .cc
  std::map<std::string, std::string> cmake_lists;  // by path: every CMakeLists.txt

  // Reads the folders that hold our code below `root`; build products and data are not among them.
  static SourceTree Read(const std::string& root);
};

}  // namespace millrace::architecture

#endif  // MILLRACE_TESTS_ARCHITECTURE_SOURCE_TREE_H_
