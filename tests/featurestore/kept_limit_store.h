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

  // What the record does: `kLate` of a tombstone that comes too late to be exact.
  enum class Applied : uint8_t { kDone, kLate };
  absl::StatusOr<Applied> Apply(const oracle::Record& record);
  // Commits some shards, fails to commit some, and mostly opens the store again.
  absl::Status Disturb(Random* random);
  void AdvanceTime(int64_t event_time_ms) { store_->AdvanceTime(event_time_ms); }

  // One value for each of these features of the view. OutOfRange as OnlineStore::Read; they are
  // filled then.
  absl::Status Read(const oracle::Read& read, const std::vector<int>& features,
                    std::vector<FeatureValue>* values) const;

 private:
  // Half of the stores keep no row in memory that is not to be committed.
  KeptLimitStore(const KeptLimitCase& c, Schema schema, std::shared_ptr<const ViewSpec> view)
      : schema_(std::move(schema)),
        view_(std::move(view)),
        cache_bytes_(c.seed % 2 == 0 ? 1 : size_t{64} << 20) {}
  absl::Status Reopen();
  absl::Status Commit(int32_t shard, bool succeeds);

  const Schema schema_;  // of every source
  const std::shared_ptr<const ViewSpec> view_;
  const size_t cache_bytes_;
  MemoryStateStore state_;
  std::unique_ptr<OnlineStore> store_;
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_FEATURESTORE_KEPT_LIMIT_STORE_H_
