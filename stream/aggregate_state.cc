#include "stream/aggregate_state.h"

#include <bit>
#include <cstring>
#include <limits>
#include <set>

#include "core/check.h"
#include "stream/exact_sum.h"
#include "stream/expansion_words.h"

namespace millrace {
namespace {

constexpr uint64_t kNoTime = static_cast<uint64_t>(std::numeric_limits<int64_t>::min());

int64_t Signed(uint64_t v) { return static_cast<int64_t>(v); }
bool IsBytes(Type type) { return type == Type::kString || type == Type::kBytes; }

int WordsOf(StateOpKind kind) {
  switch (kind) {
    case StateOpKind::kFilter: return 2;     // records, newest time
    case StateOpKind::kColumn: return 1;     // non-null values
    case StateOpKind::kIntSum: return 2;     // int128: low, high
    case StateOpKind::kDoubleSum: return 4;  // addends, high, low, blob of a longer expansion
    case StateOpKind::kLast:
    case StateOpKind::kLastBytes: return 4;  // order (3), value
    default: return 1;
  }
}

StateOpKind OpFor(AggregationKind aggregation, Type type) {
  switch (aggregation) {
    case AggregationKind::kSum:
    case AggregationKind::kMean:
      return type == Type::kDouble ? StateOpKind::kDoubleSum : StateOpKind::kIntSum;
    case AggregationKind::kMin:
      return IsBytes(type)           ? StateOpKind::kMinBytes
             : type == Type::kDouble ? StateOpKind::kMinDouble
                                     : StateOpKind::kMinInt;
    case AggregationKind::kMax:
      return IsBytes(type)           ? StateOpKind::kMaxBytes
             : type == Type::kDouble ? StateOpKind::kMaxDouble
                                     : StateOpKind::kMaxInt;
    default: return IsBytes(type) ? StateOpKind::kLastBytes : StateOpKind::kLast;
  }
}

__int128 GetInt128(const uint64_t* words) {
  return static_cast<__int128>(static_cast<unsigned __int128>(words[1]) << 64 | words[0]);
}
void AddInt128(__int128 v, uint64_t* words) {
  const auto sum =
      static_cast<unsigned __int128>(GetInt128(words)) + static_cast<unsigned __int128>(v);
  words[0] = static_cast<uint64_t>(sum);
  words[1] = static_cast<uint64_t>(sum >> 64);
}

void SetBlob(absl::string_view bytes, uint64_t* word, BlobList* blobs) {
  if (*word == 0) {
    blobs->emplace_back(bytes.data(), bytes.size());
    *word = blobs->size();
  } else {
    (*blobs)[*word - 1].assign(bytes.data(), bytes.size());
  }
}

bool OrderLess(const uint64_t* a, const uint64_t* b) {
  if (a[0] != b[0]) return Signed(a[0]) < Signed(b[0]);
  if (a[1] != b[1]) return a[1] < b[1];
  return Signed(a[2]) < Signed(b[2]);
}

// A candidate for min, max or last, from an entry or from another state. `n` is how many values the
// state holds so far; `order` only for last.
void Offer(StateOpKind kind, bool first, const uint64_t* order, uint64_t value,
           const BlobList& from, uint64_t* word, BlobList* blobs) {
  const auto number = [](uint64_t bits) { return std::bit_cast<double>(bits); };
  switch (kind) {
    case StateOpKind::kMinInt:
      if (first || Signed(value) < Signed(*word)) *word = value;
      return;
    case StateOpKind::kMaxInt:
      if (first || Signed(value) > Signed(*word)) *word = value;
      return;
    case StateOpKind::kMinDouble:
      if (first || number(value) < number(*word)) *word = value;
      return;
    case StateOpKind::kMaxDouble:
      if (first || number(value) > number(*word)) *word = value;
      return;
    case StateOpKind::kMinBytes:
      if (first || from[value - 1] < (*blobs)[*word - 1]) SetBlob(from[value - 1], word, blobs);
      return;
    case StateOpKind::kMaxBytes:
      if (first || from[value - 1] > (*blobs)[*word - 1]) SetBlob(from[value - 1], word, blobs);
      return;
    case StateOpKind::kLast:
    case StateOpKind::kLastBytes:
      if (!first && !OrderLess(word, order)) return;
      std::memcpy(word, order, 3 * sizeof(uint64_t));
      if (kind == StateOpKind::kLast) {
        word[3] = value;
      } else {
        SetBlob(from[value - 1], word + 3, blobs);
      }
      return;
    default: return;
  }
}

}  // namespace

int StateLayout::AddColumn(const StateColumn& column) {
  columns_.push_back(column);
  return static_cast<int>(columns_.size()) - 1;
}

int StateLayout::AddAccumulator(AggregationKind aggregation, int column) {
  const StateOpKind kind = OpFor(aggregation, columns_[column].type);
  for (size_t i = 0; i < accumulators_.size(); ++i) {
    if (accumulators_[i].kind == kind && accumulators_[i].index == column) {
      return static_cast<int>(i);
    }
  }
  accumulators_.push_back({kind, 0, 0, static_cast<uint16_t>(column)});
  return static_cast<int>(accumulators_.size()) - 1;
}

void StateLayout::Finish() {
  CHECK(ops_.empty());
  bit_words_ = (filters_ + static_cast<int>(columns_.size()) + 63) / 64;
  entry_words_ = 3 + bit_words_ + static_cast<int>(columns_.size());
  words_ = column_word(static_cast<int>(columns_.size()));
  for (StateOp& op : accumulators_) {
    op.word = static_cast<uint16_t>(words_);
    op.n_word = static_cast<uint16_t>(column_word(op.index));
    words_ += WordsOf(op.kind);
  }
  CHECK(words_ < std::numeric_limits<uint16_t>::max());
  ops_ = accumulators_;
  for (size_t c = 0; c < columns_.size(); ++c) {
    const auto word = static_cast<uint16_t>(column_word(static_cast<int>(c)));
    ops_.push_back({StateOpKind::kColumn, word, word, static_cast<uint16_t>(c)});
  }
  for (int f = 1; f < filters_; ++f) {
    const auto word = static_cast<uint16_t>(filter_word(f));
    ops_.push_back({StateOpKind::kFilter, word, word, static_cast<uint16_t>(f)});
  }
}

std::vector<StateOp> StateLayout::Subset(const std::vector<int>& accumulators,
                                         const std::vector<int>& columns,
                                         const std::vector<int>& filters) const {
  const std::set<int> chosen(accumulators.begin(), accumulators.end());
  const std::set<int> chosen_columns(columns.begin(), columns.end());
  const std::set<int> chosen_filters(filters.begin(), filters.end());
  std::vector<StateOp> subset;
  for (const int i : chosen) subset.push_back(accumulators_[i]);
  for (const StateOp& op : ops_) {
    if (op.kind == StateOpKind::kColumn && chosen_columns.contains(op.index)) subset.push_back(op);
    if (op.kind == StateOpKind::kFilter && chosen_filters.contains(op.index)) subset.push_back(op);
  }
  return subset;
}

void ResetState(const StateLayout& layout, uint64_t* words) {
  std::memset(words, 0, static_cast<size_t>(layout.words()) * sizeof(uint64_t));
  words[1] = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  words[2] = kNoTime;
  for (int f = 1; f < layout.filters(); ++f) words[layout.filter_word(f) + 1] = kNoTime;
}

void AddEntry(const StateLayout& layout, std::span<const StateOp> ops, const EntryRef& entry,
              uint64_t* words, BlobList* blobs) {
  const uint64_t time = entry.words[0];
  const uint64_t* values = entry.words + layout.value_word(0);
  for (const StateOp& op : ops) {
    uint64_t* word = words + op.word;
    if (op.kind == StateOpKind::kFilter) {
      if (!entry.bit(op.index)) continue;
      ++word[0];
      if (Signed(time) > Signed(word[1])) word[1] = time;
      continue;
    }
    if (!entry.bit(layout.column_bit(op.index))) continue;
    const uint64_t value = values[op.index];
    if (op.kind == StateOpKind::kColumn) {
      ++*word;
    } else if (op.kind == StateOpKind::kDoubleSum) {
      AddDouble(std::bit_cast<double>(value), word, blobs);
    } else if (op.kind == StateOpKind::kIntSum) {
      AddInt128(Signed(value), word);
    } else {
      Offer(op.kind, words[op.n_word] == 0, entry.words, value, *entry.blobs, word, blobs);
    }
  }
  ++words[0];
  if (Signed(time) < Signed(words[1])) words[1] = time;
  if (Signed(time) > Signed(words[2])) words[2] = time;
}

void MergeState(std::span<const StateOp> ops, const uint64_t* from, const BlobList& from_blobs,
                uint64_t* words, BlobList* blobs) {
  for (const StateOp& op : ops) {
    uint64_t* word = words + op.word;
    const uint64_t* other = from + op.word;
    switch (op.kind) {
      case StateOpKind::kFilter:
        word[0] += other[0];
        if (Signed(other[1]) > Signed(word[1])) word[1] = other[1];
        break;
      case StateOpKind::kColumn: *word += *other; break;
      case StateOpKind::kIntSum: AddInt128(GetInt128(other), word); break;
      case StateOpKind::kDoubleSum: MergeDoubleSum(other, from_blobs, word, blobs); break;
      case StateOpKind::kLast:
      case StateOpKind::kLastBytes:
        if (from[op.n_word] == 0) break;
        Offer(op.kind, words[op.n_word] == 0, other, other[3], from_blobs, word, blobs);
        break;
      default:
        if (from[op.n_word] == 0) break;
        Offer(op.kind, words[op.n_word] == 0, nullptr, *other, from_blobs, word, blobs);
    }
  }
  words[0] += from[0];
  if (Signed(from[1]) < Signed(words[1])) words[1] = from[1];
  if (Signed(from[2]) > Signed(words[2])) words[2] = from[2];
}

ResultState FinaliseState(const StateLayout& layout, AggregationKind aggregation, int filter,
                          int column, const StateOp* accumulator, const uint64_t* words,
                          const BlobList& blobs, Value* value) {
  const auto records = Signed(words[layout.filter_word(filter)]);
  if (aggregation == AggregationKind::kCount) {
    *value = Value::Int(column < 0 ? records : Signed(words[layout.column_word(column)]));
    return ResultState::kPresent;
  }
  *value = Value::Null();
  if (records == 0) return ResultState::kMissing;
  int64_t n = Signed(words[accumulator->n_word]);
  if (n == 0) return ResultState::kNull;
  const uint64_t* word = words + accumulator->word;
  const Type type = layout.columns()[column].type;
  const bool mean = aggregation == AggregationKind::kMean;
  double high = 0, low = 0;
  switch (accumulator->kind) {
    case StateOpKind::kDoubleSum:
      n = Signed(word[0]);
      if (n == 0) return ResultState::kNull;
      LoadRounded(word, blobs, &high, &low);
      *value = Value::Double(mean ? DividePair(high, low, n) : high);
      return ResultState::kPresent;
    case StateOpKind::kIntSum: {
      const __int128 sum = GetInt128(word);
      if (mean) {
        PairOfInteger(sum, &high, &low);
        *value = Value::Double(DividePair(high, low, n));
        return ResultState::kPresent;
      }
      if (sum > std::numeric_limits<int64_t>::max() || sum < std::numeric_limits<int64_t>::min()) {
        return ResultState::kOverflow;
      }
      *value = type == Type::kDuration ? Value::Duration(static_cast<int64_t>(sum))
                                       : Value::Int(static_cast<int64_t>(sum));
      return ResultState::kPresent;
    }
    case StateOpKind::kLast:
    case StateOpKind::kLastBytes: word += 3; break;
    default: break;
  }
  switch (type) {
    case Type::kBool: *value = Value::Bool(*word != 0); break;
    case Type::kDouble: *value = Value::Double(std::bit_cast<double>(*word)); break;
    case Type::kString: *value = Value::String(blobs[*word - 1]); break;
    case Type::kBytes: *value = Value::Bytes(blobs[*word - 1]); break;
    case Type::kTimestamp: *value = Value::Timestamp(Signed(*word)); break;
    case Type::kDuration: *value = Value::Duration(Signed(*word)); break;
    default: *value = Value::Int(Signed(*word));
  }
  return ResultState::kPresent;
}

}  // namespace millrace
