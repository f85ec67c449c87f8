#include "app/catalog/entity_size.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "featurestore/entity_key.h"

namespace millrace {
namespace {

constexpr uint64_t kSeed = 1;
// Sample records of a tile: of states of a fixed size, and of those that grow with what they know,
// such as sketches, which then hold about as many values.
constexpr int64_t kFewTileRecords = 16;
constexpr int64_t kTileRecords = 280;
// Sample records of an entity; beyond, every tile gets fewer.
constexpr size_t kEntityRecords = 100'000;
// So many bytes beyond its records mean that a tile's state has grown.
constexpr double kGrownBytes = 64;
// Of a stored key: owner, shard, view, length of the entity's key.
constexpr size_t kKeyPrefixBytes = 6;
constexpr int64_t kManyRecords = 1'024;

}  // namespace

EntitySizer::EntitySizer(const ViewLayout& layout, const Schema& schema)
    : layout_(layout), schema_(schema), horizon_(layout.horizon().At(kExplainedAtMs)) {
  const bool for_ever = horizon_.log_cut_ms <= -kTimeLimitMs;
  records_kept_ms_ =
      for_ever ? std::numeric_limits<int64_t>::max() : kExplainedAtMs - horizon_.log_cut_ms;
  oldest_ms_ = for_ever ? kExplainedAtMs : horizon_.log_cut_ms;
  for (size_t tier = 0; tier < layout_.tiers(); ++tier) {
    oldest_ms_ = std::min(oldest_ms_, horizon_.tier_cut_ms[tier]);
  }
  // In one tile, so that the rest is equal.
  const EntitySize few = Build(std::vector<int64_t>(kFewTileRecords, kExplainedAtMs));
  const EntitySize some = Build(std::vector<int64_t>(kManyRecords, kExplainedAtMs));
  const EntitySize more = Build(std::vector<int64_t>(2 * kManyRecords, kExplainedAtMs));
  const auto each = [](int64_t a, int64_t b) {
    return static_cast<double>(b - a) / static_cast<double>(kManyRecords);
  };
  one_record_ = {each(some.memory_bytes, more.memory_bytes), each(some.disk_bytes, more.disk_bytes),
                 each(some.disk_rows, more.disk_rows)};
  const double of_records =
      one_record_.disk_bytes * static_cast<double>(kManyRecords - kFewTileRecords);
  states_grow_ = static_cast<double>(some.disk_bytes - few.disk_bytes) > of_records + kGrownBytes;
}

EntitySize EntitySizer::Build(const std::vector<int64_t>& times_ms) {
  SampleFields fields(schema_, kSeed);
  ViewLayout::Scratch scratch;
  EntityRow row(layout_, horizon_);
  std::string key(kKeyPrefixBytes, '\0');
  Event event;
  for (const int64_t time_ms : times_ms) {
    event.event_time_ms = event.append_ms = event.known_ms = time_ms;
    event.fields = fields.Next();
    if (event.offset == 0) {
      for (const int field : layout_.spec().inputs[0].key_fields) {
        AppendKeyField(event.fields[static_cast<size_t>(field)], &key);
      }
    }
    event.fingerprint = SplitMix64(static_cast<uint64_t>(event.offset));
    row.Add(layout_.MakeEntry(0, event, &scratch), horizon_);
    ++event.offset;
  }
  row.Trim(horizon_);
  StateBatch batch;
  std::vector<std::string> deleted;
  row.AddChanges(key, &batch, &deleted);
  EntitySize size;
  size.memory_bytes = static_cast<int64_t>(row.MemoryBytes());
  size.records = static_cast<int64_t>(row.log().size());
  for (const auto& [name, value] : batch.changes()) {
    if (!value) continue;
    ++size.disk_rows;
    size.disk_bytes += static_cast<int64_t>(name.size() + value->size());
  }
  return size;
}

EntitySize EntitySizer::OfRecords(int64_t records) {
  const int64_t step_ms = std::min<int64_t>(60'000, (kExplainedAtMs - oldest_ms_) / (records + 1));
  std::vector<int64_t> times_ms;
  for (int64_t i = records; i > 0; --i) times_ms.push_back(kExplainedAtMs - i * step_ms);
  return Build(times_ms);
}

int64_t EntitySizer::TileAt(int64_t time_ms) const {
  for (size_t tier = 0; tier < layout_.tiers(); ++tier) {
    if (horizon_.tier_cut_ms[tier] <= time_ms) return layout_.tile_ms(tier);
  }
  return 0;
}

std::vector<int64_t> EntitySizer::TimesAtRate(double per_s) const {
  const double gap_ms = 1'000 / per_s;
  // Without tiles there are records only, of which some tell the rest.
  const double begin_ms = layout_.tiers() == 0
                              ? static_cast<double>(kExplainedAtMs) - gap_ms * kManyRecords
                              : static_cast<double>(oldest_ms_);
  std::vector<int64_t> times_ms;
  int64_t per_tile = states_grow_ ? kTileRecords : kFewTileRecords;
  while (true) {
    times_ms.clear();
    for (double time = begin_ms; time < kExplainedAtMs && times_ms.size() < kEntityRecords;) {
      times_ms.push_back(static_cast<int64_t>(time));
      const int64_t tile_ms = TileAt(times_ms.back());
      const int64_t step_ms =
          tile_ms > 0 ? tile_ms / per_tile : (kExplainedAtMs - oldest_ms_) / kManyRecords;
      time += std::max(gap_ms, static_cast<double>(step_ms));
    }
    if (times_ms.size() < kEntityRecords || per_tile == 1) return times_ms;
    per_tile /= 2;
  }
}

EntitySize EntitySizer::AtRate(double per_s) {
  EntitySize size = Build(TimesAtRate(per_s));
  const double had = records_kept_ms_ == std::numeric_limits<int64_t>::max()
                         ? std::numeric_limits<double>::max()
                         : per_s * static_cast<double>(records_kept_ms_) / 1'000;
  double kept = std::min(had, static_cast<double>(layout_.max_entries()));
  if (kept >= 9e15) kept = static_cast<double>(size.records);  // there is no end to it
  const double more = kept - static_cast<double>(size.records);
  const auto add = [more](int64_t* bytes, double each) {
    *bytes = std::max<int64_t>(0, *bytes + std::llround(more * each));
  };
  // A row that stays small keeps all its records inside.
  if (size.disk_rows > 1 || more > 0) {
    add(&size.memory_bytes, one_record_.memory_bytes);
    add(&size.disk_bytes, one_record_.disk_bytes);
    add(&size.disk_rows, one_record_.disk_rows);
    size.records = std::llround(kept);
  }
  return size;
}

}  // namespace millrace
