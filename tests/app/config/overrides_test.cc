#include "app/config/load.h"

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

using testing::HasSubstr;

constexpr char kText[] =
    "version: 1\n"
    "project: shop\n"
    "log: {kafka: {brokers: \"${BROKERS:-localhost:9092}\"}}\n"
    "state: {path: state}\n"
    "sources:\n"
    "  page_views:\n"
    "    topic: page_views\n"
    "    schema: {id: int}\n";

LoadOptions Options() {
  LoadOptions options;
  options.text = kText;
  return options;
}

TEST(Overrides, SettingsStandAboveTheEnvironmentAndThatAboveTheFile) {
  LoadOptions options = Options();
  EXPECT_EQ(Load(options).project->sources[0].topic, "page_views");
  options.environment["MILLRACE_SOURCES_PAGE_VIEWS_TOPIC"] = "from_environment";
  EXPECT_EQ(Load(options).project->sources[0].topic, "from_environment");
  options.settings = {{"sources.page_views.topic", "first"}, {"sources.page_views.topic", "last"}};
  EXPECT_EQ(Load(options).project->sources[0].topic, "last");
}

TEST(Overrides, MakeTheMapsOnTheirWay) {
  LoadOptions options = Options();
  options.settings = {{"server.drain", "7s"}, {"sources.page_views.lateness.retention", "2d"}};
  options.environment["MILLRACE_SERVER_HTTP"] = "127.0.0.1:8080";
  const LoadResult result = Load(options);
  ASSERT_TRUE(result.project) << Render(result.diagnostics, Color::kNever);
  EXPECT_EQ(result.project->server.drain_ms, 7'000);
  EXPECT_EQ(result.project->server.http, "127.0.0.1:8080");
  EXPECT_EQ(result.project->sources[0].retention_ms, 2LL * 86'400'000);
}

TEST(Overrides, TakeDottedPropertiesOfKafkaAsOneKey) {
  LoadOptions options = Options();
  options.settings = {{"log.kafka.properties.fetch.wait.max.ms", "5"}};
  const LoadResult result = Load(options);
  ASSERT_TRUE(result.project) << Render(result.diagnostics, Color::kNever);
  EXPECT_EQ(result.project->log.properties,
            (std::map<std::string, std::string>{{"fetch.wait.max.ms", "5"}}));
}

TEST(Overrides, AreCheckedAndLocatedAsTheFileIs) {
  LoadOptions options = Options();
  options.settings = {
      {"state.memroy", "1GiB"}, {"state.shards", "many"}, {"project.x", "1"}, {"", "1"}};
  const std::string rendered = Render(Load(options).diagnostics, Color::kNever);
  EXPECT_THAT(rendered, HasSubstr("--set:1:7: error[MILLRACE-2101]: unknown key 'memroy'\n"
                                  "    1 | state.memroy=1GiB\n"
                                  "      |       ^^^^^^ did you mean 'memory'?\n"));
  EXPECT_THAT(rendered, HasSubstr("'shards' must be a whole number, found the string 'many'"));
  EXPECT_THAT(rendered, HasSubstr("'project' has a value and no keys"));
  EXPECT_THAT(rendered, HasSubstr("'' is no path of keys"));
}

TEST(Overrides, WarnOfVariablesThatNameNoKey) {
  LoadOptions options = Options();
  options.environment["MILLRACE_SERVER_HTPP"] = "x";
  const LoadResult result = Load(options);
  EXPECT_TRUE(result.project);
  ASSERT_EQ(result.diagnostics.size(), 1u);
  EXPECT_EQ(result.diagnostics[0].severity, Severity::kWarning);
}

TEST(Interpolation, TakesVariablesAndDefaults) {
  LoadOptions options = Options();
  EXPECT_EQ(Load(options).project->log.brokers, "localhost:9092");
  options.environment["BROKERS"] = "kafka:9092";
  EXPECT_EQ(Load(options).project->log.brokers, "kafka:9092");
  options.settings = {{"log.kafka.brokers", "a$${b}"}};
  EXPECT_EQ(Load(options).project->log.brokers, "a${b}");
}

TEST(Interpolation, TakesFilesAndNeverShowsThem) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / "millrace_interpolation";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "secret") << "hunter2\n";
  LoadOptions options = Options();
  options.directory = folder.string();
  options.settings = {{"log.kafka.properties.sasl.password", "${file:secret}"}};
  LoadResult result = Load(options);
  ASSERT_TRUE(result.project) << Render(result.diagnostics, Color::kNever);
  EXPECT_EQ(result.project->log.properties["sasl.password"], "hunter2");

  options.settings = {{"state.shards", "\"${file:secret}\""},
                      {"sources.page_views.format", "${file:secret}"},
                      {"server.http", "${file:secret}"}};
  result = Load(options);
  EXPECT_FALSE(result.project);
  const std::string rendered = Render(result.diagnostics, Color::kNever);
  EXPECT_THAT(rendered, HasSubstr("***"));
  EXPECT_THAT(rendered, testing::Not(HasSubstr("hunter2")));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace millrace
