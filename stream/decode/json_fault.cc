#include "stream/decode/json_fault.h"

#include <cstdint>
#include <vector>

#include "stream/expr/utf8.h"

namespace millrace {
namespace {

class Scanner {
 public:
  Scanner(absl::string_view text, int max_depth)
      : text_(text), max_depth_(static_cast<size_t>(max_depth)) {}

  std::optional<JsonFault> Run() {
    const size_t valid = ValidUtf8Prefix(text_);
    const bool well_formed = Document();
    // Whichever comes first: bytes after a fault of syntax are not looked at.
    if (valid < text_.size() && (well_formed || valid <= fault_.byte)) {
      return JsonFault{valid, "invalid UTF-8"};
    }
    if (well_formed) return std::nullopt;
    return fault_;
  }

 private:
  bool Fail(absl::string_view problem) {
    fault_ = {at_, problem};
    return false;
  }
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool Take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void SkipSpace() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
  }

  // Not recursive: what comes from outside must not decide how much stack is used.
  bool Document() {
    SkipSpace();
    if (!BeginValue()) return false;
    while (!open_.empty()) {
      SkipSpace();
      const bool object = open_.back();
      if (Take(object ? '}' : ']')) {
        open_.pop_back();
        continue;
      }
      if (!Take(',')) return Fail(object ? "expected ',' or '}'" : "expected ',' or ']'");
      if (object && !Key()) return false;
      SkipSpace();
      if (!BeginValue()) return false;
    }
    SkipSpace();
    return at_ == text_.size() || Fail("more text after the value");
  }

  // A scalar whole; of an object or array what stands up to the end of its first scalar.
  bool BeginValue() {
    while (true) {
      const char c = Peek();
      if (c == '{' || c == '[') {
        const size_t begin = at_++;
        open_.push_back(c == '{');
        SkipSpace();
        if (Peek() == (c == '{' ? '}' : ']')) return true;
        if (open_.size() > max_depth_) {
          at_ = begin;
          return Fail("nested too deep");
        }
        if (c == '{' && !Key()) return false;
        SkipSpace();
        continue;
      }
      if (c == '"') return String();
      if (c == '-' || (c >= '0' && c <= '9')) return Number();
      return Word("true") || Word("false") || Word("null") || Fail("expected a value");
    }
  }

  bool Key() {
    SkipSpace();
    if (Peek() != '"') return Fail("expected a key in quotes");
    if (!String()) return false;
    SkipSpace();
    return Take(':') || Fail("expected ':' after a key");
  }

  bool Word(absl::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  bool Digits() {
    const size_t begin = at_;
    while (Peek() >= '0' && Peek() <= '9') ++at_;
    return at_ > begin || Fail("expected a digit");
  }

  bool Number() {
    Take('-');
    if (!Take('0') && !Digits()) return false;
    if (Peek() >= '0' && Peek() <= '9') return Fail("a number must not begin with 0");
    if (Take('.') && !Digits()) return false;
    if (Take('e') || Take('E')) {
      if (!Take('+')) Take('-');
      return Digits();
    }
    return true;
  }

  // Four hexadecimal digits; -1 if they are not.
  int32_t Hex() {
    int32_t value = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = Peek();
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return -1;
      value = value * 16 + digit;
    }
    return value;
  }

  bool Escape() {
    const char c = Peek();
    if (c != 'u') {
      constexpr absl::string_view kEscapes = "\"\\/bfnrt";
      if (c == '\0' || kEscapes.find(c) == absl::string_view::npos) return Fail("unknown escape");
      ++at_;
      return true;
    }
    ++at_;
    const int32_t unit = Hex();
    if (unit < 0) return Fail("expected four hexadecimal digits after \\u");
    if (unit < 0xd800 || unit > 0xdfff) return true;
    if (unit <= 0xdbff && Take('\\') && Take('u')) {
      const int32_t low = Hex();
      if (low >= 0xdc00 && low <= 0xdfff) return true;
    }
    return Fail("half of a surrogate pair");
  }

  bool String() {
    ++at_;
    while (at_ < text_.size()) {
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c < 0x20) return Fail("control character in a string");
      ++at_;
      if (c == '"') return true;
      if (c == '\\' && !Escape()) return false;
    }
    return Fail("the string has no end");
  }

  const absl::string_view text_;
  const size_t max_depth_;
  size_t at_ = 0;
  JsonFault fault_;
  std::vector<bool> open_;  // true: an object, false: an array
};

}  // namespace

std::optional<JsonFault> FindJsonFault(absl::string_view text, int max_depth) {
  return Scanner(text, max_depth).Run();
}

}  // namespace millrace
