// The JSON Schema (draft 2020-12) of the configuration, for editors. Made from the table of keys.

#ifndef MILLRACE_APP_CONFIG_JSON_SCHEMA_H_
#define MILLRACE_APP_CONFIG_JSON_SCHEMA_H_

#include <string>

namespace millrace {

// The whole document, indented, with a last line end. Keys that are not supported yet are refused.
std::string ConfigJsonSchema();

}  // namespace millrace

#endif  // MILLRACE_APP_CONFIG_JSON_SCHEMA_H_
