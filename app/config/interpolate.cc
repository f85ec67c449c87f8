#include "app/config/interpolate.h"

#include <filesystem>
#include <fstream>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace millrace {
namespace {

constexpr size_t kMaxSecretBytes = 64 << 10;

std::optional<std::string> ReadSecret(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  std::ifstream in(path, std::ios::binary);
  std::string bytes(kMaxSecretBytes + 1, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (in.bad() || in.gcount() > static_cast<std::streamsize>(kMaxSecretBytes)) return std::nullopt;
  bytes.resize(in.gcount());
  if (absl::EndsWith(bytes, "\n")) bytes.pop_back();
  if (absl::EndsWith(bytes, "\r")) bytes.pop_back();
  return bytes;
}

class Interpolator {
 public:
  Interpolator(const std::map<std::string, std::string>& environment, const std::string& directory,
               DiagnosticSink* sink)
      : environment_(environment), directory_(directory), sink_(sink) {}

  void Visit(ConfigNode* node) {
    for (ConfigNode& item : node->items) Visit(&item);
    for (ConfigMember& member : node->members) Visit(&member.value);
    if (node->is_scalar() && !node->bad && absl::StrContains(node->text, "${")) Replace(node);
  }

 private:
  void Fail(ConfigNode* node, const std::string& message, const std::string& suggestion = "") {
    node->bad = true;
    sink_->Error(ConfigErrorCode::kInterpolation, node->place, message).suggestion = suggestion;
  }

  void Replace(ConfigNode* node) {
    const std::string raw = node->text;
    std::string text, shown;
    for (size_t i = 0; i < raw.size();) {
      if (raw.compare(i, 3, "$${") == 0) {
        text += "${";
        shown += "${";
        i += 3;
      } else if (raw.compare(i, 2, "${") == 0) {
        const size_t end = raw.find('}', i);
        if (end == std::string::npos) {
          return Fail(node, "'${' without '}'", "quote the value inside { } and [ ]");
        }
        const std::string inside = raw.substr(i + 2, end - i - 2);
        absl::string_view path = inside;
        const bool secret = absl::ConsumePrefix(&path, "file:");
        const std::optional<std::string> value =
            secret ? FromFile(node, std::string(path)) : FromEnvironment(node, inside);
        if (!value) return;
        text += *value;
        shown += secret ? "***" : *value;
        i = end + 1;
      } else {
        text += raw[i];
        shown += raw[i++];
      }
    }
    node->text = std::move(text);
    node->shown = std::move(shown);
    node->interpolated = true;
  }

  std::optional<std::string> FromFile(ConfigNode* node, const std::string& path) {
    const std::optional<std::string> value =
        ReadSecret((std::filesystem::path(directory_) / path).string());
    if (!value) {
      Fail(node, absl::StrCat("the file '", path, "' cannot be read, or has more than 64 KiB"));
    }
    return value;
  }

  std::optional<std::string> FromEnvironment(ConfigNode* node, const std::string& inside) {
    const size_t dash = inside.find(":-");
    const std::string name = inside.substr(0, dash);
    const auto it = environment_.find(name);
    // As in a shell, `:-` also stands in for an empty variable.
    if (dash != std::string::npos && (it == environment_.end() || it->second.empty())) {
      return inside.substr(dash + 2);
    }
    if (it != environment_.end()) return it->second;
    Fail(node, absl::StrCat("the environment variable '", name, "' is not set"),
         absl::StrCat("give a default: ${", name, ":-…}"));
    return std::nullopt;
  }

  const std::map<std::string, std::string>& environment_;
  const std::string& directory_;
  DiagnosticSink* const sink_;
};

}  // namespace

void Interpolate(const std::map<std::string, std::string>& environment,
                 const std::string& directory, ConfigNode* node, DiagnosticSink* sink) {
  Interpolator(environment, directory, sink).Visit(node);
}

}  // namespace millrace
