// SourceLookups: what the records of one partition of a source get from features of views, each as
// of its event time. What was found is decided once: it is state, kept from the commit of the
// record's position until every shard has the record, so that a record redone after a restart is
// the events of the first time, whatever came to the views since (docs/formats/state.md).
//
// Live, a record waits, and with it what is behind it in its partition, until what the views are
// computed from has progressed to its time. Where that stays behind, the partition waits for
// align_timeout once, and not at each record. Owned by the engine's thread.

#ifndef MILLRACE_APP_WORKERS_SOURCE_LOOKUPS_H_
#define MILLRACE_APP_WORKERS_SOURCE_LOOKUPS_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "app/project.h"
#include "core/value.h"
#include "featurestore/online_store.h"
#include "stream/decode/decoder.h"
#include "stream/state_store.h"

namespace millrace {

class SourceLookups {
 public:
  // REQUIRES: source and store outlive this; the source has lookups.
  SourceLookups(const SourceSpec& source, int32_t partition, const OnlineStore& store);

  // Takes what was found earlier. DataLoss when it does not parse. REQUIRES: called first.
  absl::Status Load(const StateStore& state);

  // A record that is applied for the first time, or one that was before.
  enum class Pass : uint8_t { kFirst, kRedo };
  // The record's decoded fields, then those looked up; null for a value that is missing, warming or
  // older than the view keeps. Valid until the next call and as long as the row. Errors: those of
  // OnlineStore::Read; DataLoss when what was found for a redone record is not there.
  // REQUIRES: offsets ascend.
  absl::StatusOr<std::span<const Value>> Extend(int64_t offset, const DecodedRow& row, Pass pass);

  // Whether a record of that time has to wait, when what the views are computed from has come to
  // `progress_ms`.
  bool MustWait(int64_t event_time_ms, int64_t progress_ms, int64_t now_ns);
  // The last record asked for need not wait, though they have not come to its time.
  bool behind() const { return behind_since_ns_.has_value(); }

  // Adds what was found since the last call to *batch, and the deletion of what was found for
  // records below `lowest_mark`, which no shard needs any more.
  void AddCommit(int64_t lowest_mark, StateBatch* batch);

 private:
  // Lookups with one view and one key, which are one read.
  struct ViewRead {
    int32_t view = 0;
    std::vector<const SourceLookup*> lookups;
    std::vector<int> features;
    std::vector<size_t> slots;  // parallel to features: of the extended row
    std::vector<FeatureValue> values;
  };
  // What one commit holds: of the records [first, last].
  struct Stored {
    int64_t first = 0;
    int64_t last = 0;
  };

  absl::Status Find(const DecodedRow& row, ViewRead* read);
  absl::Status Follow(int64_t offset);
  std::string KeyOf(int64_t first_offset) const;
  bool Decode(absl::string_view value);

  const SourceSpec& source_;
  const OnlineStore& store_;
  std::string prefix_;
  std::vector<ViewRead> reads_;
  std::deque<Stored> stored_;
  // Of records to be redone: offset and values.
  std::deque<std::pair<int64_t, std::string>> found_before_;
  // Since the last commit: signed offset and values of each record.
  std::string uncommitted_;
  Stored uncommitted_range_;
  std::optional<int64_t> behind_since_ns_;
  std::string
      values_;  // of the record, as stored; row_ points into them when they were found before
  std::vector<Value> row_;
  std::vector<Value> key_;
  std::vector<std::string> key_bytes_;
};

}  // namespace millrace

#endif  // MILLRACE_APP_WORKERS_SOURCE_LOOKUPS_H_
