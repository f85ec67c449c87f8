// The functions and methods of expressions, as a table of overloads. Adding one is a row here, an
// Op of op.h with its case, and a row of docs/expressions.md, whose example is a test.
// Thread-safe: constant data.

#ifndef MILLRACE_STREAM_EXPR_FUNCTIONS_H_
#define MILLRACE_STREAM_EXPR_FUNCTIONS_H_

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/value.h"
#include "stream/expr/op.h"

namespace millrace {

enum class CallStyle : uint8_t { kFunction, kMethod };  // name(a, b), a.name(b)

enum class Arity : uint8_t {
  kFixed,
  kZoned,     // perhaps a time zone, a literal, behind the others
  kVariadic,  // one or more of the first parameter's type
};

// The type of a parameter or result.
enum class Parameter : uint8_t {
  kNone,
  kBool,
  kInt,
  kDouble,
  kString,
  kBytes,
  kTime,
  kSpan,
  kItem,    // a scalar type, one and the same in all of an overload
  kValue,   // any type
  kItems,   // list<kItem>
  kInts,    // list<int>, and so on
  kReals,   // list<double>
  kTexts,   // list<string>
  kSpans,   // list<duration>
  kVector,  // or list<double>
  kMap,     // map<kItem>
};

inline constexpr size_t kMaxParameters = 4;

struct Overload {
  absl::string_view name;
  CallStyle style = CallStyle::kFunction;
  Arity arity = Arity::kFixed;
  std::array<Parameter, kMaxParameters> parameters{};  // kNone from the first that is not there
  Parameter result = Parameter::kNone;
  Op op = Op::kMove;  // kMove: the first argument itself

  size_t parameter_count() const;
};

std::span<const Overload> AllOverloads();

// Names of all functions, or of all methods, macros among them, once each.
std::vector<std::string> FunctionNames(CallStyle style);

// all, exists, exists_one, filter, map.
bool IsMacro(absl::string_view name);
// A function of CEL's math extension that stands here without "math.": its name here; else empty.
absl::string_view MathFunction(absl::string_view name);
// What to say of a name of CEL or of another language that is not one here; else empty.
absl::string_view AdviceFor(absl::string_view name);

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPR_FUNCTIONS_H_
