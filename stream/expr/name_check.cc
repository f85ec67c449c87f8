#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/closest_name.h"
#include "core/status_macros.h"
#include "stream/expr/functions.h"
#include "stream/expr/type_checker.h"

namespace millrace {

int TypeChecker::FindVariable(absl::string_view name) const {
  for (size_t i = variables_.size(); i-- > 0;) {
    if (variables_[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

void TypeChecker::DropMathPrefix(Node* node) {
  const Node& receiver = *node->children[0];
  if (receiver.kind != NodeKind::kName || receiver.text != "math" || fields_.contains("math") ||
      FindVariable("math") >= 0 || MathFunction(node->text).empty()) {
    return;
  }
  node->kind = NodeKind::kCall;
  node->children.erase(node->children.begin());
}

absl::Status TypeChecker::Name(Node* node) {
  const std::string first(node->text.substr(0, node->text.find('.')));
  if (const int variable = FindVariable(first); variable >= 0) {
    if (first != node->text) return SplitName(node, first);
    node->kind = NodeKind::kVariable;
    node->variable = variable;
    node->type = variables_[static_cast<size_t>(variable)].type;
    return absl::OkStatus();
  }
  const bool is_function = IsExpressionFunction(node->text);
  const auto found = fields_.find(node->text);
  if (found != fields_.end() && is_function) {
    return Error(node->range, absl::StrCat("the field '", node->text,
                                           "' has the name of a function; rename the field"));
  }
  if (found != fields_.end()) {
    node->field = found->second.first;
    node->type = found->second.second;
    return absl::OkStatus();
  }
  if (is_function) {
    return Error(node->range,
                 absl::StrCat("'", node->text, "' is a function; write ", node->text, "(…)"));
  }
  // The longest beginning that is a field may be a map, and the rest its key.
  for (size_t dot = node->text.rfind('.'); dot != std::string::npos && dot != 0;
       dot = node->text.rfind('.', dot - 1)) {
    const auto map = fields_.find(node->text.substr(0, dot));
    if (map != fields_.end()) return SplitName(node, map->first);
  }
  return UnknownName(*node);
}

absl::Status TypeChecker::SplitName(Node* node, const std::string& beginning) {
  const std::string rest = node->text.substr(beginning.size() + 1);
  const auto part = static_cast<size_t>(std::count(beginning.begin(), beginning.end(), '.'));
  auto inner = std::make_unique<Node>();
  inner->kind = NodeKind::kName;
  inner->text = beginning;
  inner->range = {node->range.begin, node->part_ends[part]};
  RETURN_IF_ERROR(Name(inner.get()));
  if (rest.find('.') != std::string::npos) {
    return Error(node->range, absl::StrCat("'", beginning, "' is ", ValueTypeName(inner->type),
                                           ", whose values have no fields"));
  }
  node->kind = NodeKind::kSelect;
  node->text = rest;
  node->children.push_back(std::move(inner));
  return Select(node);
}

absl::Status TypeChecker::UnknownName(const Node& node) {
  std::vector<std::string> names;
  for (const auto& [name, field] : fields_) names.push_back(name);
  for (const Variable& variable : variables_) names.push_back(variable.name);
  std::string message = absl::StrCat("unknown field '", node.text, "'");
  if (const std::string close = ClosestName(node.text, names); !close.empty()) {
    absl::StrAppend(&message, "; did you mean '", close, "'?");
  } else if (names.empty()) {
    absl::StrAppend(&message, "; there are no fields here");
  } else if (names.size() <= 12) {
    absl::StrAppend(&message, "; there are ", absl::StrJoin(names, ", "));
  }
  return Error(node.range, message);
}

}  // namespace millrace
