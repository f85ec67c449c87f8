#include "featurestore/deletions.h"

#include <algorithm>
#include <utility>

#include "core/coding.h"
#include "core/hashing.h"
#include "core/status_macros.h"
#include "stream/state_keys.h"
#include "stream/state_limits.h"

namespace millrace {
namespace {

// The state's key: that of the entity's rows under another first byte.
std::string StateKey(absl::string_view key) {
  std::string out(key);
  out[0] = kDeletionPrefix;
  return out;
}

void PutPlaces(const std::vector<EventOrder>& places, std::string* out) {
  PutVarint(out, places.size());
  for (const EventOrder& place : places) {
    PutSignedVarint(out, place.event_time_ms);
    PutSignedVarint(out, place.source);
    PutSignedVarint(out, place.partition);
    PutSignedVarint(out, place.offset);
  }
}

bool GetPlaces(absl::string_view* in, std::vector<EventOrder>* places) {
  uint64_t count = 0;
  if (!GetVarint(in, &count) || count > in->size()) return false;
  for (; count > 0; --count) {
    EventOrder place;
    int64_t source = 0, partition = 0;
    if (!GetSignedVarint(in, &place.event_time_ms) || !GetSignedVarint(in, &source) ||
        !GetSignedVarint(in, &partition) || !GetSignedVarint(in, &place.offset) ||
        !IsStateTime(place.event_time_ms) || source < 0 || source > INT32_MAX || partition < 0 ||
        partition > INT32_MAX) {
      return false;
    }
    place.source = static_cast<int32_t>(source);
    place.partition = static_cast<int32_t>(partition);
    if (!places->empty() && !(places->back() < place)) return false;
    places->push_back(place);
  }
  return true;
}

std::optional<EventOrder> NewestOf(const std::vector<EventOrder>& places,
                                   const EventOrder& before) {
  const auto after = std::lower_bound(places.begin(), places.end(), before);
  if (after == places.begin()) return std::nullopt;
  return *(after - 1);
}

}  // namespace

std::string Deletions::Encode(const Places& places) {
  std::string out;
  PutPlaces(places.lives, &out);
  PutPlaces(places.late, &out);
  return out;
}

bool Deletions::Decode(absl::string_view in, Places* places) {
  return GetPlaces(&in, &places->lives) && GetPlaces(&in, &places->late) && in.empty();
}

absl::Status Deletions::Load(const StateStore& state) {
  const std::string from(1, kDeletionPrefix), to(1, kDeletionPrefix + 1);
  bool good = true;
  RETURN_IF_ERROR(state.Scan(from, to, [&](absl::string_view stored, absl::string_view value) {
    absl::string_view in = stored.substr(1);
    uint16_t shard = 0;
    std::string key(stored);
    key[0] = kFeaturePrefix;
    Places places;
    good = GetBig16(&in, &shard) && shard < shards_.size() && Decode(value, &places);
    if (!good) return false;
    absl::MutexLock lock(&shards_[shard].mutex);
    shards_[shard].by_key[std::move(key)] = std::move(places);
    any_ = true;
    return true;
  }));
  if (good) return absl::OkStatus();
  return absl::DataLossError("feature state: a deletion does not parse");
}

template <typename Find>
auto Deletions::FindOf(int32_t shard, absl::string_view key, Find find) const {
  using Found = decltype(find(Places()));
  if (!any_.load(std::memory_order_acquire)) return Found();
  const Shard& in = shards_[static_cast<size_t>(shard)];
  absl::ReaderMutexLock lock(&in.mutex);
  const auto found = in.by_key.find(key);
  return found == in.by_key.end() ? Found() : find(found->second);
}

std::vector<EventOrder> Deletions::At(int32_t shard, absl::string_view key,
                                      int64_t event_time_ms) const {
  return FindOf(shard, key, [&](const Places& of) {
    std::vector<EventOrder> at;
    for (const EventOrder& life : of.lives) {
      if (life.event_time_ms == event_time_ms) at.push_back(life);
    }
    return at;
  });
}

std::optional<EventOrder> Deletions::NewestBefore(int32_t shard, absl::string_view key,
                                                  const EventOrder& place) const {
  return FindOf(shard, key, [&](const Places& of) { return NewestOf(of.lives, place); });
}

std::optional<EventOrder> Deletions::LateBefore(int32_t shard, absl::string_view key,
                                                const EventOrder& place) const {
  return FindOf(shard, key, [&](const Places& of) {
    const auto late = NewestOf(of.late, place);
    const auto life = NewestOf(of.lives, place);
    return life && late && *late < *life ? std::nullopt : late;
  });
}

void Deletions::Add(int32_t shard, absl::string_view key, const EventOrder& place, Kind kind) {
  Shard& in = shards_[static_cast<size_t>(shard)];
  absl::MutexLock lock(&in.mutex);
  Places& of = in.by_key[key];
  std::vector<EventOrder>& places = kind == Kind::kLate ? of.late : of.lives;
  const auto after = std::lower_bound(places.begin(), places.end(), place);
  if (after != places.end() && *after == place) return;
  places.insert(after, place);
  in.changed.emplace_back(key);
  any_.store(true, std::memory_order_release);
}

void Deletions::AddCommit(int32_t shard, StateBatch* batch) {
  Shard& in = shards_[static_cast<size_t>(shard)];
  absl::MutexLock lock(&in.mutex);
  in.in_flight = std::exchange(in.changed, {});
  for (const std::string& key : in.in_flight) batch->Put(StateKey(key), Encode(in.by_key[key]));
}

void Deletions::Committed(int32_t shard, bool ok) {
  Shard& in = shards_[static_cast<size_t>(shard)];
  absl::MutexLock lock(&in.mutex);
  if (!ok) in.changed.insert(in.changed.end(), in.in_flight.begin(), in.in_flight.end());
  in.in_flight.clear();
}

uint64_t Deletions::Digest() const {
  uint64_t digest = 0;
  for (const Shard& shard : shards_) {
    absl::ReaderMutexLock lock(&shard.mutex);
    for (const auto& [key, places] : shard.by_key) digest += Xxh3(StateKey(key) + Encode(places));
  }
  return digest;
}

std::string LifeSuffix(const EventOrder& deletion) {
  std::string out(1, '\xff');
  PutOrdered64(&out, deletion.event_time_ms);
  PutBig32(&out, static_cast<uint32_t>(deletion.source));
  PutBig32(&out, static_cast<uint32_t>(deletion.partition));
  PutOrdered64(&out, deletion.offset);
  return out;
}

}  // namespace millrace
