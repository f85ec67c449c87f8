#include "app/config/load.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/app/config/shop_project.h"

namespace millrace {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Load, ReadsStorage) {
  const Project project = LoadShop();
  EXPECT_EQ(project.name, "shop");
  EXPECT_EQ(project.OwnTopic("models.buys"), "millrace.shop.models.buys");
  EXPECT_FALSE(project.log.kafka);
  EXPECT_EQ(project.log.path, "conf/data/log") << "relative to the file";
  EXPECT_EQ(project.log.partitions, 3);
  EXPECT_EQ(project.log.sources.retain_bytes, 10LL << 30);
  EXPECT_EQ(project.log.predictions.retain_for, absl::Hours(24));
  EXPECT_EQ(project.log.examples.retain_for, absl::Hours(48));
  EXPECT_EQ(project.state.path, "/var/state");
  EXPECT_EQ(project.state.memory_bytes, 64LL << 20);
  EXPECT_EQ(project.state.shards, 8);
  EXPECT_EQ(project.state.commit_every_ms, 500);
  EXPECT_TRUE(project.state.power_loss);
  EXPECT_EQ(project.server.http, "0.0.0.0:80");
  EXPECT_EQ(project.server.drain_ms, 60'000);
}

TEST(Load, ReadsSources) {
  const Project project = LoadShop();
  ASSERT_EQ(project.sources.size(), 3u);
  const SourceSpec& visits = project.sources[0];
  EXPECT_EQ(visits.decoder.time_field, "ts");
  EXPECT_EQ(visits.decoder.time_unit, TimeUnit::kRfc3339);
  EXPECT_EQ(visits.decoder.schema.Find("amount"), 2);
  EXPECT_EQ(visits.decoder.schema.fields[2].max, 1e6);
  EXPECT_EQ(visits.decoder.schema.fields[3].type, Type::kTimestamp);
  EXPECT_EQ(visits.time_rule.out_of_order_ms, 5'000);
  EXPECT_EQ(visits.future_skew_ms, 60'000);
  EXPECT_EQ(visits.on_error, OnError::kStop);
  EXPECT_EQ(project.sources[1].decoder.time_field, std::nullopt);
  EXPECT_EQ(project.sources[1].future_skew_ms, 600'000) << "the table's default";
  EXPECT_EQ(project.sources[2].on_error, OnError::kSkip);
}

TEST(Load, ReadsFormats) {
  LoadOptions options;
  options.directory = std::string(MILLRACE_SOURCE_DIR) + "/tests/app/config/cases";
  options.text = R"(
version: 1
project: p
log: {embedded: {path: log}}
state: {path: state}
registry: {url: "http://localhost:8081/apis/ccompat/v7", token: "${TOKEN}"}
sources:
  json: {topic: a, schema: {tags: list<string>, place: vector<3>, city: {type: string, path: user.city}}}
  avro: {topic: b, format: avro, schema_file: schemas/event.avsc, time: {field: at}, schema: {id: int, user: string}}
  proto: {topic: c, format: protobuf, schema_file: schemas/event.proto, message: shop.Event, schema: {cents: {type: int, path: total.cents}}}
  framed: {topic: d, format: confluent_protobuf, message_indices: plain, schema: {id: int}}
  change: {topic: e, format: confluent_avro, envelope: debezium, time: {field: at}, schema: {id: int}}
  bare: {topic: f, format: confluent_json, envelope: none, schema: {id: int}}
)";
  options.environment = {{"TOKEN", "secret"}};
  const LoadResult result = Load(options);
  ASSERT_TRUE(result.project.has_value()) << Render(result.diagnostics, Color::kNever);
  const std::vector<SourceSpec>& sources = result.project->sources;
  EXPECT_EQ(sources[0].decoder.schema.fields[0].type, ValueType(Type::kList, Type::kString));
  EXPECT_EQ(sources[0].decoder.schema.fields[1].type.dim, 3);
  EXPECT_EQ(sources[0].decoder.schema.fields[2].path, "user.city");
  EXPECT_EQ(sources[0].decoder.envelope, Envelope::kAuto);
  EXPECT_EQ(sources[1].decoder.format, RecordFormat::kAvro);
  EXPECT_NE(sources[1].decoder.record_schema, nullptr);
  EXPECT_EQ(sources[2].decoder.message, "shop.Event");
  EXPECT_EQ(sources[3].decoder.framing, Framing::kConfluent);
  EXPECT_EQ(sources[3].decoder.message_indices, MessageIndices::kPlain);
  EXPECT_NE(sources[3].decoder.registry, nullptr);
  EXPECT_EQ(sources[4].decoder.registry, sources[3].decoder.registry) << "one for all";
  EXPECT_EQ(sources[4].decoder.envelope, Envelope::kDebezium);
  EXPECT_TRUE(sources[4].retracts) << "goes without saying";
  EXPECT_FALSE(sources[3].retracts);
  EXPECT_EQ(sources[5].decoder.format, RecordFormat::kJson);
  EXPECT_EQ(sources[5].decoder.framing, Framing::kConfluent);
}

TEST(Meaning, NamesThePartThatChanged) {
  const Project project = LoadShop();
  const auto changed = [&](const std::string& from, const std::string& to) {
    LoadResult other = LoadText(absl::StrReplaceAll(kShop, {{from, to}}));
    EXPECT_TRUE(other.project) << Render(other.diagnostics, Color::kNever);
    std::vector<std::string> parts;
    for (const auto& [part, text] : project.meaning) {
      if (other.project->meaning.at(part) != text) parts.push_back(part);
    }
    return parts;
  };
  EXPECT_THAT(changed("shards: 8", "shards: 9"), ElementsAre("state.shards"));
  EXPECT_THAT(changed("count: \"*\", window: 1h", "count: \"*\", window: 2h"),
              ElementsAre("views.spend.visits"));
  EXPECT_THAT(changed("on_error: skip", "on_error: stop"), ElementsAre("sources.orders"));
  EXPECT_THAT(changed("hour(at)", "minute(at)"), ElementsAre("tasks.buys.inputs"));
  EXPECT_THAT(changed("total > 10.0", "total > 11.0"), ElementsAre("tasks.buys.label"));
  EXPECT_THAT(changed("amount > 0.0", "amount > 2.0"), ElementsAre("tasks.buys.decide"));
  EXPECT_THAT(changed("alpha: 0.1", "alpha: 0.2"), ElementsAre("tasks.buys.learners.quick"));
  EXPECT_THAT(changed("drain: 1m", "drain: 2m"), ElementsAre());
}

TEST(Load, AcceptsTheFlightsDemo) {
  LoadOptions options;
  options.path = std::string(MILLRACE_SOURCE_DIR) + "/demos/flights/millrace.yaml";
  const LoadResult result = Load(options);
  EXPECT_EQ(Render(result.diagnostics, Color::kNever), "");
  ASSERT_TRUE(result.project);
  EXPECT_EQ(result.project->tasks[0].learners[result.project->tasks[0].champion].name, "adagrad");
  EXPECT_EQ(result.project->log.path, std::string(MILLRACE_SOURCE_DIR) + "/demos/flights/data/log");
}

TEST(Load, ReportsUnreadableAndHugeFiles) {
  LoadOptions options;
  options.path = testing::TempDir() + "/there_is_no_such_file.yaml";
  EXPECT_THAT(Render(Load(options).diagnostics, Color::kNever), HasSubstr("MILLRACE-2001"));
  options.path = testing::TempDir();
  EXPECT_THAT(Render(Load(options).diagnostics, Color::kNever), HasSubstr("MILLRACE-2001"));
  options.text = std::string((1 << 20) + 1, '#');
  EXPECT_THAT(Render(Load(options).diagnostics, Color::kNever), HasSubstr("MILLRACE-2002"));
}

}  // namespace
}  // namespace millrace
