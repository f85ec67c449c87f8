#include "stream/expr/lexer.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "stream/expr/time_text.h"
#include "stream/expr/utf8.h"

namespace millrace {
namespace {

bool IsNameStart(char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }
bool IsNamePart(char c) { return IsNameStart(c) || IsDigit(c); }

class Lexer {
 public:
  Lexer(absl::string_view text, TextRange* where) : text_(text), where_(where) {}

  absl::StatusOr<std::vector<Token>> Run() {
    std::vector<Token> tokens;
    while (true) {
      SkipSpace();
      Token token;
      token.range.begin = static_cast<int>(at_);
      if (at_ < text_.size()) RETURN_IF_ERROR(Next(&token));
      token.range.end = static_cast<int>(at_);
      const bool end = token.kind == TokenKind::kEnd;
      tokens.push_back(std::move(token));
      if (end) return tokens;
    }
  }

 private:
  absl::Status Error(size_t begin, size_t end, const std::string& message) {
    *where_ = {static_cast<int>(begin), static_cast<int>(std::min(end, text_.size()))};
    return absl::InvalidArgumentError(message);
  }

  char Peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  void SkipSpace() {
    while (true) {
      while (absl::ascii_isspace(static_cast<unsigned char>(Peek()))) ++at_;
      if (Peek() != '/' || Peek(1) != '/') return;
      while (at_ < text_.size() && Peek() != '\n') ++at_;
    }
  }

  // Letters that stand before a quote: r (no escapes), b (bytes), or both.
  size_t PrefixLength() const {
    size_t length = 0;
    while (length < 2 && absl::string_view("rRbB").find(Peek(length)) != absl::string_view::npos &&
           Peek(length) != '\0') {
      ++length;
    }
    return Peek(length) == '\'' || Peek(length) == '"' ? length : 0;
  }

  absl::Status Next(Token* token) {
    const char c = Peek();
    if (c == '\'' || c == '"' || PrefixLength() != 0) return String(token);
    if (IsNameStart(c)) {
      const size_t begin = at_;
      while (IsNamePart(Peek())) ++at_;
      token->kind = TokenKind::kName;
      token->text = std::string(text_.substr(begin, at_ - begin));
      return absl::OkStatus();
    }
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return Number(token);
    return Symbol(token);
  }

  absl::Status Symbol(Token* token) {
    constexpr absl::string_view kPairs[] = {"==", "!=", "<=", ">=", "&&", "||"};
    token->kind = TokenKind::kSymbol;
    for (const absl::string_view pair : kPairs) {
      if (text_.substr(at_, 2) == pair) {
        token->text = std::string(pair);
        at_ += 2;
        return absl::OkStatus();
      }
    }
    const char c = text_[at_];
    if (absl::string_view("+-*/%<>!?:()[]{},.").find(c) != absl::string_view::npos) {
      token->text = std::string(1, c);
      ++at_;
      return absl::OkStatus();
    }
    if (c == '=') return Error(at_, at_ + 1, "'=' is no operator; equality is written ==");
    if (c == '&') return Error(at_, at_ + 1, "'&' is no operator; conjunction is written &&");
    if (c == '|') return Error(at_, at_ + 1, "'|' is no operator; disjunction is written ||");
    size_t end = at_ + 1;  // one whole character
    while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xc0) == 0x80) ++end;
    return Error(
        at_, end,
        absl::StrCat("'", text_.substr(at_, end - at_), "' cannot stand outside of quotes"));
  }

  absl::Status Number(Token* token) {
    if (Peek() == '0' && (Peek(1) == 'x' || Peek(1) == 'X')) return Hexadecimal(token);
    const size_t begin = at_;
    bool whole = true;
    while (IsDigit(Peek())) ++at_;
    if (Peek() == '.' && IsDigit(Peek(1))) {
      whole = false;
      ++at_;
      while (IsDigit(Peek())) ++at_;
    }
    const bool sign = Peek(1) == '+' || Peek(1) == '-';
    if ((Peek() == 'e' || Peek() == 'E') && IsDigit(Peek(sign ? 2 : 1))) {
      whole = false;
      at_ += sign ? 2 : 1;
      while (IsDigit(Peek())) ++at_;
    }
    const absl::string_view digits = text_.substr(begin, at_ - begin);
    const size_t unit_begin = at_;
    while (IsNamePart(Peek())) ++at_;
    const absl::string_view unit = text_.substr(unit_begin, at_ - unit_begin);
    const absl::string_view all = text_.substr(begin, at_ - begin);
    if (!unit.empty()) {
      if (unit == "u" || unit == "U") return Unsigned(begin);
      const std::optional<int64_t> unit_ms = DurationUnitMs(unit);
      if (!unit_ms.has_value()) {
        return Error(begin, at_,
                     absl::StrCat("'", all,
                                  "' is neither a number nor a duration; the "
                                  "units of durations are ms, s, m, h and d"));
      }
      if (!whole) {
        return Error(begin, at_,
                     absl::StrCat("the duration '", all,
                                  "' is not a whole number of "
                                  "its unit; use a smaller unit"));
      }
      uint64_t ms;
      if (!ReadInt(digits, &ms) ||
          __builtin_mul_overflow(ms, static_cast<uint64_t>(*unit_ms), &ms) ||
          ms > static_cast<uint64_t>(kMaxDurationMs)) {
        return Error(begin, at_, absl::StrCat("the duration '", all, "' is too long"));
      }
      token->kind = TokenKind::kDuration;
      token->integer = ms;
      return absl::OkStatus();
    }
    if (whole) {
      token->kind = TokenKind::kInt;
      const bool fits = ReadInt(digits, &token->integer) && token->integer <= kMaxInt + 1;
      if (fits) return absl::OkStatus();
      return Error(begin, at_,
                   absl::StrCat("'", all, "' does not fit an int of 64 bits; write '", all,
                                ".0' for a double"));
    }
    token->kind = TokenKind::kDouble;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), token->number);
    if (read.ec == std::errc() && std::isfinite(token->number)) return absl::OkStatus();
    return Error(begin, at_, absl::StrCat("'", all, "' does not fit a double"));
  }

  static constexpr uint64_t kMaxInt = std::numeric_limits<int64_t>::max();

  static bool ReadInt(absl::string_view digits, uint64_t* value) {
    return std::from_chars(digits.data(), digits.data() + digits.size(), *value).ec == std::errc();
  }

  absl::Status Unsigned(size_t begin) {
    return Error(begin, at_, "there are no unsigned integers; leave out the u");
  }

  absl::Status Hexadecimal(Token* token) {
    const size_t begin = at_;
    at_ += 2;
    while (IsNamePart(Peek())) ++at_;
    const absl::string_view digits = text_.substr(begin + 2, at_ - begin - 2);
    if (!digits.empty() && absl::ascii_tolower(static_cast<unsigned char>(digits.back())) == 'u') {
      return Unsigned(begin);
    }
    const char* const end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, token->integer, 16);
    token->kind = TokenKind::kInt;
    if (read.ec == std::errc() && read.ptr == end && token->integer <= kMaxInt + 1) {
      return absl::OkStatus();
    }
    return Error(
        begin, at_,
        absl::StrCat("'", text_.substr(begin, at_ - begin), "' is no hexadecimal int of 64 bits"));
  }

  absl::Status String(Token* token) {
    const size_t begin = at_;
    bool raw = false;
    token->kind = TokenKind::kString;
    for (size_t n = PrefixLength(); n > 0; --n, ++at_) {
      if (absl::ascii_tolower(static_cast<unsigned char>(Peek())) == 'r') {
        raw = true;
      } else {
        token->kind = TokenKind::kBytes;
      }
    }
    const char quote = Peek();
    const size_t quotes = Peek(1) == quote && Peek(2) == quote ? 3 : 1;
    const absl::string_view closing = text_.substr(at_, quotes);
    at_ += quotes;
    while (true) {
      if (at_ >= text_.size()) {
        return Error(begin, at_,
                     absl::StrCat("the string has no closing ", quotes == 3 ? "triple " : "",
                                  quote == '"' ? "double" : "single", " quote"));
      }
      if (text_.substr(at_, quotes) == closing) {
        at_ += quotes;
        return absl::OkStatus();
      }
      const char c = text_[at_++];
      if (c == '\\' && !raw) {
        RETURN_IF_ERROR(Escape(token));
      } else {
        token->text.push_back(c);
      }
    }
  }

  // After the backslash. In bytes a number is a byte, in a string a character.
  absl::Status Escape(Token* token) {
    constexpr absl::string_view kFrom = "nrtabfv\\'\"`?";
    constexpr absl::string_view kTo = "\n\r\t\a\b\f\v\\'\"`?";
    const size_t begin = at_ - 1;
    const char c = Peek();
    ++at_;
    if (const size_t i = kFrom.find(c); c != '\0' && i != absl::string_view::npos) {
      token->text.push_back(kTo[i]);
      return absl::OkStatus();
    }
    const bool bytes = token->kind == TokenKind::kBytes;
    const bool octal = c >= '0' && c <= '3';
    if (octal) --at_;  // the first digit is one of three
    const size_t digits = octal ? 3 : c == 'x' || c == 'X' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (digits == 0 || (bytes && digits > 3)) {
      return Error(begin, at_,
                   bytes ? "unknown escape in bytes; a byte is written \\xHH"
                         : "unknown escape; a backslash itself is written \\\\");
    }
    const absl::string_view number = text_.substr(at_, digits);
    uint32_t code = 0;
    const auto read =
        std::from_chars(number.data(), number.data() + number.size(), code, octal ? 8 : 16);
    at_ += number.size();
    const bool is_number = number.size() == digits && read.ec == std::errc() &&
                           read.ptr == number.data() + digits && (code <= 0xff || !bytes);
    if (is_number && bytes) {
      token->text.push_back(static_cast<char>(code));
      return absl::OkStatus();
    }
    if (is_number && AppendUtf8(code, &token->text)) return absl::OkStatus();
    return Error(begin, at_,
                 octal ? std::string("a number after \\ needs 3 octal digits")
                       : absl::StrCat("\\", std::string(1, c), " needs ", digits,
                                      " hexadecimal digits that name a character"));
  }

  const absl::string_view text_;
  TextRange* const where_;
  size_t at_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<Token>> Tokenize(absl::string_view text, TextRange* where) {
  const size_t valid = ValidUtf8Prefix(text);
  if (valid != text.size()) {
    *where = {static_cast<int>(valid), static_cast<int>(valid) + 1};
    return absl::InvalidArgumentError("the expression is not valid UTF-8");
  }
  return Lexer(text, where).Run();
}

}  // namespace millrace
