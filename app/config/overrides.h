// `--set path=value` and `MILLRACE_SERVER_HTTP=value`: values that stand above the file's.
// Pure but for the tree and the sink; thread-compatible.

#ifndef MILLRACE_APP_CONFIG_OVERRIDES_H_
#define MILLRACE_APP_CONFIG_OVERRIDES_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "app/config/diagnostics.h"
#include "app/config/node.h"

namespace millrace {

// Sets the value at each path, in order; makes the maps on the way. A value is read as YAML.
// `flag` names the origin in messages ("--set").
void ApplySettings(const std::vector<std::pair<std::string, std::string>>& settings,
                   ConfigNode* root, DiagnosticSink* sink);

// Sets the scalars that variables MILLRACE_<PATH> name, with _ for everything that is no letter or
// digit; names the user chose must be in the tree. A variable that names no key of the
// configuration is reported as a warning.
void ApplyEnvironment(const std::map<std::string, std::string>& environment, ConfigNode* root,
                      DiagnosticSink* sink);

}  // namespace millrace

#endif  // MILLRACE_APP_CONFIG_OVERRIDES_H_
