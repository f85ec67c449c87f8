// EntryMaker: a record of a source as the view keeps it. Its expressions are those of the view's
// features, each evaluated once for a record whatever features use it; they make up the filters and
// columns of the entries.
//
// Made feature by feature, by one thread; then any thread may make entries and ask for counts.

#ifndef MILLRACE_FEATURESTORE_ENTRY_MAKER_H_
#define MILLRACE_FEATURESTORE_ENTRY_MAKER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "stream/entry.h"
#include "stream/event.h"
#include "stream/view_spec.h"

namespace millrace {

class EntryMaker {
 public:
  // `spec` outlives it.
  explicit EntryMaker(const ViewSpec& spec);

  // --- making it ---
  // What the feature's records must pass, shared with the features before it; 0: nothing.
  int FilterOf(const FeatureSpec& feature);
  // Where its values are, of records that pass the filter; shared too. -1: it takes none.
  int ColumnOf(const FeatureSpec& feature, int filter);
  // The layout of its entries. REQUIRES: called once, after all features.
  const EntryLayout& Finish();

  // --- using it ---
  // Reused between records. Owned by one thread.
  struct Scratch {
    std::vector<uint64_t> words;
    BlobList blobs;
    std::vector<Value> values;
    std::vector<std::string> bytes;
  };
  // The record of the view's `input`-th source. The entry lies in *scratch and lives until its next
  // use.
  EntryRef Make(int input, const Event& event, Scratch* scratch) const;
  // Values of the column, in the entries made so far, that were NaN or infinite.
  uint64_t NotFinite(int column) const {
    return not_finite_[static_cast<size_t>(column)].load(std::memory_order_relaxed);
  }
  // Its filters and columns as text, equal for equal ones.
  std::string Fingerprint() const;

 private:
  // An expression of the view by input; several filters or columns may use one.
  struct Evaluated {
    std::string text;
    const std::vector<std::shared_ptr<const Expression>>* by_input;
  };
  struct ColumnExpressions {
    int value = -1;
    int other = -1;
    int category = -1;
    friend bool operator==(const ColumnExpressions&, const ColumnExpressions&) = default;
  };

  int ExpressionOf(const std::string& text,
                   const std::vector<std::shared_ptr<const Expression>>& by_input);

  const ViewSpec* spec_;
  EntryLayout layout_;
  std::vector<Evaluated> expressions_;
  std::vector<int> filter_expression_;                     // by filter - 1
  std::vector<ColumnExpressions> column_expressions_;      // by column
  mutable std::vector<std::atomic<uint64_t>> not_finite_;  // by column
};

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_ENTRY_MAKER_H_
