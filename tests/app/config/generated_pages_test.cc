// What is generated from the tables is what stands in the tree: after a change of a table run
// `config_pages SOURCE_DIR`.

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "app/config/json_schema.h"
#include "app/config/load.h"
#include "app/config/reference_page.h"
#include "app/config/schema_table.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string ReadSourceFile(const std::string& path) {
  std::ifstream in(std::filesystem::path(MILLRACE_SOURCE_DIR) / path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

TEST(GeneratedPages, AreUpToDate) {
  EXPECT_EQ(ReadSourceFile("docs/reference/configuration.md"), ConfigurationPage());
  EXPECT_EQ(ReadSourceFile("docs/reference/errors.md"), ErrorCodesPage());
  EXPECT_EQ(ReadSourceFile("schemas/millrace.schema.json"), ConfigJsonSchema());
}

TEST(GeneratedPages, BeginWithAnExampleThatLoads) {
  LoadOptions options;
  options.text = std::string(ExampleConfiguration());
  const LoadResult result = Load(options);
  EXPECT_TRUE(result.project.has_value()) << Render(result.diagnostics, Color::kNever);
  EXPECT_TRUE(result.diagnostics.empty()) << Render(result.diagnostics, Color::kNever);
  EXPECT_THAT(ConfigurationPage(), HasSubstr(std::string(ExampleConfiguration())));
}

TEST(GeneratedPages, NameNoCommandThatIsNot) {
  EXPECT_THAT(ConfigurationPage() + ErrorCodesPage(), Not(HasSubstr("millrace learn ")));
}

TEST(GeneratedPages, DocumentEveryKey) {
  const std::string page = ConfigurationPage();
  for (const KeySpec& spec : ConfigKeys()) {
    EXPECT_THAT(page, HasSubstr(absl::StrCat("| `", spec.path, "` |")));
  }
}

TEST(JsonSchema, ClosesItsBracketsAndItsMaps) {
  const std::string schema = ConfigJsonSchema();
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < schema.size(); ++i) {
    if (schema[i] == '"') in_string = !in_string;
    if (in_string && schema[i] == '\\') ++i;
    if (in_string) continue;
    depth += schema[i] == '{' || schema[i] == '[';
    depth -= schema[i] == '}' || schema[i] == ']';
    ASSERT_GE(depth, 0);
  }
  EXPECT_EQ(depth, 0);
  EXPECT_FALSE(in_string);
  EXPECT_THAT(
      schema,
      HasSubstr("\"required\": [\"version\", \"project\", \"log\", \"state\", \"sources\"]"));
}

}  // namespace
}  // namespace millrace
