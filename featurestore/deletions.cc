#include "featurestore/deletions.h"

#include <algorithm>
#include <utility>

#include "core/coding.h"
#include "core/hashing.h"
#include "core/status_macros.h"
#include "stream/state_keys.h"

namespace millrace {
namespace {

// The state's key: that of the entity's rows under another first byte.
std::string StateKey(absl::string_view key) {
  std::string out(key);
  out[0] = kDeletionPrefix;
  return out;
}

std::string Encode(const std::vector<EventOrder>& places) {
  std::string out;
  for (const EventOrder& place : places) {
    PutSignedVarint(&out, place.event_time_ms);
    PutSignedVarint(&out, place.source);
    PutSignedVarint(&out, place.partition);
    PutSignedVarint(&out, place.offset);
  }
  return out;
}

bool Decode(absl::string_view in, std::vector<EventOrder>* places) {
  while (!in.empty()) {
    EventOrder place;
    int64_t source = 0, partition = 0;
    if (!GetSignedVarint(&in, &place.event_time_ms) || !GetSignedVarint(&in, &source) ||
        !GetSignedVarint(&in, &partition) || !GetSignedVarint(&in, &place.offset)) {
      return false;
    }
    place.source = static_cast<int32_t>(source);
    place.partition = static_cast<int32_t>(partition);
    places->push_back(place);
  }
  return !places->empty();
}

}  // namespace

absl::Status Deletions::Load(const StateStore& state) {
  const std::string from(1, kDeletionPrefix), to(1, kDeletionPrefix + 1);
  bool good = true;
  RETURN_IF_ERROR(state.Scan(from, to, [&](absl::string_view stored, absl::string_view value) {
    absl::string_view in = stored.substr(1);
    uint16_t shard = 0;
    std::string key(stored);
    key[0] = kFeaturePrefix;
    std::vector<EventOrder> places;
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

std::optional<EventOrder> Deletions::NewestBefore(int32_t shard, absl::string_view key,
                                                  const EventOrder& place) const {
  if (!any_.load(std::memory_order_acquire)) return std::nullopt;
  const Shard& in = shards_[static_cast<size_t>(shard)];
  absl::ReaderMutexLock lock(&in.mutex);
  const auto found = in.by_key.find(key);
  if (found == in.by_key.end()) return std::nullopt;
  const auto after = std::lower_bound(found->second.begin(), found->second.end(), place);
  if (after == found->second.begin()) return std::nullopt;
  return *(after - 1);
}

void Deletions::Add(int32_t shard, absl::string_view key, const EventOrder& place) {
  Shard& in = shards_[static_cast<size_t>(shard)];
  absl::MutexLock lock(&in.mutex);
  std::vector<EventOrder>& places = in.by_key[key];
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
