// Checks a tree against the table of the configuration language: keys, kinds of values, words,
// names. Thread-safe.

#ifndef MILLRACE_APP_CONFIG_CHECK_H_
#define MILLRACE_APP_CONFIG_CHECK_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "app/config/diagnostics.h"
#include "app/config/node.h"
#include "app/config/schema_table.h"

namespace millrace {

// Reports everything that does not fit, and marks it bad: values of which nothing can be said, and
// maps that lack something.
void CheckTree(const SchemaNode& schema, ConfigNode* root, DiagnosticSink* sink);

// "the number 12", "the string 'x'", "a list": what a value is, as messages say it.
std::string Describe(const ConfigNode& node);

// A plain scalar as YAML 1.2's core schema reads it. A quoted one is a string only.
bool IsInt(const ConfigNode& node);
bool IsNumber(const ConfigNode& node);
bool IsBool(const ConfigNode& node);

// "127.0.0.1:7470", "[::1]:0", "localhost:80": the host without brackets; nullopt when it is no
// address with a port.
std::optional<std::string> AddressHost(absl::string_view address);

// True of letters, digits and _, not beginning with a digit, at most 64 characters, and no word
// that expressions reserve.
bool IsValidName(absl::string_view name);
// Why a name is none. REQUIRES: !IsValidName(name).
std::string NameAdvice(absl::string_view name);

}  // namespace millrace

#endif  // MILLRACE_APP_CONFIG_CHECK_H_
