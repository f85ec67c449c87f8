// What the readers of a test file share: a map with known keys, and scalars of a kind, each
// reported where it stands when it is wrong. Thread-compatible.

#ifndef MILLRACE_APP_TESTING_NODE_READER_H_
#define MILLRACE_APP_TESTING_NODE_READER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "app/config/diagnostics.h"
#include "app/config/node.h"
#include "core/value.h"

namespace millrace {

class NodeReader {
 public:
  explicit NodeReader(DiagnosticSink* sink) : sink_(sink) {}
  DiagnosticSink& sink() { return *sink_; }

  // True when `node` is a map whose keys are all known. `later` are keys that are part of the
  // format and not supported yet.
  bool CheckMap(const ConfigNode& node, absl::string_view what,
                const std::vector<std::string>& known, const std::vector<std::string>& later = {});

  // Each reports and returns nullopt when the value is of another kind.
  std::optional<int64_t> Int(const ConfigNode& node, absl::string_view what);
  std::optional<double> Number(const ConfigNode& node, absl::string_view what);
  std::optional<bool> Bool(const ConfigNode& node, absl::string_view what);
  std::optional<std::string> Text(const ConfigNode& node, absl::string_view what);
  // An integer of milliseconds since the epoch, or RFC 3339.
  std::optional<int64_t> Time(const ConfigNode& node, absl::string_view what);

  // Index of `node` among the names; -1 after reporting "unknown <what> '…'".
  int Find(const ConfigNode& node, absl::string_view what, const std::vector<std::string>& names);

  void Fail(const ConfigNode& node, std::string message);

 private:
  DiagnosticSink* const sink_;
};

// Times as above, without a report.
std::optional<int64_t> ParseTestTime(const ConfigNode& node);

// The scalar as a value of the type; timestamps as ParseTestTime. nullopt when it is of another.
std::optional<OwnedValue> TestValueOf(const ConfigNode& node, Type type);
// The scalar as JSON would have it: null, bool, int, double, else a string.
OwnedValue PlainScalarOf(const ConfigNode& node);
// That, or a list or map of such; nullopt for what is nested deeper.
std::optional<OwnedValue> PlainValueOf(const ConfigNode& node);

// The tree as JSON, numbers as they are written where JSON can write them so.
std::string JsonOf(const ConfigNode& node);
// The tree as YAML on one line, for messages.
std::string FlowText(const ConfigNode& node);

}  // namespace millrace

#endif  // MILLRACE_APP_TESTING_NODE_READER_H_
