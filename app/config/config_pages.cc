// config_pages DIR: writes what is generated from the tables of the configuration into the source
// tree at DIR: docs/reference/configuration.md, docs/reference/errors.md and
// schemas/millrace.schema.json. A test compares them.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "app/config/json_schema.h"
#include "app/config/reference_page.h"

namespace {

bool Write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) std::fprintf(stderr, "config_pages: cannot write %s\n", path.c_str());
  return static_cast<bool>(out);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: config_pages DIR\n");
    return 64;
  }
  const std::filesystem::path root = argv[1];
  const bool written =
      Write(root / "docs/reference/configuration.md", millrace::ConfigurationPage()) &&
      Write(root / "docs/reference/errors.md", millrace::ErrorCodesPage()) &&
      Write(root / "schemas/millrace.schema.json", millrace::ConfigJsonSchema());
  return written ? 0 : 1;
}
