// `${NAME}`, `${NAME:-default}` and `${file:/path}` in the scalars of a configuration.
// Thread-compatible; reads files, which may block.

#ifndef MILLRACE_APP_CONFIG_INTERPOLATE_H_
#define MILLRACE_APP_CONFIG_INTERPOLATE_H_

#include <map>
#include <string>

#include "app/config/diagnostics.h"
#include "app/config/node.h"

namespace millrace {

// Replaces what is in all values (not keys) below `node`, and reports what cannot be. Files count
// as secrets: ConfigNode::shown has *** in their place. Relative paths start at `directory`.
void Interpolate(const std::map<std::string, std::string>& environment,
                 const std::string& directory, ConfigNode* node, DiagnosticSink* sink);

}  // namespace millrace

#endif  // MILLRACE_APP_CONFIG_INTERPOLATE_H_
