#include "app/config/reference_page.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "app/config/error_codes.h"
#include "app/config/schema_table.h"

namespace millrace {
namespace {

// A bar would end a table's cell, in code too.
std::string Cell(absl::string_view text) { return absl::StrReplaceAll(text, {{"|", "\\|"}}); }

absl::string_view KindWord(ValueKind kind) {
  switch (kind) {
    case ValueKind::kNone: return "";
    case ValueKind::kString: return "string";
    case ValueKind::kName: return "name";
    case ValueKind::kInt: return "int";
    case ValueKind::kNumber: return "number";
    case ValueKind::kBool: return "bool";
    case ValueKind::kDuration: return "duration";
    case ValueKind::kSize: return "size";
    case ValueKind::kDurationOrSize: return "duration, size";
    case ValueKind::kShare: return "share";
    case ValueKind::kExpression: return "expression";
    case ValueKind::kType: return "";
    case ValueKind::kAddress: return "host:port";
    case ValueKind::kAny: return "any scalar";
  }
  return "";
}

std::string Values(const SchemaNode& node) {
  const KeySpec& spec = *node.spec;
  std::vector<std::string> forms;
  if (!KindWord(spec.kind).empty()) forms.emplace_back(KindWord(spec.kind));
  for (const std::string& word : SplitWords(spec.words))
    forms.push_back(absl::StrCat("`", word, "`"));
  for (const std::string& word : SplitWords(spec.later_words))
    forms.push_back(absl::StrCat("(`", word, "`)"));
  if (node.Item() != nullptr) forms.emplace_back("list");
  if (!node.keys.empty() || spec.free_keys) forms.emplace_back("map");
  return Cell(absl::StrJoin(forms, ", "));
}

void AppendRows(const SchemaNode& node, std::string* supported, std::vector<std::string>* later) {
  const KeySpec& spec = *node.spec;
  if (spec.status == KeyStatus::kNotYet) {
    later->push_back(absl::StrCat("| `", spec.path, "` | ", Cell(spec.description), " |\n"));
  } else {
    const absl::string_view fallback =
        spec.presence == Presence::kRequired ? "**required**" : spec.default_text;
    const bool code = spec.presence != Presence::kRequired && !fallback.empty();
    absl::StrAppend(supported, "| `", spec.path, "` | ", Values(node), " | ", code ? "`" : "",
                    Cell(fallback), code ? "`" : "", " | ", Cell(spec.description), " |\n");
  }
  if (node.Item() != nullptr) {
    if (node.Item()->spec != nullptr) {
      AppendRows(*node.Item(), supported, later);
    } else {
      for (const SchemaNode& key : node.Item()->keys) AppendRows(key, supported, later);
    }
  }
  for (const SchemaNode& key : node.keys) AppendRows(key, supported, later);
}

}  // namespace

std::string ConfigurationPage() {
  std::string page =
      "# Configuration\n\n"
      "Generated from the parser's table by `config_pages`; do not edit. A key with another name, "
      "kind or value is an error, and so\n"
      "is one that is not supported yet: nothing in the file is ignored.\n\n"
      "- **Paths**: `*` is a name of your choice, `[]` an item of a list.\n"
      "- **Durations**: `500ms`, `30s`, `10m`, `1h30m`, `7d`, `2w`. **Sizes**: `64MiB`, `1GB`. "
      "**Names**: letters, digits and `_`.\n"
      "- **Expressions** are a subset of CEL over the fields of a record. Quote those that begin "
      "with `*` or hold `: ` or ` #`.\n"
      "- **Interpolation**: `${NAME}`, `${NAME:-default}`, `${file:/path}`; messages show `***` "
      "for what came from a file. `$${` is `${`.\n"
      "- **Overrides**, strongest first: `--set server.http=127.0.0.1:8080`, "
      "`MILLRACE_SERVER_HTTP=127.0.0.1:8080`, the file.\n"
      "- Relative paths start at the file's folder. The options of a learner depend on its type: "
      "`millrace learn --describe TYPE`.\n"
      "- Words in parentheses are not supported yet.\n";
  std::vector<std::string> later;
  for (const SchemaNode& key : ConfigSchema().keys) {
    absl::StrAppend(&page, "\n## ", key.name,
                    "\n\n| Key | Values | Default | Meaning |\n|---|---|---|---|\n");
    AppendRows(key, &page, &later);
  }
  absl::StrAppend(&page,
                  "\n## Not supported yet\n\nThese keys are part of the language and are refused "
                  "with MILLRACE-2104.\n\n"
                  "| Key | Meaning |\n|---|---|\n",
                  absl::StrJoin(later, ""));
  return page;
}

std::string ErrorCodesPage() {
  std::string page =
      "# Error codes of the configuration\n\n"
      "Generated from the program's table by `config_pages`; do not edit. `millrace help errors "
      "CODE` shows one. A code keeps its\n"
      "meaning for ever.\n";
  for (const ErrorCodeInfo& info : ErrorCodes()) {
    absl::StrAppend(&page, "\n## ", ErrorCodeName(info.code), ": ", info.title, "\n\n",
                    info.explanation, "\n");
  }
  return page;
}

}  // namespace millrace
