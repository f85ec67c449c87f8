// Derivation: the rows that a row of a source becomes: it takes columns, computes fields from them
// (`let`), leaves rows out (`where`) and makes a row of each item of a list (`each`). A pure
// function of the row, so that redoing a record gives the same events and a retraction finds what
// its insertion became.
//
// A Derivation is immutable once made and thread-safe; a Deriver is owned by one thread.

#ifndef MILLRACE_STREAM_DERIVATION_H_
#define MILLRACE_STREAM_DERIVATION_H_

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "core/value.h"
#include "stream/expr/expression.h"

namespace millrace {

struct Derivation {
  // Of the given row: the first fields of the new one.
  std::vector<int> columns;
  // Fields after those, each over the columns and the fields before it.
  std::vector<std::shared_ptr<const Expression>> let;
  // Over columns and computed fields; a row for which it is not true is left out. Null: none is.
  std::shared_ptr<const Expression> where;
  // Field of the new row that holds a list: one row each item, which stands in the list's place.
  // An empty list and null make no row.
  std::optional<int> each;
};

class Deriver {
 public:
  // REQUIRES: the derivation outlives this.
  explicit Deriver(const Derivation& derivation);

  // What became of a row.
  enum class Fate { kTaken, kLeftOut };

  // Calls visit for the rows that `row` becomes, in order; kLeftOut: `where` is not true of it. The
  // rows are valid until visit returns. An error is that of visit, which ends the visits.
  // REQUIRES: visit does not call this Deriver.
  absl::StatusOr<Fate> Derive(std::span<const Value> row,
                              absl::FunctionRef<absl::Status(std::span<const Value>)> visit);

 private:
  const Derivation& derivation_;
  std::vector<Value> row_;
  std::vector<std::string> let_bytes_;  // by computed field
  std::string scratch_;
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_DERIVATION_H_
