// Configurations: any text is a project, or a list of errors each of which has its place in the
// text; and so again the second time.

#include <string>

#include "app/config/load.h"
#include "core/check.h"
#include "stream/expr/utf8.h"
#include "tests/fuzz/target.h"

namespace millrace {
namespace {

// Names, numbers, dots, quotes: no message is longer than its text and what it may suggest.
constexpr size_t kMaxMessageBytes = 8'000;

void CheckDiagnostic(const Diagnostic& diagnostic, int lines) {
  CHECK(!diagnostic.code.empty() && !diagnostic.message.empty());
  CHECK(diagnostic.message.size() <= kMaxMessageBytes);
  CHECK(diagnostic.line >= 0 && diagnostic.line <= lines);
  CHECK(diagnostic.line == 0 || (diagnostic.column >= 1 && diagnostic.length >= 0));
}

}  // namespace

Verdict FuzzTarget(absl::string_view input) {
  LoadOptions options;
  options.path = "fuzz.yaml";
  // Files that a configuration names are looked for where there are none.
  options.directory = "/nowhere";
  options.text = std::string(input);
  const LoadResult result = Load(options);
  const auto lines = static_cast<int>(std::count(input.begin(), input.end(), '\n')) + 1;
  bool errors = false;
  for (const Diagnostic& diagnostic : result.diagnostics) {
    CheckDiagnostic(diagnostic, lines);
    errors |= diagnostic.severity == Severity::kError;
  }
  CHECK(errors == !result.project.has_value());
  const std::string text = Render(result.diagnostics, Color::kNever);
  CHECK(ValidUtf8Prefix(text) == text.size());
  const LoadResult again = Load(options);
  CHECK(Render(again.diagnostics, Color::kNever) == text);
  if (!result.project.has_value()) return Verdict::kRefused;
  CHECK(again.project->meaning == result.project->meaning);
  return Verdict::kAccepted;
}

}  // namespace millrace
