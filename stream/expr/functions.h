// The functions and methods of expressions, as a table of overloads. Adding one is a row here, an
// Op of program.h with its case in operations.cc, a row of the test table, and one of
// docs/expressions.md. Thread-safe: constant data.

#ifndef MILLRACE_STREAM_EXPR_FUNCTIONS_H_
#define MILLRACE_STREAM_EXPR_FUNCTIONS_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/value.h"
#include "stream/expr/program.h"

namespace millrace {

enum class CallStyle : uint8_t {
  kFunction,  // name(a, b)
  kMethod,    // a.name(b)
  kCivil,     // name(a) or name(a, zone literal)
  kVariadic,  // name(a, b, …): as many arguments of one type as wanted
};

struct Overload {
  absl::string_view name;
  CallStyle style = CallStyle::kFunction;
  Type parameter = Type::kNull;  // of every argument; kNull: of any one type
  int arity = 1;                 // kVariadic: the least number
  Type result = Type::kNull;     // kNull: that of the arguments
  Op op = Op::kMove;             // kMove: the first argument itself
};

std::span<const Overload> AllOverloads();

// Names of all functions, or of all methods, once each.
std::vector<std::string> FunctionNames(bool methods);

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPR_FUNCTIONS_H_
