// The reference pages of the configuration, as Markdown: keys (docs/reference/configuration.md) and
// error codes (docs/reference/errors.md). Made from the tables that the parser uses.

#ifndef MILLRACE_APP_CONFIG_REFERENCE_PAGE_H_
#define MILLRACE_APP_CONFIG_REFERENCE_PAGE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace millrace {

std::string ConfigurationPage();
// The example at the top of the page: a whole configuration, with a task. It loads.
absl::string_view ExampleConfiguration();
std::string ErrorCodesPage();

}  // namespace millrace

#endif  // MILLRACE_APP_CONFIG_REFERENCE_PAGE_H_
