// MemoryStateStore: a StateStore in memory, for tests and for `millrace test`. Thread-safe.

#ifndef MILLRACE_FEATURESTORE_MEMORY_STATE_STORE_H_
#define MILLRACE_FEATURESTORE_MEMORY_STATE_STORE_H_

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "stream/state_store.h"

namespace millrace {

class MemoryStateStore final : public StateStore {
 public:
  absl::Status Get(absl::string_view key, std::string* value) const override;
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      const std::vector<std::string>& keys) const override;
  absl::Status Scan(
      absl::string_view from, absl::string_view to,
      const std::function<bool(absl::string_view, absl::string_view)>& visit) const override;
  absl::Status Commit(const StateBatch& batch) override;
  uint64_t ApproximateBytes(std::span<const StateRange> ranges) const override;

 private:
  struct Less {
    using is_transparent = void;
    bool operator()(absl::string_view a, absl::string_view b) const { return a < b; }
  };
  mutable absl::Mutex mutex_;
  std::map<std::string, std::string, Less> rows_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_MEMORY_STATE_STORE_H_
