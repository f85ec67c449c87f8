#include "featurestore/entry_maker.h"

#include <bit>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/collection.h"
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

EntryLayout::Options OptionsOf(const ViewSpec& spec) {
  EntryLayout::Options options;
  options.known = spec.keeps_known_time;
  for (const ViewInput& input : spec.inputs) options.retracts |= input.retracts;
  return options;
}

}  // namespace

EntryMaker::EntryMaker(const ViewSpec& spec) : spec_(&spec), layout_(OptionsOf(spec)) {}

int EntryMaker::ExpressionOf(const std::string& text,
                             const std::vector<std::shared_ptr<const Expression>>& by_input) {
  for (size_t e = 0; e < expressions_.size(); ++e) {
    if (expressions_[e].text == text) return static_cast<int>(e);
  }
  expressions_.push_back({text, &by_input});
  return static_cast<int>(expressions_.size()) - 1;
}

int EntryMaker::FilterOf(const FeatureSpec& feature) {
  if (feature.where_text.empty()) return 0;
  const int expression = ExpressionOf(feature.where_text, feature.where);
  for (size_t f = 0; f < filter_expression_.size(); ++f) {
    if (filter_expression_[f] == expression) return static_cast<int>(f) + 1;
  }
  filter_expression_.push_back(expression);
  return layout_.AddFilter();
}

int EntryMaker::ColumnOf(const FeatureSpec& feature, int filter) {
  if (feature.input_type == Type::kNull) return -1;
  ColumnExpressions wanted;
  wanted.value = ExpressionOf(feature.input_text, feature.input);
  if (feature.other_type != Type::kNull) {
    wanted.other = ExpressionOf(feature.other_text, feature.other);
  }
  if (feature.by_type != Type::kNull) wanted.category = ExpressionOf(feature.by_text, feature.by);
  for (size_t c = 0; c < layout_.columns().size(); ++c) {
    const StateColumn& column = layout_.columns()[c];
    if (column.filter == filter && column.type == feature.input_type &&
        column_expressions_[c] == wanted) {
      return static_cast<int>(c);
    }
  }
  column_expressions_.push_back(wanted);
  return layout_.AddColumn({filter, feature.input_type, feature.other_type, feature.by_type});
}

const EntryLayout& EntryMaker::Finish() {
  layout_.Finish();
  not_finite_ = std::vector<std::atomic<uint64_t>>(column_expressions_.size());
  return layout_;
}

EntryRef EntryMaker::Make(int input, const Event& event, Scratch* scratch) const {
  scratch->words.assign(static_cast<size_t>(layout_.words()), 0);
  scratch->values.resize(expressions_.size());
  scratch->bytes.resize(expressions_.size());
  uint64_t* words = scratch->words.data();
  words[0] = static_cast<uint64_t>(event.event_time_ms);
  words[1] = PackSource(input, event.partition);
  words[2] = static_cast<uint64_t>(event.offset);
  const auto set_bit = [words](int bit) { words[3 + bit / 64] |= uint64_t{1} << (bit % 64); };
  const EntryRef made{words, &scratch->blobs};
  if (event.change == Change::kRetract) set_bit(EntryLayout::kRetractBit);
  if (layout_.retracts()) words[layout_.fingerprint_word()] = event.fingerprint;
  if (layout_.known()) {
    words[layout_.known_word()] =
        static_cast<uint64_t>(KnownAt(spec_->inputs[static_cast<size_t>(input)], event));
  }
  for (size_t e = 0; e < expressions_.size(); ++e) {
    const auto& expression = (*expressions_[e].by_input)[input];
    scratch->values[e] =
        expression ? expression->Evaluate(event.fields, &scratch->bytes[e]) : Value::Null();
  }
  for (size_t f = 0; f < filter_expression_.size(); ++f) {
    const Value& passes = scratch->values[filter_expression_[f]];
    if (passes.type() == Type::kBool && passes.bool_value()) {
      set_bit(layout_.filter_bit(static_cast<int>(f) + 1));
    }
  }
  size_t blobs = 0;
  for (size_t c = 0; c < column_expressions_.size(); ++c) {
    const StateColumn& column = layout_.columns()[c];
    const int index = static_cast<int>(c);
    if (!layout_.passes(made, column.filter)) continue;
    const ColumnExpressions& expressions = column_expressions_[c];
    uint64_t* word = words + layout_.value_word(index);
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
    set_bit(layout_.column_bit(index));
  }
  return made;
}

std::string EntryMaker::Fingerprint() const {
  std::string out;
  const auto text = [this](int expression) -> const std::string& {
    return expressions_[static_cast<size_t>(expression)].text;
  };
  for (const int e : filter_expression_) absl::StrAppend(&out, "\nwhere ", text(e));
  for (size_t c = 0; c < column_expressions_.size(); ++c) {
    const StateColumn& column = layout_.columns()[c];
    const ColumnExpressions& from = column_expressions_[c];
    absl::StrAppend(&out, "\ncolumn ", column.filter, " ", ValueTypeName(column.type), " ",
                    text(from.value));
    if (from.other >= 0) {
      absl::StrAppend(&out, " with ", ValueTypeName(column.other), " ", text(from.other));
    }
    if (from.category >= 0) {
      absl::StrAppend(&out, " by ", ValueTypeName(column.category), " ", text(from.category));
    }
  }
  return out;
}

}  // namespace millrace
