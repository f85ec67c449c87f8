#include "app/catalog/disk_budget.h"

#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "tests/app/catalog/shop.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// What is said of the shop with that budget, under a load.
std::string Judged(const std::string& disk, const EntityLoad& load,
                   const std::string& shop = kShop) {
  LoadOptions options;
  options.path = "shop.yaml";
  options.text =
      absl::StrReplaceAll(shop, {{"state: {path: ./state}", "state: {path: ./state" + disk + "}"}});
  options.directory = "/";
  options.judge = [&load](const Section& root, const Project& project, DiagnosticSink* sink) {
    std::vector<ViewExplanation> views;
    for (int32_t v = 0; v < static_cast<int32_t>(project.views.size()); ++v) {
      views.push_back(*ExplainView(project, v, load));
    }
    CheckDiskBudget(root, project, views, sink);
  };
  const LoadResult result = Load(options);
  EXPECT_EQ(result.project.has_value(), result.diagnostics.empty());
  return Render(result.diagnostics, Color::kNever);
}

TEST(DiskBudget, IsRefusedAtTheViewThatKeepsEverything) {
  const std::string text = Judged(", disk: 10GiB", {.records_per_s = 1, .entities = 100'000});
  EXPECT_THAT(text, HasSubstr("error[MILLRACE-2211]: the rows of the views take "));
  EXPECT_THAT(text, HasSubstr(" with 100000 entities of 1 records a second, and the state"));
  EXPECT_THAT(text, HasSubstr("`state.disk` is 10 GiB"));
  EXPECT_THAT(text, HasSubstr("    accuracy: exact\n"));
  EXPECT_THAT(text, HasSubstr("^^^^^ accuracy: auto keeps at most 4,096 records of an entity"));
}

TEST(DiskBudget, HoldsWhatIsWithinIt) {
  EXPECT_THAT(Judged(", disk: 10GiB", {.records_per_s = 0.001, .entities = 1'000}), IsEmpty());
}

// By default RocksDB has 512 MiB of memory, so write buffers of 64 MiB: 4 in the log, 8 in new
// files.
TEST(DiskBudget, CountsTheWriteAheadLogAndFilesThatWaitToBeMerged) {
  const EntityLoad small = {.records_per_s = 0.001, .entities = 10};
  const std::string text = Judged(", disk: 100MiB", small);
  EXPECT_THAT(text, HasSubstr("and the state with its write-ahead log up to 77"));
  EXPECT_THAT(text, HasSubstr("less `state.memory` makes the write-ahead log smaller"));
  EXPECT_THAT(Judged(", disk: 100MiB, memory: 64MiB", small), IsEmpty());
}

TEST(DiskBudget, IsBelowWhatGrowsForEver) {
  const std::string shop = absl::StrReplaceAll(
      kShop,
      {{"pieces_7d: {sum: pieces, window: 7d}}",
        "pieces_7d: {sum: pieces, window: 7d}, newest: {last: item, window: {events: 3}}}"}});
  const EntityLoad unknown = {.records_per_s = 0.001, .entities = std::nullopt};
  const std::string text = Judged(", disk: 1000TiB", unknown, shop);
  EXPECT_THAT(text, HasSubstr("error[MILLRACE-2211]: with an `events` window 'accuracy: exact' "
                              "keeps every record for ever, which is beyond any `state.disk`"));
  EXPECT_THAT(text, HasSubstr("    accuracy: exact\n"));
  EXPECT_THAT(Judged("", unknown, shop), IsEmpty());
}

TEST(DiskBudget, WithoutOneOrWithoutALoadNothingIsRefused) {
  EXPECT_THAT(Judged("", {.records_per_s = 1, .entities = 100'000'000}), IsEmpty());
  EXPECT_THAT(Judged(", disk: 1MiB", {.records_per_s = 1, .entities = std::nullopt}), IsEmpty());
}

TEST(BytesText, HasThreeDigits) {
  EXPECT_EQ(BytesText(0), "0 B");
  EXPECT_EQ(BytesText(212), "212 B");
  EXPECT_EQ(BytesText(1'536), "1.5 KiB");
  EXPECT_EQ(BytesText(999.6 * 1024), "0.976 MiB");
  EXPECT_EQ(BytesText(3.0 * (int64_t{1} << 40)), "3 TiB");
}

}  // namespace
}  // namespace millrace
