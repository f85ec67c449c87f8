#include "app/config/parse_yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace millrace {
namespace {

using Kind = ConfigNode::Kind;
constexpr size_t kMaxDepth = 32;

// Where the scalar that begins at `place` ends on its line: the bytes it occupies there.
int RawLength(absl::string_view line, int column, const std::string& text) {
  if (column >= static_cast<int>(line.size())) return 1;
  const absl::string_view rest = line.substr(column);
  const char quote = rest[0];
  if (quote == '"' || quote == '\'') {
    for (size_t i = 1; i < rest.size(); ++i) {
      if (quote == '"' && rest[i] == '\\') {
        ++i;
      } else if (rest[i] == quote) {
        if (quote == '\'' && i + 1 < rest.size() && rest[i + 1] == quote) {
          ++i;
        } else {
          return static_cast<int>(i) + 1;
        }
      }
    }
    return static_cast<int>(rest.size());
  }
  if (quote == '|' || quote == '>') return 1;
  if (absl::StartsWith(rest, text)) return std::max<int>(1, static_cast<int>(text.size()));
  return static_cast<int>(absl::StripTrailingAsciiWhitespace(rest).size());
}

// Builds the tree from the parser's events. Anchors, which yaml-cpp would resolve, and duplicate
// keys, which it would drop, are only seen here.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(int text, DiagnosticSink* sink) : text_(text), sink_(sink) {}

  ConfigNode TakeRoot() { return std::move(root_); }
  int documents() const { return documents_; }
  const YAML::Mark& last_document() const { return last_document_; }
  // The parser began again where it had begun.
  bool stuck() const { return documents_ > 1 && last_document_.pos == first_document_.pos; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 1) first_document_ = mark;
    last_document_ = mark;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    ConfigNode node = NodeAt(Kind::kNull, mark);
    CheckAnchor(anchor, "", &node);
    Attach(std::move(node));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    ConfigNode node = NodeAt(Kind::kNull, mark);
    node.bad = true;
    sink_->Error(ConfigErrorCode::kAnchor, node.place, "YAML aliases are not accepted").suggestion =
        "write the value out, or quote it";
    Attach(std::move(node));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    ConfigNode node = NodeAt(Kind::kScalar, mark);
    node.text = value;
    node.shown = value;
    node.quoted = tag == "!";
    node.place.length = RawLength(sink_->Line(text_, node.place.line), node.place.column, value);
    CheckAnchor(anchor, tag, &node);
    Attach(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(Kind::kList, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(Kind::kMap, mark, tag, anchor);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Frame {
    ConfigNode node;
    std::optional<ConfigNode> key;  // of a map: read, its value not yet
  };

  ConfigNode NodeAt(Kind kind, const YAML::Mark& mark) const {
    ConfigNode node;
    node.kind = kind;
    node.place = {text_, mark.line + 1, mark.column, 1};
    return node;
  }

  void CheckAnchor(YAML::anchor_t anchor, const std::string& tag, ConfigNode* node) {
    if (anchor != 0) {
      node->bad = true;
      sink_->Error(ConfigErrorCode::kAnchor, node->place, "YAML anchors are not accepted")
          .suggestion = "write the value out where it is needed";
    } else if (!tag.empty() && tag != "?" && tag != "!") {
      node->bad = true;
      sink_->Error(ConfigErrorCode::kAnchor, node->place, "YAML tags are not accepted").suggestion =
          "quote the value to make it a string";
    }
  }

  void Open(Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (stack_.size() >= kMaxDepth) {
      throw YAML::ParserException(mark, absl::StrCat("nested deeper than ", kMaxDepth, " levels"));
    }
    Frame frame{NodeAt(kind, mark), std::nullopt};
    CheckAnchor(anchor, tag, &frame.node);
    stack_.push_back(std::move(frame));
  }

  void Close() {
    ConfigNode node = std::move(stack_.back().node);
    stack_.pop_back();
    Attach(std::move(node));
  }

  void Attach(ConfigNode node) {
    if (stack_.empty()) {
      if (documents_ == 1) root_ = std::move(node);
      return;
    }
    Frame& frame = stack_.back();
    if (frame.node.is_list()) {
      frame.node.items.push_back(std::move(node));
    } else if (!frame.key) {
      CheckKey(&node);
      frame.key = std::move(node);
    } else {
      AddMember(std::move(*frame.key), std::move(node), &frame.node);
      frame.key.reset();
    }
  }

  void CheckKey(ConfigNode* key) {
    if (key->bad) return;
    if (!key->is_scalar()) {
      key->bad = true;
      sink_->Error(ConfigErrorCode::kWrongType, key->place,
                   "a key must be a plain word or a string");
    } else if (!key->quoted && IsBooleanWord(key->text)) {
      key->bad = true;
      sink_
          ->Error(ConfigErrorCode::kBooleanWord, key->place,
                  absl::StrCat("the key '", key->text, "' is a boolean to YAML"))
          .suggestion = absl::StrCat("quote it: \"", key->text, "\"");
    }
  }

  void AddMember(ConfigNode key, ConfigNode value, ConfigNode* map) {
    // Members with a bad key are left out, and so is what depends on them.
    if (key.bad) {
      map->bad = true;
      return;
    }
    if (const ConfigMember* first = map->FindMember(key.text)) {
      sink_->Error(
          ConfigErrorCode::kDuplicateKey, key.place,
          absl::StrCat("duplicate key '", key.text, "', first on line ", first->key.place.line));
      return;
    }
    map->members.push_back({std::move(key), std::move(value)});
  }

  const int text_;
  DiagnosticSink* const sink_;
  ConfigNode root_;
  std::vector<Frame> stack_;
  int documents_ = 0;
  YAML::Mark first_document_;
  YAML::Mark last_document_;
};

bool ReportTabs(int text, DiagnosticSink* sink) {
  bool found = false;
  const size_t lines = std::count(sink->text(text).begin(), sink->text(text).end(), '\n') + 1;
  for (size_t line = 1; line <= lines; ++line) {
    const absl::string_view bytes = sink->Line(text, static_cast<int>(line));
    const size_t tab = bytes.find_first_not_of(' ');
    if (tab == absl::string_view::npos || bytes[tab] != '\t') continue;
    if (absl::StripAsciiWhitespace(bytes).empty()) continue;
    sink->Error(ConfigErrorCode::kTab, {text, static_cast<int>(line), static_cast<int>(tab), 1},
                "tab in indentation")
        .suggestion = "indent by spaces";
    found = true;
  }
  return found;
}

// The offset of the first byte that is not UTF-8 text, or npos.
size_t FindNonText(absl::string_view bytes) {
  for (size_t i = 0; i < bytes.size();) {
    const unsigned char c = bytes[i];
    const int more = c < 0x80             ? 0
                     : (c & 0xE0) == 0xC0 ? 1
                     : (c & 0xF0) == 0xE0 ? 2
                     : (c & 0xF8) == 0xF0 ? 3
                                          : -1;
    if (more < 0 || c == 0 || i + more >= bytes.size()) return i;
    for (int k = 1; k <= more; ++k) {
      if ((static_cast<unsigned char>(bytes[i + k]) & 0xC0) != 0x80) return i;
    }
    i += more + 1;
  }
  return absl::string_view::npos;
}

std::string SyntaxHint(absl::string_view line) {
  if (absl::StrContains(line, ": *") || absl::StrContains(line, "[*")) return "quote it: \"*\"";
  if (absl::StrContains(line, "${")) return "quote values with ${…} inside { } and [ ]";
  return "";
}

}  // namespace

bool IsBooleanWord(absl::string_view word) {
  for (absl::string_view boolean : {"yes", "no", "on", "off", "y", "n"}) {
    if (absl::EqualsIgnoreCase(word, boolean)) return true;
  }
  return false;
}

std::optional<ConfigNode> ParseYaml(int text, size_t skip, DiagnosticSink* sink) {
  std::string bytes(sink->text(text));
  if (const size_t bad = FindNonText(bytes); bad != std::string::npos) {
    const int line = 1 + static_cast<int>(std::count(bytes.data(), bytes.data() + bad, '\n'));
    const size_t start = bad == 0 ? std::string::npos : bytes.rfind('\n', bad - 1);
    const int column = static_cast<int>(start == std::string::npos ? bad : bad - start - 1);
    sink->Error(ConfigErrorCode::kSyntax, {text, line, column, 1}, "not UTF-8 text");
    return std::nullopt;
  }
  // Blanks keep the columns of what follows.
  std::fill_n(bytes.begin(), std::min(skip, bytes.size()), ' ');
  if (ReportTabs(text, sink)) return std::nullopt;

  TreeBuilder builder(text, sink);
  try {
    std::istringstream stream(bytes);
    YAML::Parser parser(stream);
    // A stray `,` makes yaml-cpp 0.7 start documents for ever, without going on.
    while (builder.documents() < 2 && parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::ParserException& e) {
    const TextPlace place{text, std::max(1, e.mark.line + 1), std::max(0, e.mark.column), 1};
    sink->Error(ConfigErrorCode::kSyntax, place, absl::StrCat("not YAML: ", e.msg)).suggestion =
        SyntaxHint(sink->Line(text, place.line));
    return std::nullopt;
  } catch (const std::exception& e) {
    sink->Error(ConfigErrorCode::kSyntax, {text, 0, 0, 1}, absl::StrCat("not YAML: ", e.what()));
    return std::nullopt;
  }
  if (builder.documents() > 1) {
    const YAML::Mark& mark = builder.last_document();
    sink->Error(ConfigErrorCode::kSyntax,
                {text, mark.line + 1, mark.column, builder.stuck() ? 1 : 3},
                builder.stuck() ? "not YAML: unexpected character" : "more than one YAML document");
    return std::nullopt;
  }
  return builder.TakeRoot();
}

TextPlace PlaceWithin(const ConfigNode& scalar, int begin, int end, const DiagnosticSink& sink) {
  const absl::string_view line = sink.Line(scalar.place.text, scalar.place.line);
  const size_t column = scalar.place.column;
  if (scalar.interpolated || column >= line.size()) return scalar.place;
  const char quote = scalar.quoted ? line[column] : '\0';
  if (scalar.quoted && quote != '"' && quote != '\'') return scalar.place;
  size_t raw = column + (scalar.quoted ? 1 : 0);
  // Steps over the source one character of the text at a time: escapes take two bytes there.
  size_t from = raw;
  for (int i = 0; i < end; ++i) {
    if (i == begin) from = raw;
    if (raw >= line.size()) return scalar.place;
    const bool escaped =
        (quote == '\'' && line[raw] == '\'') || (quote == '"' && line[raw] == '\\');
    raw += escaped ? 2 : 1;
    const char seen = line[std::min(raw, line.size()) - 1];
    if (i >= static_cast<int>(scalar.text.size()) || scalar.text[i] != seen) return scalar.place;
  }
  if (begin >= end) from = raw;
  return {scalar.place.text, scalar.place.line, static_cast<int>(from),
          std::max<int>(1, static_cast<int>(raw - from))};
}

}  // namespace millrace
