#include "stream/derivation.h"

#include "core/collection.h"
#include "core/status_macros.h"

namespace millrace {

Deriver::Deriver(const Derivation& derivation)
    : derivation_(derivation),
      row_(derivation.columns.size() + derivation.let.size()),
      let_bytes_(derivation.let.size()) {}

absl::StatusOr<Deriver::Fate> Deriver::Derive(
    std::span<const Value> row, absl::FunctionRef<absl::Status(std::span<const Value>)> visit) {
  const size_t columns = derivation_.columns.size();
  for (size_t i = 0; i < columns; ++i) row_[i] = row[static_cast<size_t>(derivation_.columns[i])];
  for (size_t i = 0; i < derivation_.let.size(); ++i) {
    row_[columns + i] = derivation_.let[i]->Evaluate(row_, &let_bytes_[i]);
  }
  if (derivation_.where != nullptr) {
    const Value holds = derivation_.where->Evaluate(row_, &scratch_);
    if (holds.is_null() || !holds.bool_value()) return Fate::kLeftOut;
  }
  if (!derivation_.each) {
    RETURN_IF_ERROR(visit(row_));
    return Fate::kTaken;
  }
  const auto place = static_cast<size_t>(*derivation_.each);
  const Value list = row_[place];
  if (list.is_null()) return Fate::kTaken;
  absl::string_view rest = list.string_value();
  while (NextItem(list.type(), &rest, &row_[place])) RETURN_IF_ERROR(visit(row_));
  return Fate::kTaken;
}

}  // namespace millrace
