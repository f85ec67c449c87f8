#include "tests/architecture/source_tree.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

namespace millrace::architecture {
namespace {

const char* const kFolders[] = {"core", "schemas", "stream", "featurestore", "learners", "serving",
                                "app",  "tests",   "bench",  "clients",      "demos"};

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// Overwrites [begin, end) with spaces, keeping line ends.
void Blank(std::string* text, size_t begin, size_t end) {
  for (size_t i = begin; i < std::min(end, text->size()); ++i) {
    if ((*text)[i] != '\n') (*text)[i] = ' ';
  }
}

// The position after the literal that opens with `quote` at `begin`.
size_t EndOfLiteral(const std::string& text, size_t begin, char quote) {
  for (size_t i = begin + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == quote || text[i] == '\n') {
      return i + 1;
    }
  }
  return text.size();
}

// The position after the raw string whose quote is at `begin`: R"delimiter( … )delimiter".
size_t EndOfRawString(const std::string& text, size_t begin) {
  const size_t open = text.find('(', begin);
  if (open == std::string::npos) return text.size();
  const std::string close = ")" + text.substr(begin + 1, open - begin - 1) + "\"";
  const size_t end = text.find(close, open);
  return end == std::string::npos ? text.size() : end + close.size();
}

}  // namespace

bool SourceFile::IsHeader() const { return path.ends_with(".h"); }

std::string SourceFile::Module() const { return path.substr(0, path.find('/')); }

bool SourceFile::IsUnder(const std::string& folder) const { return path.starts_with(folder); }

std::string WithoutComments(const std::string& text, Literals literals) {
  std::string out = text;
  size_t i = 0;
  while (i < text.size()) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    size_t end = i + 1;
    if (c == '/' && next == '/') {
      end = std::min(text.find('\n', i), text.size());
      Blank(&out, i, end);
    } else if (c == '/' && next == '*') {
      const size_t close = text.find("*/", i + 2);
      end = close == std::string::npos ? text.size() : close + 2;
      Blank(&out, i, end);
    } else if (c == '"') {
      const bool raw = i > 0 && text[i - 1] == 'R';
      end = raw ? EndOfRawString(text, i) : EndOfLiteral(text, i, '"');
      if (literals == Literals::kBlank) Blank(&out, i + 1, end - 1);
    } else if (c == '\'' &&
               (i == 0 || std::isxdigit(static_cast<unsigned char>(text[i - 1])) == 0)) {
      end = EndOfLiteral(text, i, '\'');  // after a digit it is a separator: 1'000
      if (literals == Literals::kBlank) Blank(&out, i + 1, end - 1);
    }
    i = end;
  }
  return out;
}

std::vector<Include> IncludesOf(const std::string& text) {
  static const std::regex kInclude(R"(^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"])");
  std::istringstream lines(WithoutComments(text, Literals::kKeep));
  std::vector<Include> includes;
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    std::smatch match;
    if (std::regex_search(line, match, kInclude)) {
      includes.push_back({number, match[2].str(), match[1].str() == "\""});
    }
  }
  return includes;
}

int LineAt(const std::string& text, size_t position) {
  return 1 + static_cast<int>(std::count(
                 text.begin(), text.begin() + static_cast<std::ptrdiff_t>(position), '\n'));
}

SourceTree SourceTree::Read(const std::string& root) {
  namespace fs = std::filesystem;
  SourceTree tree;
  const fs::path base(root);
  for (const char* folder : kFolders) {
    if (!fs::exists(base / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(base / folder)) {
      if (!entry.is_regular_file()) continue;
      const std::string path = entry.path().lexically_relative(base).generic_string();
      if (path.ends_with("/CMakeLists.txt")) {
        tree.cmake_lists[path] = ReadFile(entry.path());
      } else if (path.ends_with(".h") || path.ends_with(".cc")) {
        SourceFile file;
        file.path = path;
        file.text = ReadFile(entry.path());
        file.includes = IncludesOf(file.text);
        tree.files[path] = std::move(file);
      }
    }
  }
  return tree;
}

}  // namespace millrace::architecture
