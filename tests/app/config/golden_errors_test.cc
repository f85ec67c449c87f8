// Bad files and exactly what is printed about them: cases/NAME.yaml and cases/NAME.txt, and all of
// tests/feature_files/broken in its messages.txt. With REGENERATE_GOLDEN set in the environment the
// .txt files are written instead of compared.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
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
const std::filesystem::path kBroken =
    std::filesystem::path(MILLRACE_SOURCE_DIR) / "tests/feature_files/broken";

std::string ReadText(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<std::string> CaseNames(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
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

INSTANTIATE_TEST_SUITE_P(Cases, GoldenErrors, testing::ValuesIn(CaseNames(kCases)),
                         [](const auto& info) { return info.param; });

// As `millrace test` reads its files: what is not of the configuration is somebody else's.
LoadResult LoadBroken(const std::string& name) {
  LoadOptions options;
  options.path = name + ".yaml";
  options.text = ReadText(kBroken / options.path);
  options.directory = kBroken.string();
  options.other_keys = {"defaults", "cases", "expect_error"};
  return Load(options);
}

// The parts of messages.txt, by the name in the line "== NAME" before each.
std::map<std::string, std::string> BrokenMessages() {
  std::istringstream in(ReadText(kBroken / "messages.txt"));
  std::map<std::string, std::string> parts;
  std::string line;
  std::string* part = nullptr;
  while (std::getline(in, line)) {
    if (line.starts_with("== ")) {
      part = &parts[line.substr(3)];
    } else if (part != nullptr) {
      *part += line + "\n";
    }
  }
  return parts;
}

TEST(BrokenFeatureFiles, AreRefusedWithTheirMessages) {
  const bool regenerate = std::getenv("REGENERATE_GOLDEN") != nullptr;
  const std::map<std::string, std::string> golden = BrokenMessages();
  std::string all;
  size_t compared = 0;
  for (const std::string& name : CaseNames(kBroken)) {
    SCOPED_TRACE(name);
    const LoadResult result = LoadBroken(name);
    EXPECT_FALSE(result.project.has_value()) << "it loads without an error";
    const std::string rendered = Render(result.diagnostics, Color::kNever);
    EXPECT_THAT(rendered, testing::Not(testing::HasSubstr("is not supported yet")));
    all += "== " + name + "\n" + rendered;
    ++compared;
    const auto part = golden.find(name);
    if (!regenerate) {
      EXPECT_EQ(rendered, part == golden.end() ? "" : part->second);
    }
  }
  if (regenerate) {
    std::ofstream(kBroken / "messages.txt", std::ios::binary) << all;
  } else {
    EXPECT_EQ(golden.size(), compared) << "messages.txt has messages of files that are gone";
  }
}

// One mistake in each file, so one message.
TEST(BrokenFeatureFiles, HaveOneMessageEach) {
  for (const std::string& name : CaseNames(kBroken)) {
    EXPECT_EQ(LoadBroken(name).diagnostics.size(), 1u) << name;
  }
}

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
}

}  // namespace
}  // namespace millrace
