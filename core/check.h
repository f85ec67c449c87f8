// CHECK(condition): stops the process when an invariant of ours is broken. Never for bad input:
// that is data, and is counted and answered (STYLE.md, Errors).

#ifndef MILLRACE_CORE_CHECK_H_
#define MILLRACE_CORE_CHECK_H_

namespace millrace {

// Prints the place and the condition to stderr and aborts.
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition);

}  // namespace millrace

#define CHECK(condition)                                       \
  do {                                                         \
    if (!(condition)) {                                        \
      ::millrace::CheckFailed(__FILE__, __LINE__, #condition); \
    }                                                          \
  } while (false)

#endif  // MILLRACE_CORE_CHECK_H_
