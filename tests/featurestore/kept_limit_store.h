// KeptLimitStore: the real store over the view of a case, with the accuracy and the horizons that
// the case says. The state is in memory. Owned by one thread.

#ifndef MILLRACE_TESTS_FEATURESTORE_KEPT_LIMIT_STORE_H_
#define MILLRACE_TESTS_FEATURESTORE_KEPT_LIMIT_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/random.h"
#include "featurestore/memory_state_store.h"
#include "featurestore/online_store.h"
#include "stream/schema.h"
#include "tests/featurestore/kept_limit_case.h"

namespace millrace {

class KeptLimitStore {
 public:
  // The case outlives it. Errors: InvalidArgument with the loader's messages.
  static absl::StatusOr<std::unique_ptr<KeptLimitStore>> Open(const KeptLimitCase& c);

  absl::Status Apply(const oracle::Record& record);
  // Commits some shards, fails to commit some, and mostly opens the store again.
  absl::Status Disturb(Random* random);
  void AdvanceTime(int64_t event_time_ms) { store_->AdvanceTime(event_time_ms); }

  // One value for each feature of the view. OutOfRange as OnlineStore::Read; they are filled then.
  absl::Status Read(const std::string& key, int64_t at_ms, std::vector<FeatureValue>* values) const;

 private:
  KeptLimitStore(Schema schema, std::shared_ptr<const ViewSpec> view)
      : schema_(std::move(schema)), view_(std::move(view)) {}
  absl::Status Reopen();
  absl::Status Commit(int32_t shard, bool succeeds);

  const Schema schema_;
  const std::shared_ptr<const ViewSpec> view_;
  MemoryStateStore state_;
  std::unique_ptr<OnlineStore> store_;
  size_t cache_bytes_ = size_t{64} << 20;
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_FEATURESTORE_KEPT_LIMIT_STORE_H_
