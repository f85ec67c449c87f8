// CEL's own cases. Every one either gives what CEL gives, or null where CEL has an error, or is
// refused when it is compiled, or is in a list of differences with its reason.

#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "stream/expr/expression.h"
#include "tests/stream/expr/conformance/value_text.h"

namespace millrace {
namespace {

struct Case {
  std::string name;
  std::string expression;
  std::string fields;
  std::string expected;
};

std::string UnescapeExpression(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out.push_back(text[i]);
      continue;
    }
    if (text[++i] != 'x') {
      out.push_back(text[i]);
      continue;
    }
    out.push_back(static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16)));
    i += 2;
  }
  return out;
}

std::vector<Case> ReadCases() {
  std::ifstream file(MILLRACE_SOURCE_DIR "/tests/stream/expr/conformance/cases.tsv");
  std::vector<Case> cases;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const std::vector<std::string> columns = absl::StrSplit(line, '\t');
    if (columns.size() != 4) {
      ADD_FAILURE() << "not four columns: " << line;
      continue;
    }
    cases.push_back({columns[0], UnescapeExpression(columns[1]), columns[2], columns[3]});
  }
  return cases;
}

struct Fields {
  Scope scope;
  std::vector<OwnedValue> owned;

  std::vector<Value> values() const {
    std::vector<Value> views;
    for (const OwnedValue& value : owned) views.push_back(value.view());
    return views;
  }
};

Fields ReadFields(const std::string& text) {
  Fields fields;
  for (const absl::string_view field : absl::StrSplit(text, "; ", absl::SkipEmpty())) {
    const size_t mark = field.find_first_of("=:");
    const std::string name(field.substr(0, mark));
    const absl::string_view rest = field.substr(mark + 1);
    if (field[mark] == '=') {
      const auto value = ReadValueText(rest);
      EXPECT_TRUE(value.has_value()) << text;
      fields.scope.push_back({name, value->type});
      fields.owned.push_back(value->value);
    } else {
      // Of a type that Millrace has not, such as a list of lists: not in scope.
      const auto type = rest == "null" ? ValueType() : ParseValueType(rest);
      if (!type.has_value()) continue;
      fields.scope.push_back({name, *type});
      fields.owned.emplace_back();
    }
  }
  return fields;
}

// CEL's equality within one type, but NaN is NaN.
bool Same(const Value& a, const Value& b) {
  if (a.type() == Type::kDouble && b.type() == Type::kDouble) {
    return a.double_value() == b.double_value() ||
           (std::isnan(a.double_value()) && std::isnan(b.double_value()));
  }
  return a == b;
}

enum class Outcome { kAgrees, kNullForError, kOutside, kDiffers };

Outcome RunCase(const Case& test, std::string* got) {
  const Fields fields = ReadFields(test.fields);
  const auto expression = Expression::Compile(test.expression, fields.scope);
  if (!expression.ok()) {
    *got = std::string(expression.status().message());
    EXPECT_FALSE(got->empty());
    return Outcome::kOutside;
  }
  std::string scratch;
  const Value value = (*expression)->Evaluate(fields.values(), &scratch);
  *got = absl::StrCat(ValueTypeName((*expression)->value_type()), " ", ToString(value));
  if (test.expected == "error") {
    return value.is_null() ? Outcome::kNullForError : Outcome::kDiffers;
  }
  if (test.expected == absl::StrCat("type ", ValueTypeName((*expression)->value_type()))) {
    return Outcome::kAgrees;
  }
  const auto expected = ReadValueText(test.expected);
  if (!expected.has_value()) return Outcome::kDiffers;
  return Same(value, expected->value.view()) ? Outcome::kAgrees : Outcome::kDiffers;
}

struct Counts {
  int agrees = 0;
  int null_for_error = 0;
  int outside = 0;
  int differs = 0;
  friend bool operator==(const Counts&, const Counts&) = default;
};

// Cases that compile and give something else, by what makes the difference.
const std::map<std::string, const char*>& Differences() {
  static const auto& differences = *new std::map<std::string, const char*>{
      {"macros/map/list_error", "an item without a result is null"},
      {"macros/filter/list_no_shortcircuit", "a null condition leaves the item out"},
      {"namespace/namespace/self_eval_container_lookup", "there are no containers"},
      {"namespace/namespace/self_eval_container_lookup_unchecked", "there are no containers"},
      {"namespace/namespace_shadowing/basic", "there are no containers"},
      {"timestamps/timestamp_conversions/toString_timestamp_nanos", "milliseconds"},
      {"timestamps/timestamp_arithmetic/add_time_to_duration_nanos_negative", "milliseconds"},
      {"timestamps/timestamp_arithmetic/add_time_to_duration_nanos_positive", "milliseconds"},
      {"timestamps/timestamp_range/sub_time_duration_over", "durations may be longer"},
      {"timestamps/timestamp_range/sub_time_duration_under", "durations may be longer"},
  };
  return differences;
}

// docs/expressions.md repeats the sums.
const std::map<std::string, Counts>& ExpectedCounts() {
  static const auto& counts = *new std::map<std::string, Counts>{
      {"basic", {33, 0, 10, 0}},         {"bindings_ext", {0, 0, 8, 0}},
      {"block_ext", {0, 0, 37, 0}},      {"comparisons", {140, 0, 266, 0}},
      {"conversions", {52, 7, 50, 0}},   {"dynamic", {0, 0, 226, 0}},
      {"encoders_ext", {0, 0, 4, 0}},    {"enums", {0, 0, 85, 0}},
      {"fields", {11, 1, 48, 0}},        {"fp_math", {28, 0, 2, 0}},
      {"integer_math", {30, 11, 23, 0}}, {"lists", {17, 1, 21, 0}},
      {"logic", {16, 5, 9, 0}},          {"macros", {29, 3, 10, 2}},
      {"macros2", {0, 0, 46, 0}},        {"math_ext", {101, 1, 97, 0}},
      {"namespace", {4, 0, 7, 3}},       {"network_ext", {0, 0, 69, 0}},
      {"optionals", {0, 0, 70, 0}},      {"parse", {171, 0, 48, 0}},
      {"plumbing", {3, 1, 1, 0}},        {"proto2", {0, 0, 118, 0}},
      {"proto2_ext", {0, 0, 18, 0}},     {"proto3", {0, 0, 85, 0}},
      {"string", {42, 0, 9, 0}},         {"string_ext", {63, 9, 144, 0}},
      {"timestamps", {54, 14, 5, 5}},    {"type_deduction", {11, 0, 36, 0}},
      {"wrappers", {0, 0, 36, 0}},
  };
  return counts;
}

TEST(Conformance, EveryCaseOfCelAgreesOrIsKnownNotTo) {
  std::map<std::string, Counts> by_file;
  for (const Case& test : ReadCases()) {
    SCOPED_TRACE(absl::StrCat(test.name, ": ", test.expression));
    std::string got;
    const Outcome outcome = RunCase(test, &got);
    Counts& counts = by_file[test.name.substr(0, test.name.find('/'))];
    switch (outcome) {
      case Outcome::kAgrees: ++counts.agrees; break;
      case Outcome::kNullForError: ++counts.null_for_error; break;
      case Outcome::kOutside: ++counts.outside; break;
      case Outcome::kDiffers: ++counts.differs; break;
    }
    EXPECT_EQ(outcome == Outcome::kDiffers, Differences().contains(test.name))
        << "expected " << test.expected << ", got " << got;
  }
  for (const auto& [file, counts] : by_file) {
    const auto expected = ExpectedCounts().find(file);
    const std::string line =
        absl::StrCat("{\"", file, "\", {", counts.agrees, ", ", counts.null_for_error, ", ",
                     counts.outside, ", ", counts.differs, "}},");
    std::printf("%s\n", line.c_str());
    EXPECT_TRUE(expected != ExpectedCounts().end() && counts == expected->second) << line;
  }
  EXPECT_EQ(by_file.size(), ExpectedCounts().size());
}

}  // namespace
}  // namespace millrace
