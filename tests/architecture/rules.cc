#include "tests/architecture/rules.h"

#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace millrace::architecture {
namespace {

const std::map<std::string, std::set<std::string>>& AllowedModules() {
  static const std::map<std::string, std::set<std::string>> kAllowed = {
      {"schemas", {"schemas"}},
      {"core", {"core", "schemas"}},
      {"stream", {"stream", "core", "schemas"}},
      {"featurestore", {"featurestore", "stream", "core", "schemas"}},
      {"learners", {"learners", "core", "schemas"}},
      {"serving", {"serving", "featurestore", "stream", "learners", "core", "schemas"}},
      {"app", {"app", "serving", "featurestore", "stream", "learners", "core", "schemas"}},
  };
  return kAllowed;
}

struct Fence {
  std::string name;
  std::vector<std::string> includes;  // prefixes or suffixes (starting with '.')
  std::vector<std::string> folders;
};

const std::vector<Fence>& Fences() {
  static const std::vector<Fence> kFences = {
      {"librdkafka", {"librdkafka/"}, {"stream/kafka/"}},
      {"RocksDB", {"rocksdb/"}, {"featurestore/rocks/", "stream/embedded/"}},
      {"simdjson", {"simdjson"}, {"stream/decode/"}},
      {"Protobuf's descriptors",
       {"google/protobuf/descriptor", "google/protobuf/dynamic_message",
        "google/protobuf/compiler/"},
       {"stream/decode/"}},
      {"gRPC", {"grpc/", "grpc++/", "grpcpp/", ".grpc.pb.h"}, {"serving/grpc/"}},
      {"Boost", {"boost/"}, {"serving/http/"}},
      {"Eigen", {"Eigen/", "eigen3/"}, {"learners/"}},
      {"yaml-cpp", {"yaml-cpp/"}, {"app/config/"}},
      {"CLI11", {"CLI/"}, {"app/"}},
      {"libcurl", {"curl/"}, {"app/commands/"}},
  };
  return kFences;
}

bool IsProduct(const SourceFile& file) { return AllowedModules().contains(file.Module()); }

bool Matches(const Fence& fence, const std::string& target) {
  for (const std::string& pattern : fence.includes) {
    if (pattern[0] == '.' ? target.ends_with(pattern) : target.starts_with(pattern)) return true;
  }
  return false;
}

bool IsInside(const Fence& fence, const SourceFile& file) {
  for (const std::string& folder : fence.folders) {
    if (file.IsUnder(folder)) return true;
  }
  return false;
}

std::string At(const SourceFile& file, int line, const std::string& message) {
  return file.path + ":" + std::to_string(line) + ": " + message;
}

// How a header reaches a third party: the chain of includes below it, or empty.
std::string ChainTo(const Fence& fence, const SourceTree& tree, const SourceFile& file,
                    std::set<std::string>* visited) {
  for (const Include& include : file.includes) {
    if (Matches(fence, include.target)) return include.target;
    const auto next = tree.files.find(include.target);
    if (next == tree.files.end() || !visited->insert(include.target).second) continue;
    const std::string rest = ChainTo(fence, tree, next->second, visited);
    if (!rest.empty()) return include.target + " -> " + rest;
  }
  return "";
}

struct Forbidden {
  std::regex pattern;
  std::string advice;
};

const std::vector<Forbidden>& ForbiddenClocks() {
  // Member calls (clock.Now(), clock_->SleepFor(…)) are the port and stay allowed.
  static const std::vector<Forbidden> kForbidden = [] {
    const std::string clock = "take a Clock& (core/clock.h)";
    const std::string seeded = "take a seeded Random (core/random.h)";
    const struct {
      const char* pattern;
      const std::string& advice;
    } kPatterns[] = {
        {R"(\b(system_clock|steady_clock|high_resolution_clock|utc_clock)\b)", clock},
        {R"((^|[^.>\w:])(absl::|std::)?(Now|GetCurrentTimeNanos)\s*\()", clock},
        {R"(\babsl::(Now|GetCurrentTimeNanos|SleepFor)\b)", clock},
        {R"((^|[^.>\w])(std::|::)?(time|gettimeofday|clock_gettime|clock|gpr_now)\s*\(\s*(\)|NULL\b|nullptr\b|0\s*\)|&|CLOCK_|GPR_CLOCK))",
         clock},
        {R"(\b(sleep_for|sleep_until|usleep|nanosleep|clock_nanosleep)\b)", clock},
        {R"((^|[^.>\w])(::)?sleep\s*\()", clock},
        {R"(\b(random_device|default_random_engine|BitGen|InsecureBitGen)\b)", seeded},
        {R"((^|[^.>\w])(std::|::)?(rand|srand|srandom|drand48|lrand48|arc4random)\s*\()", seeded},
    };
    std::vector<Forbidden> compiled;
    for (const auto& p : kPatterns) compiled.push_back({std::regex(p.pattern), p.advice});
    return compiled;
  }();
  return kForbidden;
}

// The words of a CMake file outside comments.
std::set<std::string> CMakeWords(const std::string& text) {
  static const std::regex kComment("#[^\n]*");
  static const std::regex kSeparators("[()\"\\s]+");
  const std::string code = std::regex_replace(text, kComment, "");
  std::set<std::string> words;
  for (std::sregex_token_iterator it(code.begin(), code.end(), kSeparators, -1), end; it != end;
       ++it) {
    words.insert(it->str());
  }
  return words;
}

}  // namespace

std::vector<std::string> LayerViolations(const SourceTree& tree) {
  std::vector<std::string> violations;
  for (const auto& [path, file] : tree.files) {
    if (!IsProduct(file)) continue;
    const auto& allowed = AllowedModules().at(file.Module());
    for (const Include& include : file.includes) {
      const std::string module = include.target.substr(0, include.target.find('/'));
      const bool ours = AllowedModules().contains(module) || module == "tests" ||
                        module == "bench" || module == "demos";
      if (include.quoted && include.target.find('/') != std::string::npos && ours &&
          !allowed.contains(module)) {
        violations.push_back(
            At(file, include.line, file.Module() + " may not include " + include.target));
      }
    }
  }
  return violations;
}

std::vector<std::string> FenceViolations(const SourceTree& tree) {
  std::vector<std::string> violations;
  for (const auto& [path, file] : tree.files) {
    if (!IsProduct(file)) continue;
    for (const Fence& fence : Fences()) {
      if (IsInside(fence, file)) continue;
      for (const Include& include : file.includes) {
        if (Matches(fence, include.target)) {
          violations.push_back(
              At(file, include.line,
                 include.target + " is " + fence.name + ", fenced in " + fence.folders[0]));
          continue;
        }
        const auto next = tree.files.find(include.target);
        if (!file.IsHeader() || next == tree.files.end()) continue;
        std::set<std::string> visited = {path, include.target};
        const std::string chain = ChainTo(fence, tree, next->second, &visited);
        if (!chain.empty()) {
          violations.push_back(At(
              file, include.line,
              "this header reaches " + fence.name + " through " + include.target + " -> " + chain));
        }
      }
    }
  }
  return violations;
}

std::vector<std::string> IncludePathViolations(const SourceTree& tree) {
  std::vector<std::string> violations;
  for (const auto& [path, file] : tree.files) {
    const std::string folder = path.substr(0, path.rfind('/') + 1);
    for (const Include& include : file.includes) {
      const std::string& target = include.target;
      const std::string module = target.substr(0, target.find('/'));
      if (tree.files.contains(target)) {
        if (!include.quoted) violations.push_back(At(file, include.line, target + " in quotes"));
      } else if (tree.files.contains(folder + target) || target.starts_with("../")) {
        violations.push_back(
            At(file, include.line, target + ": include our files by their full path"));
      } else if (include.quoted && target.find('/') != std::string::npos &&
                 (AllowedModules().contains(module) || module == "tests") &&
                 !target.ends_with(".pb.h")) {
        violations.push_back(At(file, include.line, target + " does not exist"));
      }
    }
  }
  return violations;
}

std::vector<std::string> ClockViolations(const SourceTree& tree) {
  std::vector<std::string> violations;
  for (const auto& [path, file] : tree.files) {
    if (path == "core/clock.cc" || path == "core/random.h" || file.Module() == "bench") continue;
    std::istringstream lines(WithoutComments(file.text, Literals::kBlank));
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
      for (const Forbidden& forbidden : ForbiddenClocks()) {
        std::smatch match;
        // A declaration or definition of the port itself ("absl::Time Now() override") is a use
        // of the word, not of the clock.
        if (std::regex_search(line, match, forbidden.pattern) &&
            !std::regex_search(line, std::regex(R"(\babsl::Time\s+(\w+::)?Now\(\))"))) {
          violations.push_back(At(file, number, match.str() + ": " + forbidden.advice));
          break;
        }
      }
    }
  }
  return violations;
}

std::vector<std::string> UnlistedSources(const SourceTree& tree) {
  std::map<std::string, std::set<std::string>> words;
  for (const auto& [path, text] : tree.cmake_lists) words[path] = CMakeWords(text);
  std::vector<std::string> violations;
  for (const auto& [path, file] : tree.files) {
    if (file.IsHeader()) continue;
    bool listed = false;
    for (size_t slash = path.rfind('/'); slash != std::string::npos && !listed;
         slash = slash == 0 ? std::string::npos : path.rfind('/', slash - 1)) {
      const auto list = words.find(path.substr(0, slash + 1) + "CMakeLists.txt");
      if (list == words.end()) continue;
      const std::string relative = path.substr(slash + 1);
      listed = list->second.contains(relative) ||
               list->second.contains("${CMAKE_CURRENT_SOURCE_DIR}/" + relative) ||
               list->second.contains("${CMAKE_SOURCE_DIR}/" + path);
    }
    if (!listed) violations.push_back(At(file, 1, "not listed in a CMakeLists.txt"));
  }
  return violations;
}

std::vector<std::string> NameViolations(const SourceTree& tree) {
  static const std::regex kVague(R"((^|_)(utils?|helpers?|common|misc|managers?)($|_))");
  std::vector<std::string> violations;
  for (const auto& [path, file] : tree.files) {
    std::istringstream parts(path.substr(0, path.rfind('.')));
    std::string part;
    while (std::getline(parts, part, '/')) {
      if (std::regex_search(part, kVague)) {
        violations.push_back(At(file, 1, "\"" + part + "\" names no concept"));
      }
    }
  }
  return violations;
}

std::vector<std::string> UndocumentedMetrics(const SourceTree& tree,
                                             const std::string& metrics_page) {
  static const std::regex kName(R"re("(millrace_[a-z0-9_]+)")re");
  static const std::regex kDocumented(R"(millrace_[a-z0-9_]+)");
  std::set<std::string> documented;
  for (std::sregex_iterator it(metrics_page.begin(), metrics_page.end(), kDocumented), end;
       it != end; ++it) {
    documented.insert(it->str());
  }
  std::vector<std::string> violations;
  for (const auto& [path, file] : tree.files) {
    if (!IsProduct(file)) continue;
    const std::string code = WithoutComments(file.text, Literals::kKeep);
    for (std::sregex_iterator it(code.begin(), code.end(), kName), end; it != end; ++it) {
      const std::string name = (*it)[1].str();
      if (!documented.contains(name)) {
        violations.push_back(At(file, LineAt(code, static_cast<size_t>(it->position())),
                                name + " is not in docs/reference/metrics.md"));
      }
    }
  }
  return violations;
}

}  // namespace millrace::architecture
