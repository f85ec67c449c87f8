// StateStore: the ordered key-value state that stream's stages need, declared here and implemented
// by featurestore/rocks (durable) and featurestore/memory_state_store.h (tests, `millrace test`).
// Thread-safe.

#ifndef MILLRACE_STREAM_STATE_STORE_H_
#define MILLRACE_STREAM_STATE_STORE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace millrace {

// Changes that become visible and durable together, or not at all. A later change of a key wins.
class StateBatch {
 public:
  void Put(std::string key, std::string value) {
    changes_.emplace_back(std::move(key), std::move(value));
  }
  void Delete(std::string key) { changes_.emplace_back(std::move(key), std::nullopt); }

  const std::vector<std::pair<std::string, std::optional<std::string>>>& changes() const {
    return changes_;
  }
  bool empty() const { return changes_.empty(); }
  void Clear() { changes_.clear(); }

 private:
  std::vector<std::pair<std::string, std::optional<std::string>>> changes_;
};

// The keys in [from, to), bytewise.
struct StateRange {
  std::string from;
  std::string to;
};

class StateStore {
 public:
  virtual ~StateStore() = default;

  // NotFound when absent; DataLoss when the stored bytes are damaged.
  virtual absl::Status Get(absl::string_view key, std::string* value) const = 0;

  // One entry per key, in order: the value, or nullopt when absent.
  virtual absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      const std::vector<std::string>& keys) const = 0;

  // Visits the keys in [from, to) ascending (bytewise) until `visit` returns false.
  virtual absl::Status Scan(
      absl::string_view from, absl::string_view to,
      const std::function<bool(absl::string_view key, absl::string_view value)>& visit) const = 0;

  // Applies the batch atomically; afterwards it survives a kill of the process (and, if the store
  // was opened with Durability::kPowerLoss, a loss of power). On an error nothing was applied.
  virtual absl::Status Commit(const StateBatch& batch) = 0;

  // About how many bytes the keys of all ranges and their values take where they are stored,
  // compressed if they are; without reading them. It goes up and down as the
  // store tidies up.
  virtual uint64_t ApproximateBytes(std::span<const StateRange> ranges) const = 0;
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_STATE_STORE_H_
