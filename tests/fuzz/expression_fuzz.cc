// Expressions: any text is an error with a place, or an expression that gives a value of its type
// for any fields, again and again the same.

#include <string>
#include <vector>

#include "core/check.h"
#include "core/collection.h"
#include "stream/expr/expression.h"
#include "stream/expr/utf8.h"
#include "tests/fuzz/target.h"

namespace millrace {
namespace {

const Scope& Fields() {
  static const auto& fields = *new Scope{{"n", Type::kInt},
                                         {"x", Type::kDouble},
                                         {"s", Type::kString},
                                         {"b", Type::kBool},
                                         {"at", Type::kTimestamp},
                                         {"d", Type::kDuration},
                                         {"l", {Type::kList, Type::kInt}},
                                         {"t", {Type::kList, Type::kString}},
                                         {"m", {Type::kMap, Type::kInt}},
                                         {"v", {Type::kVector, Type::kDouble, 2}}};
  return fields;
}

std::vector<OwnedValue> MakeValues() {
  ListBuilder numbers, texts;
  for (const int64_t i : {3, -1, 7}) numbers.Add(Value::Int(i));
  texts.Add(Value::String("a"));
  texts.Add(Value::Null());
  MapBuilder map;
  map.Add("k", Value::Int(5));
  std::string bytes;
  const double components[] = {3, 4};
  std::vector<OwnedValue> values;
  for (const Value& value :
       {Value::Int(2), Value::Double(1.5), Value::String("promo\u00e9"), Value::Bool(true),
        Value::Timestamp(1'357'034'400'000), Value::Duration(90'000), numbers.value(),
        texts.value(), map.Finish(), MakeVector(components, &bytes)}) {
    values.emplace_back(value);
  }
  return values;
}

void CheckResult(const Expression& expression, const std::vector<Value>& fields) {
  static auto& scratch = *new std::string;
  std::string other;
  const OwnedValue first(expression.Evaluate(fields, &scratch));
  CHECK(expression.Evaluate(fields, &other) == first.view());
  const Value value = first.view();
  if (value.is_null()) return;
  CHECK(value.type() == expression.type());
  if (value.type() == Type::kString) {
    CHECK(ValidUtf8Prefix(value.string_value()) == value.string_value().size());
  }
  CHECK(!IsCollection(value.type()) || IsWellFormed(value));
}

}  // namespace

Verdict FuzzTarget(absl::string_view input) {
  static const auto& values = *new std::vector<OwnedValue>(MakeValues());
  TextRange where = {-1, -1};
  const auto expression = Expression::Compile(input, Fields(), &where);
  if (!expression.ok()) {
    CHECK(absl::IsInvalidArgument(expression.status()));
    CHECK(!expression.status().message().empty());
    CHECK(where.begin >= 0 && where.begin <= where.end);
    CHECK(where.end <= static_cast<int>(input.size()));
    return Verdict::kRefused;
  }
  // All fields given, every second one, the others, none.
  for (const unsigned missing : {0u, 0x155u, 0x2aau, 0x3ffu}) {
    std::vector<Value> fields(values.size());
    for (size_t i = 0; i < values.size(); ++i) {
      if ((missing >> i & 1) == 0) fields[i] = values[i].view();
    }
    CheckResult(**expression, fields);
  }
  return Verdict::kAccepted;
}

}  // namespace millrace
