// docs/expressions.md: every example gives what the page says, every function has an example's row,
// and the page names no other.

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/collection.h"
#include "gtest/gtest.h"
#include "stream/expr/expression.h"
#include "stream/expr/functions.h"

namespace millrace {
namespace {

// The cells of a row of a table; empty for another line.
std::vector<std::string> CellsOf(const std::string& line) {
  if (line.size() < 2 || line[0] != '|') return {};
  const std::string marked = absl::StrReplaceAll(line, {{"\\|", "\x01"}});
  std::vector<std::string> cells = absl::StrSplit(marked.substr(1, marked.size() - 2), '|');
  for (std::string& cell : cells) {
    cell = absl::StrReplaceAll(absl::StripAsciiWhitespace(cell), {{"\x01", "|"}});
  }
  return cells;
}

// What stands between the first pair of backquotes from `from` on.
std::string Quoted(const std::string& text, size_t from = 0) {
  const size_t begin = text.find('`', from);
  if (begin == std::string::npos) return "";
  return text.substr(begin + 1, text.find('`', begin + 1) - begin - 1);
}

struct Page {
  Scope scope;
  std::vector<OwnedValue> fields;
  std::vector<std::vector<std::string>> rows;  // of the tables with examples
};

OwnedValue Evaluate(const std::string& text, const Page& page, ValueType* type) {
  const auto expression = Expression::Compile(text, page.scope);
  EXPECT_TRUE(expression.ok()) << text << ": " << expression.status();
  if (!expression.ok()) return OwnedValue();
  std::vector<Value> fields;
  for (const OwnedValue& field : page.fields) fields.push_back(field.view());
  std::string scratch;
  *type = (*expression)->value_type();
  return OwnedValue((*expression)->Evaluate(fields, &scratch));
}

OwnedValue FieldValue(const ValueType& type, const std::string& text) {
  ValueType unused;
  OwnedValue value = Evaluate(text, {}, &unused);
  if (type.type != Type::kVector) return value;
  std::vector<double> components;
  ForEachItem(value.view(), [&](const Value& item) { components.push_back(item.double_value()); });
  std::string bytes;
  return OwnedValue(MakeVector(components, &bytes));
}

Page ReadPage() {
  std::ifstream file(MILLRACE_SOURCE_DIR "/docs/expressions.md");
  Page page;
  std::vector<std::string> head;
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> cells = CellsOf(line);
    if (cells.empty() || absl::StartsWith(line, "|---")) {
      if (cells.empty()) head.clear();
      continue;
    }
    if (head.empty()) {
      head = cells;
    } else if (head[0] == "Field") {
      const auto type = ParseValueType(Quoted(cells[1]));
      EXPECT_TRUE(type.has_value()) << line;
      page.scope.push_back({Quoted(cells[0]), *type});
      page.fields.push_back(FieldValue(*type, Quoted(cells[2])));
    } else if (head.back() == "Example") {
      page.rows.push_back(cells);
    }
  }
  return page;
}

TEST(ExpressionsPage, ExamplesGiveWhatThePageSays) {
  const Page page = ReadPage();
  EXPECT_GT(page.rows.size(), 80u);
  for (const std::vector<std::string>& row : page.rows) {
    const std::string& example = row.back();
    const size_t arrow = example.find("→");
    ASSERT_NE(arrow, std::string::npos) << row[0];
    ValueType type, expected_type;
    const OwnedValue value = Evaluate(Quoted(example), page, &type);
    const OwnedValue expected = Evaluate(Quoted(example, arrow), page, &expected_type);
    EXPECT_EQ(value, expected) << example << ", not " << ToString(value.view());
    if (expected.is_null()) continue;
    EXPECT_EQ(ValueTypeName(type), ValueTypeName(expected_type)) << example;
  }
}

// "`min(a, …)` `max(a, …)`" → "min", "max"; "s." before a method.
std::set<std::string> NamesIn(const std::string& cell) {
  std::set<std::string> names;
  for (size_t at = cell.find('`'); at != std::string::npos;) {
    const std::string code = Quoted(cell, at);
    const size_t parenthesis = code.find('(');
    if (parenthesis != std::string::npos) {
      const size_t dot = code.rfind('.', parenthesis);
      const bool method = dot != std::string::npos && dot < 2;
      names.insert(method ? code.substr(dot, parenthesis - dot) : code.substr(0, parenthesis));
    }
    at = cell.find('`', at + code.size() + 2);
  }
  return names;
}

TEST(ExpressionsPage, NamesEveryFunctionAndNoOther) {
  std::set<std::string> documented;
  for (const std::vector<std::string>& row : ReadPage().rows) {
    const std::set<std::string> names = NamesIn(row[0]);
    documented.insert(names.begin(), names.end());
  }
  std::set<std::string> known;
  for (const std::string& name : FunctionNames(CallStyle::kFunction)) known.insert(name);
  for (const std::string& name : FunctionNames(CallStyle::kMethod)) known.insert("." + name);
  EXPECT_EQ(documented, known);
}

}  // namespace
}  // namespace millrace
