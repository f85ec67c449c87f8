// A type of values as sentences say it. Pure function; thread-safe.

#ifndef MILLRACE_CORE_TYPE_WORDS_H_
#define MILLRACE_CORE_TYPE_WORDS_H_

#include <string>

#include "core/value.h"

namespace millrace {

// "an int", "a list<int>", "bytes".
std::string AValueType(const ValueType& type);

}  // namespace millrace

#endif  // MILLRACE_CORE_TYPE_WORDS_H_
