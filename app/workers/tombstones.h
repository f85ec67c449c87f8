// Tombstones: whom a record without a value deletes. Its key names one entity in each view of its
// source; of a source with `partitioned_by`, in the views of that entity only.
//
// The bytes of the key: for an entity of one key field what producers write as the key: a string's
// UTF-8, bytes as they are, an integer's (or a timestamp's milliseconds') decimal text, true or
// false. For one of several fields the entity's key (featurestore/entity_key.h), or JSON: an object
// with those fields, or an array of them in their order.
//
// Apply belongs to one thread; the counters may be read by any.

#ifndef MILLRACE_APP_WORKERS_TOMBSTONES_H_
#define MILLRACE_APP_WORKERS_TOMBSTONES_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "app/project.h"
#include "core/value.h"
#include "featurestore/online_store.h"
#include "stream/event.h"

namespace millrace {

class Tombstones {
 public:
  // REQUIRES: project and store outlive this.
  Tombstones(const Project& project, OnlineStore& store);

  // Deletes whom the event's key names. Errors: those of OnlineStore::Delete. REQUIRES: its change
  // is kDelete.
  absl::Status Apply(const Event& event);

  // Tombstones whose key names no entity of the view, as far as this process applied them.
  uint64_t Unnamed(int32_t view) const {
    return unnamed_[static_cast<size_t>(view)].load(std::memory_order_relaxed);
  }

 private:
  const Project& project_;
  OnlineStore& store_;
  std::vector<std::vector<int32_t>> views_;    // by source
  std::deque<std::atomic<uint64_t>> unnamed_;  // by view
  std::vector<OwnedValue> values_;
  std::vector<Value> key_;
};

// The fields of an entity that the bytes of a record's key name; false when they name none.
// REQUIRES: types and names are those of a ViewSpec.
bool EntityOfKey(absl::string_view key, const std::vector<std::string>& names,
                 const std::vector<Type>& types, std::vector<OwnedValue>* fields);

}  // namespace millrace

#endif  // MILLRACE_APP_WORKERS_TOMBSTONES_H_
