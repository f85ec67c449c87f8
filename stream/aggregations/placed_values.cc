#include "stream/aggregations/placed_values.h"

#include "core/coding.h"
#include "core/value_coding.h"
#include "stream/aggregations/values.h"

namespace millrace {

size_t PlacedValues::MemoryBytes() const {
  size_t bytes = sizeof(*this) + items.capacity() * sizeof(PlacedValue);
  for (const PlacedValue& item : items) {
    if (HasBytes(item.value.view().type())) bytes += item.value.view().string_value().size();
  }
  return bytes;
}

void EncodePlacedValues(const PlacedValues& values, int64_t base_ms, std::string* out) {
  PutVarint(out, values.items.size());
  for (const PlacedValue& item : values.items) {
    PutSampleOrder(item.order.data(), base_ms, out);
    PutTypedValue(item.value.view(), out);
    if (!item.rank.is_null()) PutTypedValue(item.rank.view(), out);
  }
}

bool DecodePlacedValues(Type value, Type rank, size_t limit, int64_t base_ms, absl::string_view* in,
                        PlacedValues* values) {
  uint64_t size = 0;
  if (!GetVarint(in, &size) || size > limit || size > in->size()) return false;
  values->items.resize(size);
  for (PlacedValue& item : values->items) {
    Value read;
    if (!GetSampleOrder(in, base_ms, item.order.data()) || !GetTypedValue(value, in, &read)) {
      return false;
    }
    item.value.Assign(read);
    if (rank == Type::kNull) continue;
    if (!GetTypedValue(rank, in, &read)) return false;
    item.rank.Assign(read);
  }
  return true;
}

void PlacedValuesAccumulator::Add(const Sample& sample, int64_t, uint64_t* words,
                                  StateParts* parts) const {
  const Value rank = ranked_by_another() ? sample.other : Value::Null();
  Insert(PlacedValue(sample.order, sample.value, rank), &PartOf<PlacedValues>(words, parts).items);
}

void PlacedValuesAccumulator::Merge(const StateRef& later, int64_t, uint64_t* words,
                                    StateParts* parts) const {
  auto& items = PartOf<PlacedValues>(words, parts).items;
  for (const PlacedValue& item : FindPart<PlacedValues>(*later.words, *later.parts)->items) {
    Insert(item, &items);
  }
}

void PlacedValuesAccumulator::Encode(const StateRef& state, int64_t base_ms,
                                     std::string* out) const {
  EncodePlacedValues(*FindPart<PlacedValues>(*state.words, *state.parts), base_ms, out);
}

bool PlacedValuesAccumulator::Decode(absl::string_view* in, int64_t, int64_t base_ms,
                                     uint64_t* words, StateParts* parts) const {
  return DecodePlacedValues(value_, rank_, limit_, base_ms, in,
                            &PartOf<PlacedValues>(words, parts));
}

Value ListOf(const PlacedValues& values, ListOrder order, std::string* bytes) {
  bytes->clear();
  const size_t n = values.items.size();
  for (size_t i = 0; i < n; ++i) {
    PutValue(bytes, values.items[order == ListOrder::kReversed ? n - 1 - i : i].value.view());
  }
  return Value::OfBytes(Type::kList, *bytes);
}

}  // namespace millrace
