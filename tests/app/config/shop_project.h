// A project that uses what the configuration knows of storage, sources, views, services and tasks.

#ifndef MILLRACE_TESTS_APP_CONFIG_SHOP_PROJECT_H_
#define MILLRACE_TESTS_APP_CONFIG_SHOP_PROJECT_H_

#include <string>

#include "app/config/load.h"

namespace millrace {

// The text of its file.
extern const char kShop[];

// `text` as the file conf/millrace.yaml.
LoadResult LoadText(const std::string& text);

// Fails the test when kShop is not without diagnostics.
Project LoadShop();

}  // namespace millrace

#endif  // MILLRACE_TESTS_APP_CONFIG_SHOP_PROJECT_H_
