// The reference pages of the configuration, as Markdown: keys (docs/reference/configuration.md) and
// error codes (docs/reference/errors.md). Made from the tables that the parser uses.

#ifndef MILLRACE_APP_CONFIG_REFERENCE_PAGE_H_
#define MILLRACE_APP_CONFIG_REFERENCE_PAGE_H_

#include <string>

namespace millrace {

std::string ConfigurationPage();
std::string ErrorCodesPage();

}  // namespace millrace

#endif  // MILLRACE_APP_CONFIG_REFERENCE_PAGE_H_
