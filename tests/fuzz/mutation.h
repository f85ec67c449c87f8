// Mutation: inputs like known ones, but changed: bytes set, inserted, cut out and repeated, words
// of a dictionary, numbers for numbers, the tail of another input. Thread-compatible.

#ifndef MILLRACE_TESTS_FUZZ_MUTATION_H_
#define MILLRACE_TESTS_FUZZ_MUTATION_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/random.h"

namespace millrace {

// The words of a dictionary of libFuzzer: lines of name="text" or "text", with \\, \" and \xAB;
// others are comments.
std::vector<std::string> DictionaryWords(absl::string_view dictionary);

class Mutation {
 public:
  // The arguments outlive this. REQUIRES: there are inputs.
  Mutation(const std::vector<std::string>& inputs, const std::vector<std::string>& words,
           Random* random)
      : inputs_(inputs), words_(words), random_(*random) {}

  // One of the inputs after one to four changes.
  std::string Next();

 private:
  void Change(std::string* bytes);
  char AnyByte();
  const std::string& AnyOf(const std::vector<std::string>& texts) {
    return texts[random_.Below(texts.size())];
  }

  const std::vector<std::string>& inputs_;
  const std::vector<std::string>& words_;
  Random& random_;
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_FUZZ_MUTATION_H_
