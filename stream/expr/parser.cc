#include "stream/expr/parser.h"

#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "stream/expr/lexer.h"

namespace millrace {
namespace {

using NodePtr = std::unique_ptr<Node>;

// How tightly a binary operator binds; 0 for what is none.
int Precedence(const Token& token) {
  if (token.kind == TokenKind::kName) return token.text == "in" ? 3 : 0;
  if (token.kind != TokenKind::kSymbol) return 0;
  const std::string& s = token.text;
  if (s == "||") return 1;
  if (s == "&&") return 2;
  if (s == "==" || s == "!=" || s == "<" || s == "<=" || s == ">" || s == ">=") return 3;
  if (s == "+" || s == "-") return 4;
  if (s == "*" || s == "/" || s == "%") return 5;
  return 0;
}

NodePtr MakeNode(NodeKind kind, TextRange range, std::string text = "") {
  auto node = std::make_unique<Node>();
  node->kind = kind;
  node->range = range;
  node->text = std::move(text);
  return node;
}

class Parser {
 public:
  Parser(std::vector<Token> tokens, TextRange* where) : tokens_(std::move(tokens)), where_(where) {}

  absl::StatusOr<NodePtr> Run() {
    if (Peek().kind == TokenKind::kEnd) return Error(Peek(), "the expression is empty");
    ASSIGN_OR_RETURN(NodePtr node, Expr());
    if (Peek().kind != TokenKind::kEnd) {
      return Error(Peek(), absl::StrCat("unexpected ", Describe(Peek()),
                                        " after a complete expression", OperatorAdvice()));
    }
    return node;
  }

 private:
  // Counts how deep the parser stands.
  class Nested {
   public:
    explicit Nested(int* depth) : depth_(depth) { ++*depth_; }
    ~Nested() { --*depth_; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;

   private:
    int* depth_;
  };

  const Token& Peek(size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  const Token& Take() { return tokens_[at_ < tokens_.size() - 1 ? at_++ : at_]; }
  bool IsSymbol(absl::string_view text, size_t ahead = 0) const {
    return Peek(ahead).kind == TokenKind::kSymbol && Peek(ahead).text == text;
  }
  bool TakeSymbol(absl::string_view text) {
    if (!IsSymbol(text)) return false;
    ++at_;
    return true;
  }

  absl::Status Error(const Token& token, const std::string& message) {
    *where_ = token.range;
    return absl::InvalidArgumentError(message);
  }
  static std::string Describe(const Token& token) {
    switch (token.kind) {
      case TokenKind::kEnd: return "the end";
      case TokenKind::kString: return "string";
      case TokenKind::kBytes: return "bytes";
      case TokenKind::kInt:
      case TokenKind::kDouble: return "number";
      case TokenKind::kDuration: return "duration";
      default: return absl::StrCat("'", token.text, "'");
    }
  }
  // What the word was meant to be that stands where an operator could, or in front of it.
  std::string OperatorAdvice() const {
    static constexpr std::pair<absl::string_view, absl::string_view> kWords[] = {
        {"and", "&&"}, {"or", "||"}, {"not", "!"}, {"is", "=="}};
    for (const Token* token : {&Peek(), at_ > 0 ? &tokens_[at_ - 1] : &Peek()}) {
      for (const auto& [word, symbol] : kWords) {
        if (token->kind == TokenKind::kName && absl::EqualsIgnoreCase(token->text, word)) {
          return absl::StrCat("; '", word, "' is written ", symbol);
        }
      }
    }
    return "";
  }
  absl::Status TooDeep() {
    return Error(Peek(), absl::StrCat("the expression is nested more than ", kMaxExpressionDepth,
                                      " deep; use several features"));
  }
  absl::Status Expect(absl::string_view symbol, absl::string_view purpose) {
    if (TakeSymbol(symbol)) return absl::OkStatus();
    return Error(Peek(),
                 absl::StrCat("expected '", symbol, "' ", purpose, ", not ", Describe(Peek())));
  }

  absl::StatusOr<NodePtr> Expr() {
    const Nested nested(&depth_);
    if (depth_ > kMaxExpressionDepth) return TooDeep();
    ASSIGN_OR_RETURN(NodePtr condition, Binary(1));
    if (!TakeSymbol("?")) return condition;
    ASSIGN_OR_RETURN(NodePtr yes, Expr());
    RETURN_IF_ERROR(Expect(":", "between the branches of ?:"));
    ASSIGN_OR_RETURN(NodePtr no, Expr());
    NodePtr node = MakeNode(NodeKind::kConditional, {condition->range.begin, no->range.end});
    node->children.push_back(std::move(condition));
    node->children.push_back(std::move(yes));
    node->children.push_back(std::move(no));
    return node;
  }

  absl::StatusOr<NodePtr> Binary(int least) {
    ASSIGN_OR_RETURN(NodePtr left, Unary());
    while (true) {
      const int precedence = Precedence(Peek());
      if (precedence < least || precedence == 0) return left;
      const std::string op = Take().text;
      ASSIGN_OR_RETURN(NodePtr right, Binary(precedence + 1));
      NodePtr node = MakeNode(NodeKind::kBinary, {left->range.begin, right->range.end}, op);
      node->children.push_back(std::move(left));
      node->children.push_back(std::move(right));
      left = std::move(node);
    }
  }

  absl::StatusOr<NodePtr> Unary() {
    if (!IsSymbol("-") && !IsSymbol("!")) return Postfix();
    const Nested nested(&depth_);
    if (depth_ > kMaxExpressionDepth) return TooDeep();
    const Token& op = Take();
    // The smallest int has no positive counterpart: the minus belongs to the literal.
    if (op.text == "-" && Peek().kind == TokenKind::kInt) {
      const Token& number = Take();
      NodePtr node = MakeNode(NodeKind::kLiteral, {op.range.begin, number.range.end});
      node->literal = Value::Int(static_cast<int64_t>(0 - number.integer));
      return node;
    }
    ASSIGN_OR_RETURN(NodePtr operand, Unary());
    const TextRange range = {op.range.begin, operand->range.end};
    Value& literal = operand->literal;
    if (op.text == "-" && operand->kind == NodeKind::kLiteral &&
        (literal.type() == Type::kDouble || literal.type() == Type::kDuration)) {
      literal = literal.type() == Type::kDouble ? Value::Double(-literal.double_value())
                                                : Value::Duration(-literal.int_value());
      operand->range = range;
      return operand;
    }
    NodePtr node = MakeNode(NodeKind::kUnary, range, op.text);
    node->children.push_back(std::move(operand));
    return node;
  }

  absl::StatusOr<NodePtr> Postfix() {
    ASSIGN_OR_RETURN(NodePtr node, Primary());
    for (int links = 0;; ++links) {
      if (links > kMaxExpressionDepth) return TooDeep();
      if (TakeSymbol("[")) {
        ASSIGN_OR_RETURN(node, Index(std::move(node)));
      } else if (TakeSymbol(".")) {
        if (Peek().kind != TokenKind::kName) {
          return Error(Peek(), "expected a key or a method after '.', such as .startsWith('x')");
        }
        if (IsSymbol("(", 1)) {
          ASSIGN_OR_RETURN(node, Call(NodeKind::kMethodCall, std::move(node)));
          continue;
        }
        const Token& key = Take();
        NodePtr select = MakeNode(NodeKind::kSelect, {node->range.begin, key.range.end}, key.text);
        select->children.push_back(std::move(node));
        node = std::move(select);
      } else {
        return node;
      }
    }
  }

  // After the bracket.
  absl::StatusOr<NodePtr> Index(NodePtr collection) {
    NodePtr node = MakeNode(NodeKind::kIndex, collection->range);
    ASSIGN_OR_RETURN(NodePtr index, Expr());
    RETURN_IF_ERROR(Expect("]", "to close '['"));
    node->range.end = tokens_[at_ - 1].range.end;
    node->children.push_back(std::move(collection));
    node->children.push_back(std::move(index));
    return node;
  }

  // At the name of a function; `receiver` is null for a plain call.
  absl::StatusOr<NodePtr> Call(NodeKind kind, NodePtr receiver) {
    const Token& name = Take();
    Take();  // the parenthesis
    NodePtr node = MakeNode(kind, name.range, name.text);
    node->name_range = name.range;
    if (receiver != nullptr) {
      node->range.begin = receiver->range.begin;
      node->children.push_back(std::move(receiver));
    }
    for (bool first = true; !IsSymbol(")"); first = false) {
      if (!first) RETURN_IF_ERROR(Expect(",", "or ')' after an argument"));
      ASSIGN_OR_RETURN(NodePtr argument, Expr());
      node->children.push_back(std::move(argument));
    }
    node->range.end = Take().range.end;
    return node;
  }

  // A comma may stand behind the last item or entry.
  absl::StatusOr<NodePtr> List() {
    NodePtr node = MakeNode(NodeKind::kList, Take().range);
    while (!IsSymbol("]")) {
      if (!node->children.empty()) {
        RETURN_IF_ERROR(Expect(",", "between the items of a list"));
        if (IsSymbol("]")) break;
      }
      ASSIGN_OR_RETURN(NodePtr item, Expr());
      node->children.push_back(std::move(item));
    }
    node->range.end = Take().range.end;
    return node;
  }

  absl::StatusOr<NodePtr> Map() {
    NodePtr node = MakeNode(NodeKind::kMap, Take().range);
    while (!IsSymbol("}")) {
      if (!node->children.empty()) {
        RETURN_IF_ERROR(Expect(",", "between the entries of a map"));
        if (IsSymbol("}")) break;
      }
      ASSIGN_OR_RETURN(NodePtr key, Expr());
      RETURN_IF_ERROR(Expect(":", "between a key and its value"));
      ASSIGN_OR_RETURN(NodePtr value, Expr());
      node->children.push_back(std::move(key));
      node->children.push_back(std::move(value));
    }
    node->range.end = Take().range.end;
    return node;
  }

  absl::StatusOr<NodePtr> Primary() {
    const Token& token = Peek();
    NodePtr node = MakeNode(NodeKind::kLiteral, token.range);
    switch (token.kind) {
      case TokenKind::kInt:
        if (token.integer > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
          return Error(token,
                       "the number does not fit an int of 64 bits; write it with .0 for a "
                       "double");
        }
        node->literal = Value::Int(static_cast<int64_t>(token.integer));
        break;
      case TokenKind::kDouble: node->literal = Value::Double(token.number); break;
      case TokenKind::kDuration:
        node->literal = Value::Duration(static_cast<int64_t>(token.integer));
        break;
      case TokenKind::kString:
        node->text = token.text;
        node->literal = Value::String({});
        break;
      case TokenKind::kBytes:
        node->text = token.text;
        node->literal = Value::Bytes({});
        break;
      case TokenKind::kName:
        if (token.text == "true" || token.text == "false") {
          node->literal = Value::Bool(token.text == "true");
          break;
        }
        if (token.text == "null") break;
        if (token.text == "in") return Error(token, "expected a value before 'in'");
        return Name();
      default:
        if (IsSymbol("(")) return Parenthesized();
        if (IsSymbol("[")) return List();
        if (IsSymbol("{")) return Map();
        return Error(token, absl::StrCat("expected a value, not ", Describe(token)));
    }
    Take();
    return node;
  }

  absl::StatusOr<NodePtr> Parenthesized() {
    const int begin = Take().range.begin;
    ASSIGN_OR_RETURN(NodePtr node, Expr());
    RETURN_IF_ERROR(Expect(")", "to close '('"));
    node->range = {begin, tokens_[at_ - 1].range.end};
    return node;
  }

  // A function call, or a dotted name up to the last part that is not a method.
  absl::StatusOr<NodePtr> Name() {
    if (IsSymbol("(", 1)) return Call(NodeKind::kCall, nullptr);
    const Token& first = Take();
    NodePtr node = MakeNode(NodeKind::kName, first.range, first.text);
    node->part_ends.push_back(first.range.end);
    while (IsSymbol(".") && Peek(1).kind == TokenKind::kName && !IsSymbol("(", 2)) {
      Take();
      absl::StrAppend(&node->text, ".", Peek().text);
      node->range.end = Take().range.end;
      node->part_ends.push_back(node->range.end);
    }
    return node;
  }

  const std::vector<Token> tokens_;
  TextRange* const where_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

absl::StatusOr<NodePtr> Parse(absl::string_view text, TextRange* where) {
  if (text.size() > kMaxExpressionBytes) {
    *where = {static_cast<int>(kMaxExpressionBytes), static_cast<int>(text.size())};
    return absl::InvalidArgumentError(
        absl::StrCat("the expression is longer than ", kMaxExpressionBytes, " bytes"));
  }
  ASSIGN_OR_RETURN(std::vector<Token> tokens, Tokenize(text, where));
  return Parser(std::move(tokens), where).Run();
}

}  // namespace millrace
