#include "app/catalog/catalog_json.h"

#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "stream/decode/json_document.h"
#include "tests/app/catalog/shop.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CatalogJsonTest : public ::testing::Test {
 protected:
  explicit CatalogJsonTest(const std::string& text = kShop)
      : project_(LoadShop(text)), root_(*ParseJson(CatalogJson(project_))) {}

  // The item of a list that has the name under `kind`.
  static const JsonValue& Item(const JsonValue& list, absl::string_view kind,
                               absl::string_view name) {
    for (const JsonValue& item : list.items()) {
      if (item.Find(kind)->string_value() == name) return item;
    }
    ADD_FAILURE() << "no " << kind << " " << name;
    return list;
  }
  const JsonValue& View(absl::string_view name) const {
    return Item(*root_.Find("views"), "view", name);
  }
  const JsonValue& Feature(absl::string_view view, absl::string_view name) const {
    return Item(*View(view).Find("features"), "feature", name);
  }
  static std::string Text(const JsonValue& object, absl::string_view name) {
    return std::string(object.Find(name)->string_value());
  }
  static std::vector<std::string> Names(const JsonValue& object, absl::string_view name) {
    std::vector<std::string> names;
    for (const JsonValue& item : object.Find(name)->items()) {
      names.emplace_back(item.string_value());
    }
    return names;
  }

  const Project project_;
  const JsonValue root_;
};

TEST_F(CatalogJsonTest, SaysWhatAFeatureIs) {
  const JsonValue& sum = Feature("spending", "spending.sum_30d");
  EXPECT_EQ(Text(sum, "type"), "double");
  EXPECT_EQ(Text(sum, "meaning"), "sum(price) over 30d");
  EXPECT_EQ(Text(sum, "aggregation"), "sum");
  EXPECT_EQ(Text(sum, "window"), "30d");
  EXPECT_EQ(sum.Find("default")->double_value(), 0.0);
  EXPECT_TRUE(sum.Find("expression")->is_null());
  const JsonValue& p90 = Feature("spending", "spending.p90");
  EXPECT_EQ(Text(p90, "meaning"), "quantile(price) where pieces > 1, q=0.9 over 12h");
  EXPECT_EQ(Text(Feature("spending", "spending.orders_30d"), "input"), "*");
  EXPECT_EQ(Text(Feature("spending", "spending.share"), "expression"), "sum_1h / sum_30d");
  EXPECT_TRUE(Feature("spending", "spending.share").Find("window")->is_null());
}

TEST_F(CatalogJsonTest, DescriptionsAreGivenAndOwnersInherited) {
  EXPECT_EQ(Text(Feature("spending", "spending.sum_1h"), "description"), "Spent lately");
  EXPECT_EQ(Text(Feature("spending", "spending.sum_1h"), "owner"), "sales");
  EXPECT_TRUE(Feature("seen", "seen.rows_1d").Find("owner")->is_null());
  EXPECT_EQ(Text(View("spending"), "description"), "What a user spends");
  EXPECT_EQ(Text(Item(*root_.Find("entities"), "entity", "user"), "owner"), "crm");
  EXPECT_EQ(Text(Item(*root_.Find("services"), "service", "basket"), "description"),
            "For the basket page");
  EXPECT_EQ(Item(*root_.Find("services"), "service", "basket").Find("version")->int_value(), 1);
  EXPECT_EQ(Text(Item(*root_.Find("tasks"), "task", "liked"), "description"),
            "Will a click follow");
  EXPECT_EQ(Text(Item(*root_.Find("sources"), "source", "large"), "description"),
            "Orders of many pieces");
}

TEST_F(CatalogJsonTest, LineageGoesUpToTheTopics) {
  EXPECT_THAT(Names(View("bulk"), "sources"), ElementsAre("large"));
  EXPECT_THAT(Names(View("bulk"), "topics"), ElementsAre("shop.orders"));
  EXPECT_THAT(Names(View("seen"), "topics"), ElementsAre("shop.orders", "shop.clicks"));
  EXPECT_THAT(Names(Feature("spending", "spending.share"), "computed_from"),
              ElementsAre("spending.sum_1h", "spending.sum_30d"));
  EXPECT_THAT(Names(Feature("spending", "spending.sum_1h"), "computed_from"), IsEmpty());
}

TEST_F(CatalogJsonTest, LineageGoesDownThroughOtherFeatures) {
  const JsonValue& sum = Feature("spending", "spending.sum_1h");
  EXPECT_THAT(Names(sum, "features"), ElementsAre("spending.share", "spending.twice"));
  EXPECT_THAT(Names(sum, "services"), ElementsAre("basket@1"));
  EXPECT_THAT(Names(sum, "tasks"), ElementsAre("liked"));
  EXPECT_THAT(Names(Feature("spending", "spending.mean_30d"), "tasks"), IsEmpty());
  const JsonValue& orders = Item(*root_.Find("sources"), "source", "orders");
  EXPECT_THAT(Names(orders, "derived"), ElementsAre("large"));
  EXPECT_THAT(Names(orders, "views"), ElementsAre("spending", "seen"));
  EXPECT_THAT(Names(orders, "tasks"), ElementsAre("liked"));
  const JsonValue& clicks = Item(*root_.Find("sources"), "source", "clicks");
  EXPECT_THAT(Names(clicks, "tasks"), ElementsAre("liked")) << "its label";
  EXPECT_THAT(Names(Item(*root_.Find("entities"), "entity", "user"), "views"),
              ElementsAre("spending", "bulk", "seen"));
  EXPECT_THAT(Names(Item(*root_.Find("tasks"), "task", "liked"), "features"),
              ElementsAre("spending.twice", "bulk.pieces_7d"));
}

class OnDemandCatalogTest : public CatalogJsonTest {
 protected:
  OnDemandCatalogTest()
      : CatalogJsonTest(absl::StrReplaceAll(kShop, {{R"(      twice: {expr: "share * 2.0"}
)",
                                                     R"(      twice: {expr: "share * 2.0"}
      dear: {expr: "price / mean_30d"}
      dearer: {expr: "dear > 2.0 && pieces > 1"}
      counted: {sum: price, window: 1d, with_request: true, where: pieces > 1}
      plain: {expr: "pieces > 3"}
)"}})) {}
};

TEST_F(OnDemandCatalogTest, SaysWhatOfARequestAFeatureUses) {
  const auto request_fields = [this](absl::string_view name) {
    return Names(Feature("spending", name), "request_fields");
  };
  EXPECT_THAT(request_fields("spending.dear"), ElementsAre("price"));
  EXPECT_THAT(request_fields("spending.dearer"), ElementsAre("price", "pieces"));
  EXPECT_THAT(request_fields("spending.counted"), ElementsAre("price", "pieces"));
  EXPECT_THAT(request_fields("spending.plain"), ElementsAre("pieces"));
  EXPECT_THAT(request_fields("spending.share"), IsEmpty());
}

TEST_F(OnDemandCatalogTest, LineageIsOfFeaturesOnly) {
  EXPECT_THAT(Names(Feature("spending", "spending.dear"), "computed_from"),
              ElementsAre("spending.mean_30d"));
  EXPECT_THAT(Names(Feature("spending", "spending.mean_30d"), "features"),
              ElementsAre("spending.dear", "spending.dearer"));
  EXPECT_THAT(Names(Feature("spending", "spending.plain"), "computed_from"), IsEmpty());
  EXPECT_THAT(Names(Feature("spending", "spending.sum_1h"), "features"),
              ElementsAre("spending.share", "spending.twice"));
}

TEST_F(CatalogJsonTest, SaysHowAViewIsRead) {
  const JsonValue& bulk = View("bulk");
  EXPECT_EQ(Text(bulk, "accuracy"), "exact");
  EXPECT_EQ(Text(bulk, "while_warming"), "use");
  EXPECT_TRUE(View("seen").Find("while_warming")->is_null());
  EXPECT_EQ(View("seen").Find("ttl_ms")->int_value(), 90LL * 86'400'000);
  EXPECT_EQ(Text(bulk.Find("key")->items()[0], "type"), "string");
}

}  // namespace
}  // namespace millrace
