#include "app/demo/flights_data.h"

#include <array>
#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "app/config/load.h"
#include "gtest/gtest.h"
#include "stream/decode/json_document.h"

namespace millrace {
namespace {

constexpr int64_t kHalfHourMs = 1'800'000;

const FlightsData& January() {
  static const absl::StatusOr<FlightsData> data = FlightsData::Load(1);
  EXPECT_TRUE(data.ok()) << data.status();
  return *data;
}

JsonValue ValueOf(const FlightsData& data, size_t i, std::string* key) {
  std::string value;
  data.Write(i, key, &value);
  absl::StatusOr<JsonValue> json = ParseJson(value);
  EXPECT_TRUE(json.ok()) << json.status() << " " << value;
  return json.ok() ? *std::move(json) : JsonValue();
}

TEST(FlightsData, JanuaryHasAsManyEventsOfEachKindAsTheDataSay) {
  std::map<FlightEventKind, int> kinds;
  for (size_t i = 0; i < January().size(); ++i) ++kinds[January().kind(i)];
  EXPECT_EQ(kinds[FlightEventKind::kUpcoming], 27'004);
  EXPECT_EQ(kinds[FlightEventKind::kArrival], 26'398);
  EXPECT_EQ(kinds[FlightEventKind::kDeparture] + kinds[FlightEventKind::kCancellation], 27'004);
  EXPECT_EQ(January().size(), 82'632u);
}

TEST(FlightsData, EventsComeInTheOrderOfTheirTimesAndDecisionsLast) {
  for (size_t i = 1; i < January().size(); ++i) {
    ASSERT_LE(January().time_ms(i - 1), January().time_ms(i)) << i;
    if (January().time_ms(i - 1) == January().time_ms(i)) {
      ASSERT_LE(January().kind(i - 1), January().kind(i)) << i;
    }
  }
}

TEST(FlightsData, EveryFlightIsDecidedHalfAnHourAheadOnceAndLabelledAtMostOnce) {
  std::set<std::string> decided, labelled;
  for (size_t i = 0; i < January().size(); ++i) {
    std::string key;
    const FlightEventKind kind = January().kind(i);
    if (kind != FlightEventKind::kUpcoming && kind != FlightEventKind::kArrival) continue;
    const JsonValue json = ValueOf(January(), i, &key);
    ASSERT_NE(json.Find("at"), nullptr);
    ASSERT_EQ(json.Find("at")->int_value(), January().time_ms(i));
    ASSERT_EQ(absl::StrCat(json.Find("flight_id")->int_value()), key);
    if (kind == FlightEventKind::kUpcoming) {
      ASSERT_EQ(json.Find("sched_dep")->int_value() - kHalfHourMs, January().time_ms(i));
      ASSERT_TRUE(decided.insert(key).second) << key;
    } else {
      ASSERT_TRUE(labelled.insert(key).second) << key;
      ASSERT_TRUE(decided.contains(key)) << "landed before it was decided: " << key;
    }
  }
}

TEST(FlightsData, TheMonthsMakeUpTheYear) {
  const absl::StatusOr<FlightsData> year = FlightsData::Load(std::nullopt);
  ASSERT_TRUE(year.ok()) << year.status();
  size_t months = 0;
  for (int month = 1; month <= 12; ++month) {
    const absl::StatusOr<FlightsData> data = FlightsData::Load(month);
    ASSERT_TRUE(data.ok()) << data.status();
    months += data->size();
  }
  EXPECT_EQ(months, year->size());
}

TEST(FlightsData, TheConfigurationLoadsAndHasEverySource) {
  const LoadResult loaded =
      Load({.path = "millrace.yaml", .text = std::string(FlightsData::Config()), .directory = "/"});
  ASSERT_TRUE(loaded.project.has_value())
      << (loaded.diagnostics.empty() ? "" : loaded.diagnostics[0].message);
  std::set<std::string> sources;
  for (const SourceSpec& source : loaded.project->sources) sources.insert(source.name);
  for (int kind = 0; kind < kFlightEventKinds; ++kind) {
    EXPECT_TRUE(
        sources.contains(std::string(FlightSourceName(static_cast<FlightEventKind>(kind)))));
  }
}

}  // namespace
}  // namespace millrace
