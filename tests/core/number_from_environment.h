// Numbers that a run of a test is given by the environment: seeds and sizes of property tests.

#ifndef MILLRACE_TESTS_CORE_NUMBER_FROM_ENVIRONMENT_H_
#define MILLRACE_TESTS_CORE_NUMBER_FROM_ENVIRONMENT_H_

#include <cstdint>
#include <cstdlib>

#include "absl/strings/numbers.h"
#include "gtest/gtest.h"

namespace millrace {

// `otherwise` where the variable is not set; what is no number fails the test.
inline int64_t NumberFromEnvironment(const char* name, int64_t otherwise) {
  const char* text = std::getenv(name);
  int64_t value = otherwise;
  if (text != nullptr && !absl::SimpleAtoi(text, &value)) ADD_FAILURE() << name;
  return value;
}

}  // namespace millrace

#endif  // MILLRACE_TESTS_CORE_NUMBER_FROM_ENVIRONMENT_H_
