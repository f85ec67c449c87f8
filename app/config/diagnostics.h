// Diagnostics: what is wrong with a configuration, and where; printed as compilers do.
//
// Values are plain; a DiagnosticSink is thread-compatible and owns the texts it points into.

#ifndef MILLRACE_APP_CONFIG_DIAGNOSTICS_H_
#define MILLRACE_APP_CONFIG_DIAGNOSTICS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "app/config/error_codes.h"

namespace millrace {

enum class Severity { kError, kWarning };
enum class Color { kNever, kAlways };

// One message. Lines and columns count from 1, columns and lengths in characters (code points);
// line 0 means the file as a whole.
struct Diagnostic {
  Severity severity = Severity::kError;
  std::string code;  // "MILLRACE-2107"
  std::string file;
  int line = 0;
  int column = 0;
  int length = 0;
  std::string message;
  std::string suggestion;          // "did you mean 'count'?"; may be empty
  std::vector<std::string> known;  // what would have been right; may be empty
  std::string source_line;
};

// `text` for a terminal: control characters, those that turn the direction of writing, and bytes
// that are not UTF-8 as "\x1b"; all else as it is. Always valid UTF-8.
std::string Printable(absl::string_view text);

// The messages in the order given, each with its source line and a caret, and a last line that
// counts them. Empty when there is none.
std::string Render(const std::vector<Diagnostic>& diagnostics, Color color);

// A place in one of the texts a configuration is made of: the file, and a text for each override.
struct TextPlace {
  int text = 0;
  int line = 0;    // from 1; 0: the text as a whole
  int column = 0;  // from 0, in bytes
  int length = 1;  // in bytes, within the line
};

class DiagnosticSink {
 public:
  // Adds a text, without its byte order mark, and returns its number.
  int AddText(std::string name, std::string text);
  absl::string_view text(int number) const { return texts_[number].text; }
  // Line `line` (from 1) without its end; empty when there is none.
  absl::string_view Line(int number, int line) const;

  // The reference is valid until the next call.
  Diagnostic& Error(ConfigErrorCode code, const TextPlace& place, std::string message);
  Diagnostic& Warning(ConfigErrorCode code, const TextPlace& place, std::string message);

  bool has_errors() const { return errors_ > 0; }
  // By text and place; of several messages at one place with one text only the first.
  std::vector<Diagnostic> Sorted() const;

 private:
  struct Text {
    std::string name;
    std::string text;
    std::vector<size_t> line_starts;
  };
  struct Entry {
    TextPlace place;
    Diagnostic diagnostic;
  };
  Diagnostic& Add(Severity severity, ConfigErrorCode code, const TextPlace& place,
                  std::string message);

  std::vector<Text> texts_;
  std::vector<Entry> entries_;
  int errors_ = 0;
};

}  // namespace millrace

#endif  // MILLRACE_APP_CONFIG_DIAGNOSTICS_H_
