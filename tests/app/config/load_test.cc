#include "app/config/load.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kShop[] = R"yaml(version: 1
project: shop
log:
  embedded: {path: data/log, partitions: 3}
  retain: {sources: 10GiB, predictions: 1d, examples: 2d}
state: {path: /var/state, memory: 64MiB, shards: 8, commit_every: 500ms, durability: power_loss}
server: {http: "0.0.0.0:80", grpc: "127.0.0.1:0", trusted_network: true, drain: 1m}
sources:
  visits:
    topic: visits
    time: {field: ts, unit: rfc3339}
    schema: {id: int, user: string, amount: {type: double, range: [0, 1e6]}, seen: timestamp, vip: bool}
    lateness: {out_of_order: 5s, future_skew: 1m, retention: 2d}
    on_error: stop
  app_visits:
    topic: app
    schema: {user: string, amount: double, device: string}
    lateness: {retention: 3d}
  orders:
    topic: orders
    time: record
    on_error: skip
    schema: {visit: int, total: double}
entities:
  user: {key: [user]}
views:
  spend:
    from: [visits, app_visits]
    entity: user
    ttl: 7d
    freshness: {error_after: 30s}
    accuracy: exact
    as_of: 2h
    features:
      visits: {count: "*", window: 1h}
      total: {sum: amount, window: 1h30m, lag: 5m, bounds: "(]", where: "amount > 1.0", default: 0}
      newest: {last: user, window: lifetime, default: none}
services:
  basket: {features: [spend.total, spend.visits]}
  basket@3: {features: ["spend.*"]}
  other: {version: 2, features: [spend.total]}
tasks:
  buys:
    kind: binary
    decide: {trigger: {record: visits, where: "amount > 0.0"}, id: id, align_timeout: 2s}
    label: {any: "total > 10.0", from: orders, id: visit, within: 30m}
    inputs: [amount, spend.*, {name: hour, expr: "hour(at)"}, {name: share, expr: "amount / spend.total"}]
    learners:
      quick: {type: logistic, optimizer: ftrl, alpha: 0.1, encode: {fields: {hour: onehot}}}
      slow: {type: logistic, rate: 1}
    publish: {every: 2s, min_examples: 5, max_delay: 10s}
    serve: {champion: slow}
  asked:
    kind: binary
    decide: {trigger: request, id: key, request: {key: int, user: string}}
    label: {count: "*", from: orders, id: visit, within: 1d, empty: drop}
    inputs: [{name: busy, expr: "spend.visits > 3"}]
    learners: {base: {type: constant}}
)yaml";

LoadResult LoadText(const std::string& text) {
  LoadOptions options;
  options.path = "conf/millrace.yaml";
  options.text = text;
  return Load(options);
}

Project LoadShop() {
  LoadResult result = LoadText(kShop);
  EXPECT_EQ(Render(result.diagnostics, Color::kNever), "");
  return result.project ? *std::move(result.project) : Project();
}

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
  EXPECT_EQ(visits.out_of_order_ms, 5'000);
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

Project LoadVisits(const std::string& view) {
  LoadOptions options;
  options.text = absl::StrCat(R"(
version: 1
project: shop
log: {embedded: {path: log}}
state: {path: state}
sources:
  visits: {topic: visits, schema: {user: string, seen: timestamp}}
  orders: {topic: orders, schema: {seen: int, user: string}}
entities: {user: {key: [user]}}
views:
  v: )",
                              view, "\n");
  LoadResult loaded = Load(options);
  EXPECT_TRUE(loaded.project.has_value()) << Render(loaded.diagnostics, Color::kNever);
  return loaded.project ? *std::move(loaded.project) : Project();
}

TEST(Load, ATumblingWindowBeginsAtATimeOrALengthAfter1970) {
  for (const auto& [origin, ms] : std::vector<std::pair<std::string, int64_t>>{
           {"5h", 18'000'000}, {"-1000", -1'000}, {"\"1970-01-01T05:00:00Z\"", 18'000'000}}) {
    const Project project = LoadVisits(
        absl::StrCat("{from: visits, entity: user, features: {rows: {count: \"*\", window: "
                     "{tumbling: 1d, origin: ",
                     origin, "}}}}"));
    ASSERT_EQ(project.views.size(), 1u);
    EXPECT_EQ(project.views[0]->features[0].window.origin_ms, ms) << origin;
  }
}

TEST(Load, ARecordIsKnownWhenItWasAppendedOrWhenAFieldOfItsSourceSays) {
  const auto load = [](const std::string& known_at) {
    return LoadVisits(absl::StrCat("{from: [visits, orders], entity: user, ", known_at,
                                   " features: {rows: {count: \"*\", window: 1h}}}"));
  };
  const Project none = load(""), field = load("known_at: seen,"),
                append = load("known_at: appended,");
  EXPECT_FALSE(none.views[0]->keeps_known_time);
  EXPECT_TRUE(append.views[0]->keeps_known_time);
  EXPECT_EQ(append.views[0]->inputs[0].known_field, std::nullopt);
  EXPECT_TRUE(field.views[0]->keeps_known_time);
  EXPECT_EQ(field.views[0]->inputs[0].known_field, 1);
  EXPECT_EQ(field.views[0]->inputs[1].known_field, 0);
  // State of one is not state of another.
  EXPECT_NE(none.meaning.at("views.v"), append.meaning.at("views.v"));
  EXPECT_NE(field.meaning.at("views.v"), append.meaning.at("views.v"));
}

TEST(Load, ReadsViewsOverSeveralSources) {
  const Project project = LoadShop();
  ASSERT_EQ(project.views.size(), 1u);
  const ViewSpec& view = *project.views[0];
  ASSERT_EQ(view.inputs.size(), 2u);
  EXPECT_EQ(view.inputs[1].source, 1);
  EXPECT_THAT(view.inputs[0].key_fields, ElementsAre(1));
  EXPECT_THAT(view.inputs[1].key_fields, ElementsAre(0));
  EXPECT_EQ(view.retention_ms, 3LL * 86'400'000) << "the largest of its sources";
  EXPECT_EQ(view.as_of_ms, 7'200'000);
  EXPECT_EQ(view.ttl_ms, 7LL * 86'400'000);
  EXPECT_EQ(view.stale_after_ms, 30'000);
  EXPECT_EQ(view.accuracy, Accuracy::kExact);
  ASSERT_EQ(view.features.size(), 3u);
  EXPECT_EQ(view.features[0].input[0], nullptr);
  EXPECT_EQ(view.features[0].result_type, Type::kInt);
  const FeatureSpec& total = view.features[1];
  EXPECT_EQ(total.window, (Window{WindowKind::kSliding, 5'400'000, 300'000, Bounds::kOpenClosed}));
  EXPECT_EQ(total.where_text, "amount > 1.0");
  EXPECT_EQ(total.result_type, Type::kDouble);
  EXPECT_EQ(total.default_value, OwnedValue(Value::Double(0)));
  ASSERT_EQ(total.input.size(), 2u);
  EXPECT_THAT(total.input[1]->used_fields(), ElementsAre(1));
  EXPECT_EQ(view.features[2].window.kind, WindowKind::kLifetime);
  EXPECT_EQ(view.features[2].default_value, OwnedValue(Value::String("none")));
  EXPECT_THAT(project.services.at("basket@1").features, ElementsAre("spend.total", "spend.visits"));
  EXPECT_EQ(project.services.at("basket@1").name, "basket");
  EXPECT_THAT(project.services.at("basket@3").features, ElementsAre("spend.*"));
  EXPECT_EQ(project.services.at("basket@3").version, 3);
  EXPECT_EQ(project.services.at("other@2").version, 2);
  EXPECT_EQ(project.services.size(), 3u);
}

TEST(Load, ReadsWhatPeopleSayAndWhatLearnersSeeOfWarmingWindows) {
  const std::string text = R"(version: 1
project: shop
log: {embedded: {path: ./log}}
state: {path: ./state, disk: 2GiB}
sources:
  visits: {topic: visits, description: Page views, owner: web, schema: {user: string}}
  few: {from: visits, where: 'user != ""', description: Of users we know}
entities: {user: {key: [user], description: Who looks, owner: crm}}
views:
  seen:
    description: What was seen
    owner: web
    from: visits
    entity: user
    while_warming: null
    features:
      rows: {count: "*", window: 1h, description: Views lately}
      twice: {expr: "rows * 2", description: Doubled}
  used: {from: few, entity: user, while_warming: use, features: {rows: {count: "*", window: 1h}}}
services: {page: {features: [seen.rows], description: For the page, owner: web}}
)";
  LoadResult result = Load({.path = "shop.yaml", .text = text, .directory = "/"});
  ASSERT_TRUE(result.project.has_value()) << Render(result.diagnostics, Color::kNever);
  const Project& project = *result.project;
  EXPECT_EQ(project.sources[0].documentation.description, "Page views");
  EXPECT_EQ(project.sources[0].documentation.owner, "web");
  EXPECT_EQ(project.sources[1].documentation.description, "Of users we know");
  EXPECT_EQ(project.entities[0].documentation.owner, "crm");
  EXPECT_THAT(project.entities[0].key, ElementsAre("user"));
  EXPECT_EQ(project.views[0]->documentation.description, "What was seen");
  EXPECT_EQ(project.views[0]->features[0].description, "Views lately");
  EXPECT_EQ(project.views[0]->features[1].description, "Doubled");
  EXPECT_EQ(project.services.at("page@1").documentation.owner, "web");
  EXPECT_EQ(project.state.disk_bytes, 2LL << 30);
  EXPECT_EQ(project.views[0]->while_warming, WhileWarming::kNull);
  EXPECT_EQ(project.views[1]->while_warming, WhileWarming::kUse);
  EXPECT_EQ(project.meaning.at("views.seen").find("What was seen"), std::string::npos)
      << "words change no state";
  EXPECT_NE(project.meaning.at("views.used").find("while_warming=use"), std::string::npos);
}

TEST(Load, LaysOutTheSlotsOfADecision) {
  const Project project = LoadShop();
  ASSERT_EQ(project.tasks.size(), 2u);
  const TaskSpec& task = project.tasks[0];
  EXPECT_EQ(task.trigger_source, 0);
  EXPECT_NE(task.trigger_where, nullptr);
  EXPECT_EQ(task.id_slot, 0);
  EXPECT_EQ(task.align_timeout_ms, 2'000);
  std::vector<std::string> slots;
  for (const ScopeField& slot : task.slots) slots.push_back(slot.name);
  EXPECT_THAT(slots, ElementsAre("id", "user", "amount", "seen", "vip", "at", "spend.visits",
                                 "spend.total", "spend.newest"));
  EXPECT_EQ(task.at_slot, 5);
  ASSERT_EQ(task.reads.size(), 1u);
  EXPECT_THAT(task.reads[0].key_slots, ElementsAre(1));
  EXPECT_THAT(task.reads[0].slots, ElementsAre(6, 7, 8));
  std::vector<std::string> inputs;
  for (const TaskInput& input : task.inputs)
    inputs.push_back(absl::StrCat(input.name, ":", TypeName(input.type)));
  EXPECT_THAT(inputs, ElementsAre("amount:double", "spend.visits:int", "spend.total:double",
                                  "spend.newest:string", "hour:int", "share:double"));
  EXPECT_EQ(task.inputs[2].slot, 7);
  ASSERT_NE(task.inputs[5].expression, nullptr);
  EXPECT_THAT(task.inputs[5].expression->used_fields(), ElementsAre(2, 7))
      << "positions among the slots";
}

TEST(Load, ReadsFeaturesThatOnlyAnExpressionUses) {
  const TaskSpec task = LoadShop().tasks[1];
  EXPECT_EQ(task.trigger_source, std::nullopt);
  ASSERT_EQ(task.reads.size(), 1u);
  EXPECT_THAT(task.reads[0].features, ElementsAre(0));
  EXPECT_THAT(task.reads[0].slots, ElementsAre(3));
  EXPECT_EQ(task.inputs.size(), 1u);
  EXPECT_EQ(task.inputs[0].type, Type::kBool);
}

TEST(Load, ReadsLabels) {
  const Project project = LoadShop();
  const LabelSpec& any = project.tasks[0].label;
  EXPECT_EQ(any.aggregation, LabelAggregation::kAny);
  EXPECT_EQ(any.within_ms, 1'800'000);
  EXPECT_EQ(any.empty, OwnedValue(Value::Bool(false))) << "the default of `any`";
  ASSERT_EQ(any.sources.size(), 1u);
  EXPECT_EQ(any.sources[0].source, 2);
  EXPECT_EQ(any.sources[0].id_field, 0);
  const LabelSpec& count = project.tasks[1].label;
  EXPECT_EQ(count.aggregation, LabelAggregation::kCount);
  EXPECT_EQ(count.sources[0].value, nullptr);
  EXPECT_EQ(count.empty, std::nullopt);
}

TEST(Load, ReadsLearnersAndAddsABaselineWhereThereIsNone) {
  const Project project = LoadShop();
  const TaskSpec& task = project.tasks[0];
  ASSERT_EQ(task.learners.size(), 3u);
  EXPECT_EQ(task.champion, 1);
  EXPECT_EQ(task.learners[0].options.at("encode.fields.hour"), OwnedValue(Value::String("onehot")));
  EXPECT_EQ(task.learners[1].options.at("rate"), OwnedValue(Value::Double(1)));
  EXPECT_EQ(task.learners[2].name, "constant");
  EXPECT_EQ(task.learners[2].type, FindLearnerType("constant"));
  EXPECT_EQ(task.publish_min_examples, 5u);
  EXPECT_EQ(project.tasks[1].learners.size(), 1u);
  EXPECT_EQ(project.tasks[1].champion, 0);
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
              ElementsAre("views.spend"));
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

// Damaged files are explained, and nothing crashes: bytes and lines of a good file lost or doubled.
TEST(Load, SurvivesDamage) {
  const unsigned seed = 42;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 1'500; ++i) {
    std::string text = kShop;
    for (int k = random() % 3; k >= 0; --k) {
      const size_t at = random() % text.size();
      const size_t length = std::min<size_t>(random() % 12, text.size() - at);
      switch (random() % 3) {
        case 0: text.erase(at, length); break;
        case 1: text.insert(at, text.substr(random() % text.size(), length)); break;
        default: text[at] = ":{}[],\"' \n*&0azZ"[random() % 16]; break;
      }
    }
    const LoadResult result = LoadText(text);
    const bool errors =
        std::any_of(result.diagnostics.begin(), result.diagnostics.end(),
                    [](const Diagnostic& d) { return d.severity == Severity::kError; });
    ASSERT_EQ(result.project.has_value(), !errors) << text;
  }
}

}  // namespace
}  // namespace millrace
