#include "app/commands/explanation_output.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "app/catalog/disk_budget.h"
#include "app/commands/text_table.h"
#include "app/config/durations.h"

namespace millrace {
namespace {

constexpr char kClasses[] = {'E', 'R', 'S'};

char ClassLetter(StateClass state_class) { return kClasses[static_cast<int>(state_class)]; }

std::string RateText(const EntityLoad& load) { return absl::StrFormat("%g/s", load.records_per_s); }

// A length to about three digits, as nobody wants to know more of "7h6m3s457ms".
std::string LengthText(int64_t ms) {
  constexpr int64_t kSecondMs = 1'000, kMinuteMs = 60'000, kHourMs = 3'600'000;
  const int64_t unit = ms >= 48 * kHourMs ? kHourMs : ms >= kHourMs ? kMinuteMs : kSecondMs;
  return FormatDuration(ms >= kMinuteMs ? ms / unit * unit : ms);
}

std::string Indented(const TextTable& table) {
  std::string text = absl::StrReplaceAll(table.ToString(), {{"\n", "\n  "}});
  text.erase(text.size() - 2);
  return absl::StrCat("  ", text);
}

// What becomes of a window's answer at the load.
std::string ExactText(const WindowExplanation& window) {
  const std::string text =
      window.exact       ? "exact"
      : window.off_by_ms ? absl::StrCat("off by ", FormatDuration(*window.off_by_ms), " at most")
                         : "truncated";
  if (!window.session_reach_ms) return text;
  return absl::StrCat(text, " if begun in the last ", LengthText(*window.session_reach_ms));
}

std::string TiersText(const ViewExplanation& view) {
  std::vector<std::string> tiers;
  for (const TierExplanation& tier : view.tiers) {
    tiers.push_back(
        absl::StrCat(FormatDuration(tier.tile_ms), " kept for ", LengthText(tier.kept_ms)));
  }
  return tiers.empty() ? "none" : absl::StrJoin(tiers, ", ");
}

// What is kept of records one by one, which is what makes ends exact.
std::string RecordsText(const ViewExplanation& view) {
  const std::string kept =
      view.records_kept_ms ? absl::StrCat(" of the last ", LengthText(*view.records_kept_ms)) : "";
  if (!view.most_records) return absl::StrCat("all", kept, ": every read within `as_of` is exact");
  return absl::StrCat("the newest ", CountText(*view.most_records), kept,
                      ": a window whose ends lie among them is exact");
}

std::string WindowsText(const ViewExplanation& view) {
  TextTable table({"window", "tail", ">merges", ">blocks", absl::StrCat("at ", RateText(view.load)),
                   "features"});
  for (const WindowExplanation& window : view.windows) {
    const bool tiles = window.tail_ms.has_value();
    table.Add({window.window, tiles ? FormatDuration(*window.tail_ms) : "records",
               tiles ? CountText(window.merges) : "-", tiles ? CountText(window.blocks) : "-",
               ExactText(window), absl::StrJoin(window.features, ", ")});
  }
  return Indented(table);
}

std::string StatesText(const ViewExplanation& view) {
  TextTable table({"state", "class", "features"});
  for (const StateExplanation& state : view.states) {
    table.Add({state.computes, std::string(1, ClassLetter(state.state_class)),
               absl::StrJoin(state.features, ", ")});
  }
  return Indented(table);
}

std::string SizesText(const ViewExplanation& view) {
  TextTable table({"entity", ">memory", ">disk", ">rows", ">records"});
  const auto add = [&table](std::string what, const EntitySize& size) {
    table.Add({std::move(what), BytesText(static_cast<double>(size.memory_bytes)),
               BytesText(static_cast<double>(size.disk_bytes)), CountText(size.disk_rows),
               CountText(size.records)});
  };
  add(absl::StrCat("after ", kSparseRecords, " records"), view.sparse);
  if (!view.keeps_every_record()) add(absl::StrCat("at ", RateText(view.load)), view.dense);
  return Indented(table);
}

// What exactness costs: rate x length x bytes.
std::string ExactCostText(const ViewExplanation& view) {
  if (view.accuracy != Accuracy::kExact) return "";
  if (view.keeps_every_record()) {
    return "  exact: an `events` window keeps every record for ever\n";
  }
  const double records =
      view.load.records_per_s * static_cast<double>(*view.records_kept_ms) / 1'000;
  std::string text =
      absl::StrCat("  exact: the records alone take ", RateText(view.load), " x ",
                   LengthText(*view.records_kept_ms), " x ", BytesText(view.record.disk_bytes),
                   " = ", BytesText(records * view.record.disk_bytes), " on disk for an entity");
  if (view.load.entities) {
    absl::StrAppend(
        &text, ", ",
        BytesText(records * view.record.disk_bytes * static_cast<double>(*view.load.entities)),
        " for ", CountText(*view.load.entities));
  }
  return text + "\n";
}

std::string TotalText(std::span<const ViewExplanation> views) {
  double memory = 0, disk = 0;
  std::vector<std::string> counted;
  for (const ViewExplanation& view : views) {
    if (!view.load.entities) continue;
    memory +=
        static_cast<double>(view.dense.memory_bytes) * static_cast<double>(*view.load.entities);
    disk += view.DiskBytes();
    counted.push_back(absl::StrCat(CountText(*view.load.entities), " entities of ", view.view,
                                   " at ", RateText(view.load)));
  }
  if (counted.empty()) return "";
  return absl::StrCat("\n", absl::StrJoin(counted, ", "), ": ", BytesText(disk),
                      " of rows on disk, before what RocksDB adds; ", BytesText(memory),
                      " if all were in memory\n");
}

void WriteNames(const std::vector<std::string>& names, JsonWriter& json) {
  json.BeginArray();
  for (const std::string& name : names) json.String(name);
  json.EndArray();
}

void WriteSize(absl::string_view key, const EntitySize& size, JsonWriter& json) {
  json.Key(key).BeginObject().Key("memory_bytes").Int(size.memory_bytes);
  json.Key("disk_bytes").Int(size.disk_bytes).Key("disk_rows").Int(size.disk_rows);
  json.Key("records").Int(size.records).EndObject();
}

void WriteWindow(const WindowExplanation& window, JsonWriter& json) {
  json.BeginObject().Key("window").String(window.window).Key("features");
  WriteNames(window.features, json);
  json.Key("tail_ms").OptionalInt(window.tail_ms);
  json.Key("merges").Int(window.merges).Key("blocks").Int(window.blocks).Key("records");
  window.records ? json.Double(*window.records) : json.Null();
  json.Key("exact").Bool(window.exact);
  json.Key("off_by_ms").OptionalInt(window.off_by_ms);
  json.Key("session_reach_ms").OptionalInt(window.session_reach_ms).EndObject();
}

void WriteView(const ViewExplanation& view, JsonWriter& json) {
  json.BeginObject().Key("view").String(view.view).Key("entity").String(view.entity);
  json.Key("sources");
  WriteNames(view.sources, json);
  json.Key("accuracy").String(AccuracyName(view.accuracy)).Key("as_of_ms").Int(view.as_of_ms);
  json.Key("tiers").BeginArray();
  for (const TierExplanation& tier : view.tiers) {
    json.BeginObject().Key("tile_ms").Int(tier.tile_ms);
    json.Key("kept_ms").Int(tier.kept_ms).EndObject();
  }
  json.EndArray().Key("windows").BeginArray();
  for (const WindowExplanation& window : view.windows) WriteWindow(window, json);
  json.EndArray().Key("states").BeginArray();
  for (const StateExplanation& state : view.states) {
    json.BeginObject().Key("computes").String(state.computes);
    json.Key("class").String(std::string(1, ClassLetter(state.state_class))).Key("features");
    WriteNames(state.features, json);
    json.EndObject();
  }
  json.EndArray().Key("records").BeginObject();
  json.Key("most").OptionalInt(view.most_records);
  json.Key("kept_ms").OptionalInt(view.records_kept_ms);
  json.Key("memory_bytes").Double(view.record.memory_bytes);
  json.Key("disk_bytes").Double(view.record.disk_bytes).EndObject();
  WriteSize("sparse", view.sparse, json);
  WriteSize("dense", view.dense, json);
  json.Key("disk_bytes");
  view.load.entities ? json.Double(view.DiskBytes()) : json.Null();
  json.EndObject();
}

}  // namespace

std::string ExplanationText(std::span<const ViewExplanation> views) {
  std::string text;
  for (const ViewExplanation& view : views) {
    absl::StrAppend(&text, "\nview ", view.view, " of ", view.entity, ", from ",
                    absl::StrJoin(view.sources, ", "), "; accuracy ", AccuracyName(view.accuracy),
                    ", as of ", FormatDuration(view.as_of_ms), "\n  tiles: ", TiersText(view),
                    "\n  records: ", RecordsText(view), "\n\n", WindowsText(view), "\n",
                    StatesText(view), "\n", SizesText(view), ExactCostText(view));
  }
  return absl::StrCat(text, TotalText(views));
}

void WriteExplanation(std::span<const ViewExplanation> views, JsonWriter& json) {
  json.BeginArray();
  for (const ViewExplanation& view : views) WriteView(view, json);
  json.EndArray();
}

}  // namespace millrace
