// What `millrace validate --explain` prints, exactly: golden/explain.txt. Sizes, which depend on
// how rows are stored, are left out. With REGENERATE_GOLDEN set the file is written.

#include "app/commands/explanation_output.h"

#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "stream/decode/json_document.h"
#include "tests/app/catalog/shop.h"

namespace millrace {
namespace {

constexpr EntityLoad kLoad = {.records_per_s = 0.5, .entities = 1'000};

std::vector<ViewExplanation> Explained() {
  const Project project = LoadShop();
  std::vector<ViewExplanation> views;
  for (int32_t v = 0; v < static_cast<int32_t>(project.views.size()); ++v) {
    views.push_back(*ExplainView(project, v, kLoad));
  }
  return views;
}

TEST(ExplanationOutput, IsAsTheGoldenFileSays) {
  const std::string path =
      std::string(MILLRACE_SOURCE_DIR) + "/tests/app/catalog/golden/explain.txt";
  // The rows of sizes, and sizes within sentences.
  std::string text = ExplanationText(Explained());
  text = std::regex_replace(text, std::regex("( *[0-9.]+ ([KMGT]i)?B)+( +[0-9,]+)*"), " SIZE");
  text = std::regex_replace(text, std::regex("entity +memory +disk +rows +records"), "entity");
  if (std::getenv("REGENERATE_GOLDEN") != nullptr) std::ofstream(path) << text;
  std::stringstream golden;
  golden << std::ifstream(path).rdbuf();
  EXPECT_EQ(text, golden.str());
}

TEST(ExplanationOutput, IsOneArrayInJson) {
  std::string out;
  JsonWriter json(&out);
  WriteExplanation(Explained(), json);
  const auto views = ParseJson(out);
  ASSERT_TRUE(views.ok()) << views.status();
  ASSERT_EQ(views->items().size(), 3u);
  const JsonValue& bulk = views->items()[1];
  EXPECT_EQ(bulk.Find("accuracy")->string_value(), "exact");
  EXPECT_TRUE(bulk.Find("records")->Find("most")->is_null());
  EXPECT_GT(bulk.Find("dense")->Find("disk_bytes")->int_value(), 0);
  EXPECT_DOUBLE_EQ(
      bulk.Find("disk_bytes")->double_value(),
      1'000.0 * static_cast<double>(bulk.Find("dense")->Find("disk_bytes")->int_value()));
  const JsonValue& window = views->items()[0].Find("windows")->items()[0];
  EXPECT_EQ(window.Find("window")->string_value(), "1h");
  EXPECT_TRUE(window.Find("exact")->bool_value());
}

TEST(ExplanationOutput, OfNoViewsIsNothing) { EXPECT_EQ(ExplanationText({}), ""); }

}  // namespace
}  // namespace millrace
