// Random expressions over scalars: each tree knows its text and finds its own value over optional
// values, apart from stream/expr, slow and obvious. An independent reference.

#ifndef MILLRACE_TESTS_STREAM_EXPR_SCALAR_TREES_H_
#define MILLRACE_TESTS_STREAM_EXPR_SCALAR_TREES_H_

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "stream/expr/expression.h"

namespace millrace {

struct Millis {  // a duration
  int64_t ms;
};
struct Moment {  // a timestamp
  int64_t ms;
};
using Maybe = std::variant<std::monostate, bool, int64_t, double, std::string, Millis, Moment>;

// As expressions know it. A string's views those of `v`.
Value ToValue(const Maybe& v);

// A tree that knows its text and how to find its value.
struct ScalarTree {
  std::string text;
  bool atom = true;  // needs no parentheses
  std::function<Maybe(const std::vector<Maybe>&)> value;
};

// Makes trees and the fields they read. Owned by one thread.
class ScalarMaker {
 public:
  explicit ScalarMaker(uint64_t seed) : random_(seed) {}

  // Two fields of each type, the second often null.
  Scope MakeScope() const;
  std::vector<Maybe> MakeFields();

  Type AnyType();
  ScalarTree Make(Type type, int depth);

 private:
  bool Chance(int percent) { return random_() % 100 < static_cast<uint64_t>(percent); }
  int64_t AnyInt();
  Maybe MakeValue(Type type);

  ScalarTree Leaf(Type type);
  ScalarTree Infix(char op, const ScalarTree& a, const ScalarTree& b, Type result);
  ScalarTree Number(Type type, const std::string& ops, int depth);
  ScalarTree Civil(int depth);
  ScalarTree FromInt(int depth);
  ScalarTree Bool(int depth);
  ScalarTree Conditional(Type type, int depth);
  ScalarTree Coalesce(Type type, int depth);

  std::mt19937_64 random_;
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_STREAM_EXPR_SCALAR_TREES_H_
