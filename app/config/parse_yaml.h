// YAML text → ConfigNode, refusing what makes YAML surprising: duplicate keys, anchors, aliases,
// tags, tabs in indentation, boolean words as keys, several documents. Thread-safe.

#ifndef MILLRACE_APP_CONFIG_PARSE_YAML_H_
#define MILLRACE_APP_CONFIG_PARSE_YAML_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "app/config/diagnostics.h"
#include "app/config/node.h"

namespace millrace {

// Parses text number `text` of the sink, of which the first `skip` bytes do not count. nullopt
// after an error that leaves no tree; errors that leave one are reported all, and mark what they
// concern as bad.
std::optional<ConfigNode> ParseYaml(int text, size_t skip, DiagnosticSink* sink);

// yes, no, on, off, y, n in any case: booleans to YAML 1.1.
bool IsBooleanWord(absl::string_view word);

// The place of bytes [begin, end) of a scalar's text; the whole scalar where that cannot be told
// (several lines, interpolated).
TextPlace PlaceWithin(const ConfigNode& scalar, int begin, int end, const DiagnosticSink& sink);

}  // namespace millrace

#endif  // MILLRACE_APP_CONFIG_PARSE_YAML_H_
