// How often operator new was called. Linking millrace_allocation_count replaces the process's
// operator new and delete, in all their forms, by malloc and free that count.

#ifndef MILLRACE_TESTS_CORE_ALLOCATION_COUNT_H_
#define MILLRACE_TESTS_CORE_ALLOCATION_COUNT_H_

#include <cstdint>

namespace millrace {

// Calls by all threads since the process began. Thread-safe.
int64_t AllocationCount();

}  // namespace millrace

#endif  // MILLRACE_TESTS_CORE_ALLOCATION_COUNT_H_
