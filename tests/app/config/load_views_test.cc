// Views, services, and words of a project.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "app/config/load.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/app/config/shop_project.h"

namespace millrace {
namespace {

using testing::ElementsAre;

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

}  // namespace
}  // namespace millrace
