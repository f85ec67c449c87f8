#include "stream/expr/expression.h"

#include <utility>

#include "core/status_macros.h"
#include "stream/expr/ast.h"
#include "stream/expr/generator.h"
#include "stream/expr/parser.h"
#include "stream/expr/program.h"
#include "stream/expr/type_check.h"

namespace millrace {
namespace {

class CompiledExpression final : public Expression {
 public:
  explicit CompiledExpression(const ValueType& type) : type_(type) {}

  absl::Status Generate(const Node& root, size_t text_bytes) {
    return GenerateProgram(root, text_bytes, &program_, &used_fields_);
  }

  ValueType value_type() const override { return type_; }
  const std::vector<int>& used_fields() const override { return used_fields_; }
  Value Evaluate(std::span<const Value> fields, std::string* scratch) const override {
    return program_.Run(fields, scratch);
  }

 private:
  const ValueType type_;
  Program program_;
  std::vector<int> used_fields_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<const Expression>> Expression::Compile(absl::string_view text,
                                                                      const Scope& scope,
                                                                      TextRange* where) {
  TextRange unused;
  if (where == nullptr) where = &unused;
  ASSIGN_OR_RETURN(std::unique_ptr<Node> root, Parse(text, where));
  RETURN_IF_ERROR(CheckTypes(scope, root.get(), where));
  auto expression = std::make_shared<CompiledExpression>(root->type);
  *where = root->range;  // only the whole can be too large
  RETURN_IF_ERROR(expression->Generate(*root, text.size()));
  return expression;
}

}  // namespace millrace
