// EntitySizer: what one entity of a view takes, in memory and on disk. Rows are really built, from
// sample records, and stored; where an entity would have very many records only those that decide
// its size are: a few hundred a tile, as states do not grow much beyond. Records that are kept one
// by one count in full. Without what a cache adds around a row, and before RocksDB compresses.
//
// Within a factor of 1.5 of entities with records of this kind (tests/app/catalog). Owned by one
// thread.

#ifndef MILLRACE_APP_CATALOG_ENTITY_SIZE_H_
#define MILLRACE_APP_CATALOG_ENTITY_SIZE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "app/catalog/sample_fields.h"
#include "featurestore/entity_row.h"
#include "featurestore/view_layout.h"

namespace millrace {

// When all that is explained is read: some time, which is no edge of a tile.
inline constexpr int64_t kExplainedAtMs = 1'700'000'123'457;

struct EntitySize {
  int64_t memory_bytes = 0;
  int64_t disk_bytes = 0;  // keys and values
  int64_t disk_rows = 0;
  int64_t records = 0;  // kept one by one
};

// One more record that is kept.
struct RecordSize {
  double memory_bytes = 0;
  double disk_bytes = 0;
  double disk_rows = 0;
};

class EntitySizer {
 public:
  // `schema` is that of the view's first source. REQUIRES: both outlive this.
  EntitySizer(const ViewLayout& layout, const Schema& schema);

  // An entity that has had so many records in all, all lately.
  EntitySize OfRecords(int64_t records);
  // One that has had `per_s` records a second for as long as anything is kept. REQUIRES: per_s > 0.
  EntitySize AtRate(double per_s);
  const RecordSize& OfOneRecord() const { return one_record_; }
  // How long records are kept one by one, as far as there is room; INT64_MAX: for ever.
  int64_t records_kept_ms() const { return records_kept_ms_; }

 private:
  EntitySize Build(const std::vector<int64_t>& times_ms);
  std::vector<int64_t> TimesAtRate(double per_s) const;
  // Tiles as fine as are kept at that time; 0: none are.
  int64_t TileAt(int64_t time_ms) const;

  const ViewLayout& layout_;
  const Schema& schema_;
  const Horizon horizon_;
  int64_t oldest_ms_ = 0;  // nothing is kept of what was before
  int64_t records_kept_ms_ = 0;
  RecordSize one_record_;
  bool states_grow_ = false;  // with the number of records
};

}  // namespace millrace

#endif  // MILLRACE_APP_CATALOG_ENTITY_SIZE_H_
