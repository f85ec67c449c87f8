#include "featurestore/memory_state_store.h"

#include <utility>

namespace millrace {

absl::Status MemoryStateStore::Get(absl::string_view key, std::string* value) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = rows_.find(key);
  if (found == rows_.end()) return absl::NotFoundError("no such key");
  *value = found->second;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::optional<std::string>>> MemoryStateStore::MultiGet(
    const std::vector<std::string>& keys) const {
  absl::ReaderMutexLock lock(&mutex_);
  std::vector<std::optional<std::string>> values;
  for (const std::string& key : keys) {
    const auto found = rows_.find(key);
    values.push_back(found == rows_.end() ? std::nullopt : std::optional(found->second));
  }
  return values;
}

absl::Status MemoryStateStore::Scan(
    absl::string_view from, absl::string_view to,
    const std::function<bool(absl::string_view, absl::string_view)>& visit) const {
  // A copy, so that `visit` may use the store.
  std::vector<std::pair<std::string, std::string>> rows;
  {
    absl::ReaderMutexLock lock(&mutex_);
    for (auto it = rows_.lower_bound(from); it != rows_.end() && absl::string_view(it->first) < to;
         ++it) {
      rows.emplace_back(it->first, it->second);
    }
  }
  for (const auto& [key, value] : rows) {
    if (!visit(key, value)) break;
  }
  return absl::OkStatus();
}

absl::Status MemoryStateStore::Commit(const StateBatch& batch) {
  absl::MutexLock lock(&mutex_);
  for (const auto& [key, value] : batch.changes()) {
    if (value) {
      rows_[key] = *value;
    } else {
      rows_.erase(key);
    }
  }
  return absl::OkStatus();
}

uint64_t MemoryStateStore::ApproximateBytes(std::span<const StateRange> ranges) const {
  absl::ReaderMutexLock lock(&mutex_);
  uint64_t bytes = 0;
  for (const StateRange& range : ranges) {
    for (auto it = rows_.lower_bound(range.from); it != rows_.end() && it->first < range.to; ++it) {
      bytes += it->first.size() + it->second.size();
    }
  }
  return bytes;
}

}  // namespace millrace
