// The stored rows of an entity: head, micro-log chunks, blocks of tiles. The input: a byte that
// chooses the view, the head, then key and value of each part, each with its size in two bytes.
// What does not parse is lost data. What does is stored and read again as the same row, can be read
// at any time, and takes records in.

#include <cmath>
#include <string>
#include <vector>

#include "app/config/load.h"
#include "core/check.h"
#include "featurestore/entity_row.h"
#include "featurestore/feature_answers.h"
#include "featurestore/memory_state_store.h"
#include "tests/fuzz/input_parts.h"
#include "tests/fuzz/target.h"

namespace millrace {
namespace {

constexpr absl::string_view kPrefix = "entity";
constexpr int64_t kMinuteMs = 60'000;

// Tiers and entries; a lifetime; retractions; sessions and knowledge times; tiles alone.
constexpr char kProject[] = R"yaml(
version: 1
project: fuzz
log: {embedded: {path: log}}
state: {path: state}
sources:
  sales:
    topic: sales
    format: json
    time: {field: at, unit: ms}
    schema: {k: string, amount: int, x: double, s: string}
  corrected:
    topic: corrected
    format: json
    time: {field: at, unit: ms}
    retract: true
    schema: {k: string, amount: int, x: double, s: string}
entities: {k: {key: [k]}}
views:
  tiers:
    from: sales
    entity: k
    features:
      count_1h: {count: "*", window: 1h}
      sum_6h: {sum: amount, window: 6h}
      mean_1h: {mean: x, window: 1h, where: "amount > 1"}
      last_1d: {last: s, window: 1d}
      distinct_1d: {count_distinct: s, window: 1d}
      top_1d: {top_k: x, k: 2, window: 1d}
  lifetime:
    from: sales
    entity: k
    features:
      count: {count: "*", window: lifetime}
      median: {median: x, window: lifetime}
      variance: {var_pop: x, window: lifetime}
      by: {sum: amount, by: s, window: lifetime}
  corrected:
    from: corrected
    entity: k
    features:
      sum_1h: {sum: x, window: 1h}
      max_1d: {max: amount, window: 1d}
      histogram_1d: {histogram: s, window: 1d}
  sessions:
    from: sales
    entity: k
    known_at: appended
    features:
      visits: {count: "*", window: {session: {gap: 10m}}}
      newest: {last_k: s, k: 3, window: {events: 5}}
  tiled:
    from: sales
    entity: k
    accuracy: tiled
    features:
      count_1h: {count: "*", window: 1h}
      decayed: {decay_sum: x, half_life: 10m, window: 1d}
)yaml";

using Layouts = std::vector<std::unique_ptr<const ViewLayout>>;

Layouts MakeLayouts() {
  LoadOptions options;
  options.text = kProject;
  const LoadResult loaded = Load(options);
  CHECK(loaded.project.has_value());
  Layouts layouts;
  for (const auto& view : loaded.project->views) {
    auto layout = ViewLayout::Make(view);
    CHECK(layout.ok());
    layouts.push_back(*std::move(layout));
  }
  return layouts;
}

void Add(const ViewLayout& layout, int64_t time_ms, int i, Change change, EntityRow* row) {
  const Value fields[] = {Value::String("k"), Value::Int(i), Value::Double(i * 0.5),
                          Value::String(i % 2 == 0 ? "a" : "b")};
  Event event;
  event.event_time_ms = event.append_ms = event.known_ms = time_ms;
  event.offset = i;
  event.fields = fields;
  event.change = change;
  event.fingerprint = 1;
  ViewLayout::Scratch scratch;
  row->Add(layout.MakeEntry(0, event, &scratch), layout.horizon().At(time_ms));
}

// The row as it is stored, and read again.
std::unique_ptr<EntityRow> Restored(const ViewLayout& layout, EntityRow* row) {
  MemoryStateStore store;
  StateBatch batch;
  std::vector<std::string> deleted;
  row->MarkAllDirty();
  row->AddChanges(kPrefix, &batch, &deleted);
  CHECK(store.Commit(batch).ok());
  auto restored = EntityRow::Load(layout, kPrefix, store);
  CHECK(restored.ok() && *restored != nullptr);
  return *std::move(restored);
}

void ReadAll(const ViewLayout& layout, const EntityRow& row, const Horizon& horizon,
             int64_t at_ms) {
  AnswerScratch scratch;
  const FoldOptions options;
  FeatureAnswers answers(layout, &row, horizon, at_ms, options, kBeginningOfTime, &scratch);
  for (size_t i = 0; i < layout.features().size(); ++i) {
    FeatureValue value;
    answers.Answer(static_cast<int>(i), &value);
    const Value read = value.value.view();
    CHECK(read.type() != Type::kDouble || std::isfinite(read.double_value()));
  }
}

}  // namespace

Verdict FuzzTarget(absl::string_view input) {
  static const auto& layouts = *new Layouts(MakeLayouts());
  InputParts bytes(input);
  const ViewLayout& layout = *layouts[bytes.Byte() % layouts.size()];
  const absl::string_view head = bytes.Sized();
  std::vector<std::pair<std::string, std::string>> parts;
  while (!bytes.empty()) {
    const absl::string_view key = bytes.Sized();
    parts.emplace_back(std::string(key), std::string(bytes.Sized()));
  }
  const auto row = EntityRow::Decode(layout, head, parts);
  if (!row.ok()) {
    CHECK(absl::IsDataLoss(row.status()));
    return Verdict::kRefused;
  }
  const int64_t newest_ms = (*row)->newest_ms();
  const Horizon horizon = layout.horizon().At(newest_ms);
  (*row)->Trim(horizon);
  const auto restored = Restored(layout, row->get());
  CHECK(restored->Canonical(horizon) == (*row)->Canonical(horizon));
  for (const int64_t minutes : {-2'000, -30, -1, 0, 1, 90}) {
    ReadAll(layout, **row, horizon, newest_ms + minutes * kMinuteMs);
  }
  for (int i = 0; i < 3; ++i) {
    Add(layout, newest_ms + (i - 1) * kMinuteMs, i, Change::kInsert, restored.get());
  }
  if (layout.entry().retracts()) {
    Add(layout, newest_ms, 1, Change::kRetract, restored.get());
  }
  const int64_t later_ms = newest_ms + 60 * kMinuteMs;
  restored->Trim(layout.horizon().At(later_ms));
  ReadAll(layout, *restored, layout.horizon().At(later_ms), later_ms);
  return Verdict::kAccepted;
}

}  // namespace millrace
