// MakeEntry of view_layout.h: a record of a source as the view keeps it.

#include <bit>
#include <cmath>
#include <utility>

#include "core/collection.h"
#include "featurestore/view_layout.h"
#include "stream/aggregations/values.h"

namespace millrace {
namespace {

// Puts the value as that of a column into *word; false when it counts as null.
bool StoreColumnValue(const ValueType& type, const Value& value, uint64_t* word, size_t* used,
                      BlobList* blobs) {
  if (type == Type::kDouble) {
    double number = 0;
    if (value.type() == Type::kDouble) {
      number = value.double_value();
    } else if (value.type() == Type::kInt) {
      number = static_cast<double>(value.int_value());
    } else {
      return false;
    }
    if (!std::isfinite(number)) return false;
    *word = std::bit_cast<uint64_t>(number == 0 ? 0.0 : number);  // no -0.0
    return true;
  }
  if (value.type() != type.type) return false;
  if (!HasBytes(type.type)) {
    *word = WordOf(value);
    return true;
  }
  if (type == Type::kVector && CollectionSize(value) != type.dim) return false;
  if (blobs->size() == *used) blobs->emplace_back();
  (*blobs)[*used].assign(value.string_value().data(), value.string_value().size());
  *word = ++*used;
  return true;
}

// A retraction has the fields of what it takes back, so they do not say when it came itself.
int64_t KnownAt(const ViewInput& input, const Event& event) {
  if (!input.known_field || event.change == Change::kRetract) return event.known_ms;
  const Value& known = event.fields[static_cast<size_t>(*input.known_field)];
  return known.is_null() ? event.known_ms : known.int_value();
}

}  // namespace

EntryRef ViewLayout::MakeEntry(int input, const Event& event, Scratch* scratch) const {
  const EntryLayout& layout = entry();
  scratch->words.assign(static_cast<size_t>(layout.words()), 0);
  scratch->values.resize(expressions_.size());
  scratch->bytes.resize(expressions_.size());
  uint64_t* words = scratch->words.data();
  words[0] = static_cast<uint64_t>(event.event_time_ms);
  words[1] = PackSource(input, event.partition);
  words[2] = static_cast<uint64_t>(event.offset);
  const auto set_bit = [words](int bit) { words[3 + bit / 64] |= uint64_t{1} << (bit % 64); };
  const EntryRef made{words, &scratch->blobs};
  if (event.change == Change::kRetract) set_bit(EntryLayout::kRetractBit);
  if (layout.retracts()) words[layout.fingerprint_word()] = event.fingerprint;
  if (layout.known()) {
    words[layout.known_word()] =
        static_cast<uint64_t>(KnownAt(spec().inputs[static_cast<size_t>(input)], event));
  }
  for (size_t e = 0; e < expressions_.size(); ++e) {
    const auto& expression = (*expressions_[e].by_input)[input];
    scratch->values[e] =
        expression ? expression->Evaluate(event.fields, &scratch->bytes[e]) : Value::Null();
  }
  for (size_t f = 0; f < filter_expression_.size(); ++f) {
    const Value& passes = scratch->values[filter_expression_[f]];
    if (passes.type() == Type::kBool && passes.bool_value()) {
      set_bit(layout.filter_bit(static_cast<int>(f) + 1));
    }
  }
  size_t blobs = 0;
  for (size_t c = 0; c < column_expressions_.size(); ++c) {
    const StateColumn& column = layout.columns()[c];
    const int index = static_cast<int>(c);
    if (!layout.passes(made, column.filter)) continue;
    const ColumnExpressions& expressions = column_expressions_[c];
    uint64_t* word = words + layout.value_word(index);
    const std::pair<const ValueType&, int> parts[] = {{column.type, expressions.value},
                                                      {column.other, expressions.other},
                                                      {column.category, expressions.category}};
    bool given = true;
    for (const auto& [type, expression] : parts) {
      if (expression < 0 || !given) continue;
      const Value& value = scratch->values[expression];
      given = StoreColumnValue(type, value, word++, &blobs, &scratch->blobs);
      if (!given && value.type() == Type::kDouble && !std::isfinite(value.double_value())) {
        not_finite_[c].fetch_add(1, std::memory_order_relaxed);
      }
    }
    if (!given) continue;
    set_bit(layout.column_bit(index));
  }
  return made;
}

uint64_t ViewLayout::NotFinite(int feature) const {
  const int column = features_[static_cast<size_t>(feature)].column;
  return column < 0 ? 0 : not_finite_[static_cast<size_t>(column)].load(std::memory_order_relaxed);
}

}  // namespace millrace
