#include "app/config/compile.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "app/config/check.h"
#include "app/config/parse_yaml.h"
#include "app/config/suggest.h"
#include "core/check.h"

namespace millrace {

std::optional<Project> CompileProject(const ConfigNode& root, const std::string& directory,
                                      DiagnosticSink* sink) {
  ProjectDraft draft;
  draft.directory = directory;
  draft.sink = sink;
  const Section section(root);
  ReadStorage(section, &draft);
  ReadRegistry(section, &draft);
  ReadEntities(section, &draft);
  ReadSourcesAndViews(section, &draft);
  ReadServices(section, &draft);
  ReadTasks(section, &draft);
  if (sink->has_errors()) return std::nullopt;
  // Whatever was left out was reported.
  CHECK(draft.broken_views.empty() && draft.broken_features.empty());
  DescribeMeaning(&draft.project);
  return std::move(draft.project);
}

std::vector<std::string> ProjectDraft::SourceNames() const {
  std::vector<std::string> names;
  for (const SourceSpec& source : project.sources) names.push_back(source.name);
  return names;
}

int ProjectDraft::FindSource(const ConfigNode& node) const {
  for (size_t i = 0; i < project.sources.size(); ++i) {
    if (project.sources[i].name == node.text) return static_cast<int>(i);
  }
  Diagnostic& d = sink->Error(ConfigErrorCode::kUnknownReference, node.place,
                              absl::StrCat("unknown source '", node.shown, "'"));
  d.known = SourceNames();
  d.suggestion = DidYouMean(node.text, d.known);
  for (const SourceSpec& source : project.sources) {
    if (source.topic == node.text) {
      d.suggestion = absl::StrCat("that is a topic; the source that reads it is ", source.name);
    }
  }
  return -1;
}

int ProjectDraft::FindView(absl::string_view name) const {
  for (size_t i = 0; i < project.views.size(); ++i) {
    if (project.views[i]->name == name) return static_cast<int>(i);
  }
  return -1;
}

std::shared_ptr<const Expression> CompileExpression(const ConfigNode& node, const Scope& scope,
                                                    const std::set<std::string>& broken,
                                                    absl::string_view context,
                                                    DiagnosticSink* sink) {
  TextRange range;
  absl::StatusOr<std::shared_ptr<const Expression>> compiled =
      Expression::Compile(node.text, scope, &range);
  if (compiled.ok()) return *std::move(compiled);
  if (MentionsAny(node.text, broken)) return nullptr;
  // What the message suggests is shown where all other suggestions are.
  const std::string message(compiled.status().message());
  std::vector<std::string> parts = absl::StrSplit(message, absl::MaxSplits("; did you mean ", 1));
  const bool suggests = parts.size() == 2;
  if (!suggests) parts = absl::StrSplit(message, absl::MaxSplits("; there are ", 1));
  Diagnostic& d =
      sink->Error(ConfigErrorCode::kExpression, PlaceWithin(node, range.begin, range.end, *sink),
                  absl::StrCat(context, context.empty() ? "" : ": ", parts[0]));
  if (suggests) d.suggestion = absl::StrCat("did you mean ", parts[1]);
  if (!suggests && parts.size() == 2) d.known = absl::StrSplit(parts[1], ", ");
  return nullptr;
}

bool MentionsAny(absl::string_view text, const std::set<std::string>& names) {
  const auto in_word = [](char c) { return absl::ascii_isalnum(c) || c == '_'; };
  for (const std::string& name : names) {
    for (size_t at = text.find(name); at != absl::string_view::npos; at = text.find(name, at + 1)) {
      const size_t end = at + name.size();
      const bool begins = at == 0 || (!in_word(text[at - 1]) && text[at - 1] != '.');
      if (begins && (end == text.size() || !in_word(text[end]))) return true;
    }
  }
  return false;
}

Scope ScopeOf(const Schema& schema) {
  Scope scope;
  for (const Field& field : schema.fields) scope.push_back({field.name, field.type});
  return scope;
}

Documentation ReadDocumentation(const Section& section) {
  return {section.Text("description"), section.Text("owner")};
}

bool ReadType(const ConfigNode& word, DiagnosticSink* sink, ValueType* type) {
  // Larger lists would not be taken from a record either.
  constexpr int32_t kMaxDim = 65'536;
  *type = ParseValueType(word.text).value_or(ValueType());
  if (type->dim <= kMaxDim) return true;
  sink->Error(ConfigErrorCode::kOutOfRange, word.place,
              absl::StrCat("a vector has at most ", kMaxDim, " items"));
  return false;
}

}  // namespace millrace
