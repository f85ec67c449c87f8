#include "featurestore/sharded_store.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "core/coding.h"
#include "core/hashing.h"
#include "core/status_macros.h"
#include "featurestore/entity_key.h"
#include "stream/state_keys.h"

namespace millrace {
namespace {

constexpr uint16_t kReserved = 0xffff;  // as view: marks; as shard too: the meta row
constexpr char kFormatVersion = 4;
constexpr size_t kPrefixBytes = 5;  // 0x01, shard, view

std::string MetaKey() {
  std::string key(1, kFeaturePrefix);
  PutBig16(&key, kReserved);
  PutBig16(&key, kReserved);
  return key;
}

void PutRowPrefix(int32_t shard, int32_t view, std::string* key) {
  key->push_back(kFeaturePrefix);
  PutBig16(key, static_cast<uint16_t>(shard));
  PutBig16(key, static_cast<uint16_t>(view));
}

std::string RowPrefix(int32_t shard, int32_t view) {
  std::string key;
  PutRowPrefix(shard, view, &key);
  return key;
}

}  // namespace

ShardedStore::ShardedStore(StateStore& state,
                           std::vector<std::unique_ptr<const ViewLayout>> layouts,
                           const OnlineStoreOptions& options)
    : state_(state),
      options_(options),
      stored_marks_(static_cast<size_t>(options.shards)),
      pending_marks_(static_cast<size_t>(options.shards)),
      marks_(options.shards),
      deletions_(options.shards),
      started_ms_(static_cast<size_t>(options.shards), INT64_MIN) {
  for (auto& layout : layouts) {
    const auto index = static_cast<int32_t>(views_.size());
    const ViewSpec& spec = layout->spec();
    for (size_t i = 0; i < spec.inputs.size(); ++i) {
      const auto source = static_cast<size_t>(spec.inputs[i].source);
      if (feeds_.size() <= source) feeds_.resize(source + 1);
      feeds_[source].push_back({index, static_cast<int32_t>(i)});
    }
    specs_.push_back(layout->shared_spec());
    View& view = views_.emplace_back();
    view.horizon = layout->horizon().At(INT64_MIN);
    view.layout = std::move(layout);
    view.entities.resize(static_cast<size_t>(options.shards), 0);
  }
  for (int32_t s = 0; s < options.shards; ++s) {
    shards_.emplace_back(options.cache_bytes / static_cast<size_t>(options.shards));
  }
}

absl::Status ShardedStore::Start() {
  std::string wanted(1, kFormatVersion);
  PutVarint(&wanted, static_cast<uint64_t>(options_.shards));
  PutVarint(&wanted, views_.size());
  for (const View& view : views_) PutLengthPrefixed(&wanted, view.layout->fingerprint());
  std::string found;
  const absl::Status status = state_.Get(MetaKey(), &found);
  if (absl::IsNotFound(status)) {
    StateBatch batch;
    batch.Put(MetaKey(), std::move(wanted));
    return state_.Commit(batch);
  }
  RETURN_IF_ERROR(status);
  if (found != wanted) {
    absl::string_view in = found;
    uint64_t shards, count;
    if (in.empty() || in[0] != kFormatVersion) {
      return absl::FailedPreconditionError("feature state has another format version");
    }
    in.remove_prefix(1);
    if (!GetVarint(&in, &shards) || !GetVarint(&in, &count)) {
      return absl::DataLossError("feature state: the meta row does not parse");
    }
    if (shards != static_cast<uint64_t>(options_.shards)) {
      return absl::FailedPreconditionError(
          absl::StrCat("feature state was built with ", shards, " shards, not ", options_.shards));
    }
    for (const View& view : views_) {
      absl::string_view fingerprint;
      if (!GetLengthPrefixed(&in, &fingerprint) || fingerprint != view.layout->fingerprint()) {
        return absl::FailedPreconditionError(
            absl::StrCat("feature state was built for another definition of view \"",
                         view.layout->spec().name, "\""));
      }
    }
    return absl::FailedPreconditionError("feature state was built for more views");
  }
  for (int32_t shard = 0; shard < options_.shards; ++shard) RETURN_IF_ERROR(LoadMarks(shard));
  RETURN_IF_ERROR(deletions_.Load(state_));
  MoveHorizon();
  return absl::OkStatus();
}

std::string ShardedStore::MarksKey(int32_t shard) const {
  std::string key;
  PutRowPrefix(shard, kReserved, &key);
  return key;
}

absl::Status ShardedStore::LoadMarks(int32_t shard) {
  std::string value;
  const absl::Status status = state_.Get(MarksKey(shard), &value);
  if (absl::IsNotFound(status)) return absl::OkStatus();
  RETURN_IF_ERROR(status);
  absl::string_view in = value;
  int64_t stream = 0, horizon = 0;
  bool ok = !in.empty() && in[0] == kFormatVersion;
  if (ok) in.remove_prefix(1);
  ok = ok && GetSignedVarint(&in, &stream) && GetSignedVarint(&in, &horizon);
  for (View& view : views_) {
    uint64_t entities = 0;
    ok = ok && GetVarint(&in, &entities);
    view.entities[static_cast<size_t>(shard)] = static_cast<int64_t>(entities);
    view.entity_count += static_cast<int64_t>(entities);
  }
  if (!ok || !marks_.Decode(shard, &in) || !in.empty()) {
    return absl::DataLossError(
        absl::StrCat("feature state: marks of shard ", shard, " do not parse"));
  }
  stream_ms_ = std::max(stream_ms_.load(), stream);
  horizon_ms_ = std::max(horizon_ms_.load(), horizon);
  started_ms_[static_cast<size_t>(shard)] = horizon;
  newest_start_ms_ = std::max(newest_start_ms_, horizon);
  stored_marks_[static_cast<size_t>(shard)] = std::move(value);
  return absl::OkStatus();
}

void ShardedStore::MoveHorizon() {
  const int64_t now = horizon_ms_.load(std::memory_order_relaxed);
  for (View& view : views_) {
    if (now < view.horizon_change_ms) continue;
    view.horizon_change_ms = view.layout->horizon().NextChange(now);
    view.horizon = view.layout->horizon().At(now);
  }
}

const Horizon& ShardedStore::HorizonOf(const View& view, int32_t shard) {
  if (applied_ms_ >= newest_start_ms_) return view.horizon;
  redo_horizon_ = view.layout->horizon().At(HorizonTime(shard));
  return redo_horizon_;
}

void ShardedStore::AdvanceTime(int64_t event_time_ms) {
  event_time_ms = std::min(event_time_ms, kTimeLimitMs);
  if (event_time_ms <= applied_ms_) return;
  applied_ms_ = event_time_ms;
  if (event_time_ms <= horizon_ms_.load(std::memory_order_relaxed)) return;
  horizon_ms_.store(event_time_ms, std::memory_order_release);
  MoveHorizon();
}

absl::Status ShardedStore::Apply(const Event& event) {
  const int64_t time = event.event_time_ms;
  if (time > kTimeLimitMs || time < -kTimeLimitMs) {
    return absl::InvalidArgumentError("event time is out of range");
  }
  const auto source = static_cast<size_t>(event.source);
  const InputMarks::Input& marks = marks_.At(event.source, event.partition);
  const int64_t moves_to = std::min(time, event.time_cap_ms);
  if (moves_to > stream_ms_.load(std::memory_order_relaxed)) {
    stream_ms_.store(moves_to, std::memory_order_release);
  }
  AdvanceTime(moves_to);
  if (source >= feeds_.size()) return absl::OkStatus();
  for (const Feed& feed : feeds_[source]) RETURN_IF_ERROR(ApplyTo(feed, event, marks));
  return absl::OkStatus();
}

void ShardedStore::Place(int32_t view, std::span<const Value> fields, PlacedKey* key) const {
  key->entity.clear();
  for (const Value& field : fields) AppendKeyField(field, &key->entity);
  key->shard = ShardOfEntity(fields, key->entity, options_.shards);
  key->bytes.clear();
  PutRowPrefix(key->shard, view, &key->bytes);
  PutLengthPrefixed(&key->bytes, key->entity);
}

void ShardedStore::EnterLife(int32_t view, const EventOrder& place, PlacedKey* key) const {
  if (const auto life = deletions_.NewestBefore(key->shard, key->bytes, place)) {
    PutLife(view, *life, key);
  }
}

void ShardedStore::PutLife(int32_t view, const EventOrder& deletion, PlacedKey* key) {
  key->bytes.clear();
  PutRowPrefix(key->shard, view, &key->bytes);
  PutLengthPrefixed(&key->bytes, absl::StrCat(key->entity, LifeSuffix(deletion)));
}

absl::Status ShardedStore::ApplyTo(const Feed& feed, const Event& event,
                                   const InputMarks::Input& marks) {
  View& view = views_[static_cast<size_t>(feed.view)];
  const ViewLayout& layout = *view.layout;
  key_fields_.clear();
  for (const int field : layout.spec().inputs[static_cast<size_t>(feed.input)].key_fields) {
    const Value& value = event.fields[static_cast<size_t>(field)];
    if (value.is_null()) {  // does not concern this view
      view.null_keys.fetch_add(1, std::memory_order_relaxed);
      return absl::OkStatus();
    }
    key_fields_.push_back(value);
  }
  Place(feed.view, key_fields_, &key_);
  const int32_t index = key_.shard;
  if (marks.Has(index, event.offset)) return absl::OkStatus();
  const EventOrder place = {event.event_time_ms, feed.input, event.partition, event.offset};
  const EntryRef entry = layout.MakeEntry(feed.input, event, &scratch_);
  view.updates.fetch_add(1, std::memory_order_relaxed);
  const std::vector<EventOrder> same_time = deletions_.At(index, key_.bytes, place.event_time_ms);
  if (!same_time.empty()) return AddToLivesOf(feed.view, entry, same_time);
  EnterLife(feed.view, place, &key_);
  return AddTo(feed.view, entry);
}

absl::Status ShardedStore::AddTo(int32_t view_index, const EntryRef& entry) {
  View& view = views_[static_cast<size_t>(view_index)];
  const Shard::RowKey key(key_.bytes);
  Shard& shard = shards_[static_cast<size_t>(key_.shard)];
  const Horizon& horizon = HorizonOf(view, key_.shard);
  const size_t grown_bytes =
      static_cast<size_t>(view.layout->entry().words()) * sizeof(*entry.words);
  const auto add = [&](Shard::CachedRow* row) {
    if (row->row.Add(entry, horizon) == EntityRow::Added::kRetractedNothing) {
      view.unmatched.fetch_add(1, std::memory_order_relaxed);
    }
  };
  {
    absl::MutexLock lock(&shard.mutex());
    if (Shard::CachedRow* row = shard.Find(key); row != nullptr) {
      add(row);
      shard.MarkDirty(row, grown_bytes);
      return absl::OkStatus();
    }
  }
  // Only this thread changes rows, so what it loads cannot become old meanwhile.
  ASSIGN_OR_RETURN(std::unique_ptr<EntityRow> loaded,
                   EntityRow::Load(*view.layout, key_.bytes, state_));
  if (loaded == nullptr) {
    loaded = std::make_unique<EntityRow>(*view.layout, horizon);
    CountEntity(&view, key_.shard);
  }
  absl::MutexLock lock(&shard.mutex());
  Shard::CachedRow* row = shard.Insert(key, view_index, std::move(*loaded));
  add(row);
  shard.MarkDirty(row, grown_bytes);
  return absl::OkStatus();
}

void ShardedStore::CountEntity(View* view, int32_t shard) {
  ++view->entities[static_cast<size_t>(shard)];
  view->entity_count.fetch_add(1, std::memory_order_relaxed);
}

void ShardedStore::AdvanceInput(int32_t source, int32_t partition, int64_t next_offset) {
  InputMarks::Input& input = marks_.At(source, partition);
  input.next = std::max(input.next, next_offset);
}

int64_t ShardedStore::LowestMark(int32_t source, int32_t partition) const {
  return marks_.Lowest(source, partition);
}

absl::Status ShardedStore::AddCommit(int32_t shard, StateBatch* batch) {
  const auto index = static_cast<size_t>(shard);
  {
    absl::MutexLock lock(&shards_[index].mutex());
    shards_[index].AddChanges(batch, [&](int32_t view, EntityRow* row) {
      row->Trim(HorizonOf(views_[static_cast<size_t>(view)], shard));
    });
  }
  deletions_.AddCommit(shard, batch);
  std::string marks(1, kFormatVersion);
  PutSignedVarint(&marks, stream_ms_.load(std::memory_order_relaxed));
  PutSignedVarint(&marks, HorizonTime(shard));
  for (const View& view : views_) {
    PutVarint(&marks, static_cast<uint64_t>(view.entities[index]));
  }
  marks_.Encode(shard, &marks);
  pending_marks_[index] = std::move(marks);
  if (pending_marks_[index] != stored_marks_[index]) {
    batch->Put(MarksKey(shard), pending_marks_[index]);
  }
  return absl::OkStatus();
}

void ShardedStore::Committed(int32_t shard, bool ok) {
  const auto index = static_cast<size_t>(shard);
  {
    absl::MutexLock lock(&shards_[index].mutex());
    shards_[index].Committed(ok);
  }
  marks_.Committed(shard, ok);
  deletions_.Committed(shard, ok);
  if (ok) stored_marks_[index] = std::move(pending_marks_[index]);
}

size_t ShardedStore::DirtyBytes() const {
  size_t bytes = 0;
  for (const Shard& shard : shards_) bytes += shard.dirty_bytes();
  return bytes;
}

void ShardedStore::AddCanonical(const View& view, absl::string_view key, EntityRow* row,
                                uint64_t* digest) const {
  std::string bytes(key.data(), key.size());
  bytes += row->Canonical(view.horizon);
  *digest += Xxh3(bytes);
}

absl::StatusOr<uint64_t> ShardedStore::Digest() {
  uint64_t digest = deletions_.Digest();
  absl::flat_hash_set<std::string> in_memory;
  for (Shard& shard : shards_) {
    absl::MutexLock lock(&shard.mutex());
    shard.ForEach([&](Shard::CachedRow* cached) {
      const View& view = views_[static_cast<size_t>(cached->view)];
      cached->row.Trim(view.horizon);
      AddCanonical(view, cached->key(), &cached->row, &digest);
      in_memory.emplace(cached->key().data(), cached->key().size());
    });
  }
  // Rows that are only stored: a head, then its parts.
  std::string prefix, head;
  std::vector<std::pair<std::string, std::string>> parts;
  absl::Status status;
  const auto finish = [&] {
    if (prefix.empty() || !status.ok()) return;
    absl::string_view in = absl::string_view(prefix).substr(3);
    uint16_t number = 0;
    GetBig16(&in, &number);
    if (number >= views_.size()) {
      status = absl::DataLossError("feature state: a row of no view");
      return;
    }
    const View& view = views_[number];
    auto row = EntityRow::Decode(*view.layout, head, parts);
    if (!row.ok()) {
      status = row.status();
      return;
    }
    (*row)->Trim(view.horizon);
    AddCanonical(view, prefix, row->get(), &digest);
  };
  const std::string from(1, kFeaturePrefix), to(1, kFeaturePrefix + 1);
  RETURN_IF_ERROR(state_.Scan(from, to, [&](absl::string_view key, absl::string_view value) {
    absl::string_view rest = key;
    if (rest.size() <= kPrefixBytes) return true;  // marks, meta
    rest.remove_prefix(kPrefixBytes);
    absl::string_view entity;
    if (!GetLengthPrefixed(&rest, &entity) || rest.empty()) {
      status = absl::DataLossError("feature state: a key does not parse");
      return false;
    }
    const absl::string_view entity_prefix = key.substr(0, key.size() - rest.size());
    if (rest[0] != '\0') {
      if (entity_prefix == absl::string_view(prefix)) {
        parts.emplace_back(std::string(rest.data(), rest.size()),
                           std::string(value.data(), value.size()));
      }
      return true;
    }
    finish();
    prefix.clear();
    parts.clear();
    if (!status.ok() || in_memory.contains(entity_prefix)) return status.ok();
    prefix.assign(entity_prefix.data(), entity_prefix.size());
    head.assign(value.data(), value.size());
    return true;
  }));
  finish();
  RETURN_IF_ERROR(status);
  return digest;
}

absl::StatusOr<std::unique_ptr<OnlineStore>> OnlineStore::Open(
    StateStore& state, std::vector<std::shared_ptr<const ViewSpec>> views,
    const OnlineStoreOptions& options) {
  if (options.shards < 1 || options.shards >= kReserved || views.size() >= kReserved) {
    return absl::InvalidArgumentError("shards and views must number 1 to 65534");
  }
  std::vector<std::unique_ptr<const ViewLayout>> layouts;
  for (auto& view : views) {
    ASSIGN_OR_RETURN(auto layout, ViewLayout::Make(std::move(view)));
    layouts.push_back(std::move(layout));
  }
  auto store = std::make_unique<ShardedStore>(state, std::move(layouts), options);
  RETURN_IF_ERROR(store->Start());
  return store;
}

uint64_t ShardedStore::ApproximateBytes(int32_t view) const {
  std::vector<StateRange> ranges;
  for (int32_t shard = 0; shard < options_.shards; ++shard) {
    ranges.push_back({RowPrefix(shard, view), RowPrefix(shard, view + 1)});
  }
  return state_.ApproximateBytes(ranges);
}

}  // namespace millrace
