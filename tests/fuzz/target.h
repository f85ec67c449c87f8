// The port between a fuzz target and what feeds it: libFuzzer (`./dev fuzz`, entry in libfuzzer.cc)
// or the replay of known and mutated inputs among the tests (replay.cc). A target is one .cc file
// that defines FuzzTarget for one parser, decoder or codec.

#ifndef MILLRACE_TESTS_FUZZ_TARGET_H_
#define MILLRACE_TESTS_FUZZ_TARGET_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace millrace {

// What the code under test said of an input. A replay that meets only one of them fails: then the
// inputs have lost touch with the code.
enum class Verdict : uint8_t { kAccepted, kRefused };

// Gives the input to the code under test and CHECKs what must hold of the outcome. Any input is
// answered; equal inputs equally. The bytes end where the view does, so that the address sanitizer
// sees reads beyond. Called from one thread.
Verdict FuzzTarget(absl::string_view input);

}  // namespace millrace

#endif  // MILLRACE_TESTS_FUZZ_TARGET_H_
