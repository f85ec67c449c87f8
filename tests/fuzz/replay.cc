// What runs a target among the tests, where there is no libFuzzer:
//
//   TARGET RUNS PATH…
//
// gives it every file below the paths, then RUNS mutations of them, the words of the *.dict files
// among the changes. The mutations follow from the seed that is printed; SEED=N repeats them. An
// input that stops the process is left in TARGET.failing-input.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "core/random.h"
#include "tests/fuzz/mutation.h"
#include "tests/fuzz/target.h"

namespace millrace {
namespace {

// For the handler of signals, which can be given nothing.
absl::string_view current_input;
std::string failing_path;

extern "C" void LeaveInput(int signal) {
  const int file = open(failing_path.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0644);
  if (file >= 0 && write(file, current_input.data(), current_input.size()) >= 0) {
    constexpr absl::string_view kNote = "the input is in the working directory: *.failing-input\n";
    (void)!write(STDERR_FILENO, kNote.data(), kNote.size());
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

std::string Contents(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

struct Counts {
  uint64_t accepted = 0;
  uint64_t refused = 0;
};

void Run(const std::string& input, Counts* counts) {
  // Without the zero that ends a string, or the room behind it.
  const std::vector<char> exact(input.begin(), input.end());
  current_input = {exact.data(), exact.size()};
  ++(FuzzTarget(current_input) == Verdict::kAccepted ? counts->accepted : counts->refused);
}

int Replay(const std::string& name, uint64_t runs, uint64_t seed,
           const std::vector<std::filesystem::path>& files) {
  std::vector<std::string> inputs, words;
  for (const std::filesystem::path& file : files) {
    if (file.extension() == ".dict") {
      words = DictionaryWords(Contents(file));
    } else {
      inputs.push_back(Contents(file));
    }
  }
  if (inputs.empty()) {
    std::fprintf(stderr, "%s: no inputs\n", name.c_str());
    return EXIT_FAILURE;
  }
  std::printf("%s: %zu inputs, %llu mutations, seed %llu\n", name.c_str(), inputs.size(),
              static_cast<unsigned long long>(runs), static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  Counts counts;
  for (const std::string& input : inputs) Run(input, &counts);
  Random random(seed);
  Mutation mutation(inputs, words, &random);
  for (uint64_t i = 0; i < runs; ++i) Run(mutation.Next(), &counts);
  std::printf("%s: %llu accepted, %llu refused\n", name.c_str(),
              static_cast<unsigned long long>(counts.accepted),
              static_cast<unsigned long long>(counts.refused));
  return counts.accepted > 0 && counts.refused > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

std::vector<std::filesystem::path> FilesBelow(const std::vector<std::string>& paths) {
  std::vector<std::filesystem::path> files;
  for (const std::string& path : paths) {
    if (std::filesystem::is_regular_file(path)) files.emplace_back(path);
    if (!std::filesystem::is_directory(path)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) {
  const std::string name = std::filesystem::path(argv[0]).filename().string();
  uint64_t runs = 0, seed = 1;
  const char* const given_seed = std::getenv("SEED");
  if (argc < 3 || !absl::SimpleAtoi(argv[1], &runs) ||
      (given_seed != nullptr && !absl::SimpleAtoi(given_seed, &seed))) {
    std::fprintf(stderr, "usage: [SEED=N] %s RUNS PATH...\n", name.c_str());
    return 64;
  }
  millrace::failing_path = name + ".failing-input";
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
    std::signal(signal, millrace::LeaveInput);
  }
  return millrace::Replay(name, runs, seed, millrace::FilesBelow({argv + 2, argv + argc}));
}
