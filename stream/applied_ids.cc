#include "stream/applied_ids.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/coding.h"
#include "core/hashing.h"
#include "stream/state_keys.h"

namespace millrace {
namespace {

// Seed of the second half of an id's hash; part of the format.
constexpr uint64_t kSecondSeed = 0x9e3779b97f4a7c15;
constexpr int64_t kBucketsInWithin = 16;
constexpr int64_t kMinBucketMs = 1'000;

// |a - b|, without overflow.
uint64_t Distance(int64_t a, int64_t b) {
  return a > b ? static_cast<uint64_t>(a) - static_cast<uint64_t>(b)
               : static_cast<uint64_t>(b) - static_cast<uint64_t>(a);
}

bool SamePlace(const AppliedIds::Copy& a, const AppliedIds::Copy& b) {
  return a.partition == b.partition && a.offset == b.offset;
}

}  // namespace

AppliedIds::AppliedIds(absl::string_view source, int64_t within_ms)
    : within_ms_(within_ms),
      bucket_ms_(std::max(within_ms / kBucketsInWithin, kMinBucketMs)),
      prefix_(1, kIdPrefix) {
  PutLengthPrefixed(&prefix_, source);
}

AppliedIds::Hash AppliedIds::HashOf(absl::string_view id) {
  return {Xxh3(id), Xxh3(id, kSecondSeed)};
}

int64_t AppliedIds::BucketOf(int64_t event_time_ms) const {
  const int64_t quotient = event_time_ms / bucket_ms_;
  return event_time_ms % bucket_ms_ < 0 ? quotient - 1 : quotient;
}

std::string AppliedIds::KeyOf(int64_t event_time_ms, const Hash& hash) const {
  std::string key = prefix_;
  PutOrdered64(&key, event_time_ms);
  PutBig64(&key, hash.first);
  PutBig64(&key, hash.second);
  return key;
}

void AppliedIds::Insert(const Hash& hash, const Copy& copy) {
  copies_[hash].push_back(copy);
  buckets_[BucketOf(copy.event_time_ms)].push_back(hash);
  ++size_;
}

absl::Status AppliedIds::Load(const StateStore& state) {
  bool good = true;
  const absl::Status scanned = state.Scan(
      prefix_, absl::StrCat(prefix_, std::string(25, '\xff')),
      [&](absl::string_view key, absl::string_view value) {
        key.remove_prefix(prefix_.size());
        Copy copy;
        Hash hash;
        uint64_t partition = 0;
        good = GetOrdered64(&key, &copy.event_time_ms) && GetBig64(&key, &hash.first) &&
               GetBig64(&key, &hash.second) && key.empty() && GetVarint(&value, &partition) &&
               partition <= INT32_MAX && GetSignedVarint(&value, &copy.offset) &&
               GetBig32(&value, &copy.content) && value.empty();
        if (!good) return false;
        copy.partition = static_cast<int32_t>(partition);
        Insert(hash, copy);
        return true;
      });
  if (!scanned.ok()) return scanned;
  return good ? absl::OkStatus() : absl::DataLossError("a stored id of a record does not parse");
}

AppliedIds::Verdict AppliedIds::Judge(absl::string_view id, const Copy& copy) const {
  const auto found = copies_.find(HashOf(id));
  if (found == copies_.end()) return Verdict::kFirst;
  Verdict verdict = Verdict::kFirst;
  for (const Copy& applied : found->second) {
    if (SamePlace(applied, copy)) return Verdict::kFirst;
    if (Distance(applied.event_time_ms, copy.event_time_ms) > static_cast<uint64_t>(within_ms_)) {
      continue;
    }
    // In whatever order they are kept.
    if (applied.content == copy.content) {
      verdict = Verdict::kDuplicate;
    } else if (verdict == Verdict::kFirst) {
      verdict = Verdict::kConflicting;
    }
  }
  return verdict;
}

void AppliedIds::Add(absl::string_view id, const Copy& copy) {
  const Hash hash = HashOf(id);
  const auto found = copies_.find(hash);
  if (found != copies_.end() &&
      std::any_of(found->second.begin(), found->second.end(),
                  [&](const Copy& applied) { return SamePlace(applied, copy); })) {
    return;
  }
  Insert(hash, copy);
  std::string value;
  PutVarint(&value, static_cast<uint64_t>(copy.partition));
  PutSignedVarint(&value, copy.offset);
  PutBig32(&value, copy.content);
  added_.emplace_back(KeyOf(copy.event_time_ms, hash), std::move(value));
}

void AppliedIds::Forget(int64_t before_ms) {
  const int64_t kept = BucketOf(before_ms);
  while (!buckets_.empty() && buckets_.begin()->first < kept) {
    const auto& [bucket, hashes] = *buckets_.begin();
    for (const Hash& hash : hashes) {
      auto found = copies_.find(hash);
      auto& copies = found->second;
      const auto old = std::find_if(copies.begin(), copies.end(), [&](const Copy& copy) {
        return BucketOf(copy.event_time_ms) == bucket;
      });
      forgotten_.push_back(KeyOf(old->event_time_ms, hash));
      copies.erase(old);
      if (copies.empty()) copies_.erase(found);
      --size_;
    }
    buckets_.erase(buckets_.begin());
  }
}

void AppliedIds::AddCommit(StateBatch* batch) {
  // In this order: what was added and is forgotten already does not come back.
  for (auto& [key, value] : added_) batch->Put(std::move(key), std::move(value));
  for (std::string& key : forgotten_) batch->Delete(std::move(key));
  added_.clear();
  forgotten_.clear();
}

}  // namespace millrace
