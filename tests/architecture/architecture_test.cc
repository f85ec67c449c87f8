// The boundaries of ARCHITECTURE.md hold in this very tree.

#include <filesystem>
#include <fstream>
#include <sstream>

#include "gtest/gtest.h"
#include "tests/architecture/rules.h"
#include "tests/architecture/source_tree.h"

namespace millrace::architecture {
namespace {

const SourceTree& Tree() {
  static const SourceTree tree = SourceTree::Read(MILLRACE_SOURCE_DIR);
  return tree;
}

void ExpectNone(const std::vector<std::string>& violations) {
  std::ostringstream all;
  for (const std::string& violation : violations) all << "\n  " << violation;
  EXPECT_TRUE(violations.empty()) << violations.size() << " violation(s):" << all.str();
}

TEST(Architecture, TreeWasFound) {
  EXPECT_TRUE(Tree().files.contains("core/clock.cc")) << "no sources below " MILLRACE_SOURCE_DIR;
  EXPECT_TRUE(Tree().cmake_lists.contains("core/CMakeLists.txt"));
}

TEST(Architecture, IncludesPointDownTheLayers) { ExpectNone(LayerViolations(Tree())); }

TEST(Architecture, ThirdPartiesStayInsideTheirFences) { ExpectNone(FenceViolations(Tree())); }

TEST(Architecture, OurFilesAreIncludedByFullPath) { ExpectNone(IncludePathViolations(Tree())); }

TEST(Architecture, OnlyTheClockReadsTimeAndOnlySeedsMakeRandomness) {
  ExpectNone(ClockViolations(Tree()));
}

TEST(Architecture, EverySourceIsBuilt) { ExpectNone(UnlistedSources(Tree())); }

TEST(Architecture, FileNamesNameConcepts) { ExpectNone(NameViolations(Tree())); }

TEST(Architecture, EveryMetricIsDocumented) {
  const std::filesystem::path page =
      std::filesystem::path(MILLRACE_SOURCE_DIR) / "docs" / "reference" / "metrics.md";
  if (!std::filesystem::exists(page)) return;
  std::ifstream in(page);
  std::ostringstream text;
  text << in.rdbuf();
  ExpectNone(UndocumentedMetrics(Tree(), text.str()));
}

}  // namespace
}  // namespace millrace::architecture
