// Bad files and exactly what is printed about them: cases/NAME.yaml and cases/NAME.txt. With
// REGENERATE_GOLDEN set in the environment the .txt files are written instead of compared.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "app/config/load.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

const std::filesystem::path kCases =
    std::filesystem::path(MILLRACE_SOURCE_DIR) / "tests/app/config/cases";

std::string ReadText(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<std::string> CaseNames() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kCases)) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class GoldenErrors : public testing::TestWithParam<std::string> {};

TEST_P(GoldenErrors, AreRenderedExactly) {
  LoadOptions options;
  options.path = GetParam() + ".yaml";
  options.text = ReadText(kCases / options.path);
  options.directory = kCases.string();
  options.environment = {{"SIZE", "big"}};
  const LoadResult result = Load(options);
  EXPECT_FALSE(result.project.has_value());
  const std::string rendered = Render(result.diagnostics, Color::kNever);
  const std::filesystem::path golden = kCases / (GetParam() + ".txt");
  if (std::getenv("REGENERATE_GOLDEN") != nullptr) {
    std::ofstream(golden, std::ios::binary) << rendered;
  }
  EXPECT_EQ(rendered, ReadText(golden));
}

INSTANTIATE_TEST_SUITE_P(Cases, GoldenErrors, testing::ValuesIn(CaseNames()),
                         [](const auto& info) { return info.param; });

// The example of the documentation: place, caret, suggestion, list, help and count.
TEST(GoldenErrors, LocateAMisspeltAggregation) {
  LoadOptions options;
  options.path = "aggregations.yaml";
  options.text = ReadText(kCases / options.path);
  const std::string rendered = Render(Load(options).diagnostics, Color::kNever);
  EXPECT_THAT(rendered,
              testing::HasSubstr("error[MILLRACE-2107]: unknown aggregation 'cuont'\n"
                                 "   21 |       n_1h:          {cuont: \"*\", window: 1h}\n"
                                 "      |                       ^^^^^ did you mean 'count'?\n"
                                 "   = known: count, sum, mean, min, max, arg_min, "));
  EXPECT_THAT(rendered, testing::HasSubstr("   = help: millrace help errors MILLRACE-2107\n"));
}

}  // namespace
}  // namespace millrace
