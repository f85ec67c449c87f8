#include "app/workers/source_lookups.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/coding.h"
#include "core/status_macros.h"
#include "core/value_coding.h"
#include "stream/state_keys.h"

namespace millrace {

SourceLookups::SourceLookups(const SourceSpec& source, int32_t partition, const OnlineStore& store)
    : source_(source), store_(store), prefix_(1, kLookupPrefix) {
  PutLengthPrefixed(&prefix_, source.name);
  PutBig32(&prefix_, static_cast<uint32_t>(partition));
  const size_t decoded = source.decoder.schema.fields.size();
  row_.resize(decoded + source.lookups.size());
  size_t longest_key = 0;
  for (size_t i = 0; i < source.lookups.size(); ++i) {
    const SourceLookup& lookup = source.lookups[i];
    longest_key = std::max(longest_key, lookup.key.size());
    const auto same = std::find_if(reads_.begin(), reads_.end(), [&](const ViewRead& read) {
      return read.view == lookup.view && read.lookups[0]->key_text == lookup.key_text;
    });
    ViewRead& read = same == reads_.end() ? reads_.emplace_back() : *same;
    read.view = lookup.view;
    read.lookups.push_back(&lookup);
    read.features.push_back(lookup.feature);
    read.slots.push_back(decoded + i);
    read.values.resize(read.features.size());
  }
  key_bytes_.resize(longest_key);
}

std::string SourceLookups::KeyOf(int64_t first_offset) const {
  std::string key = prefix_;
  PutBig64(&key, static_cast<uint64_t>(first_offset));
  return key;
}

absl::Status SourceLookups::Load(const StateStore& state) {
  bool good = true;
  RETURN_IF_ERROR(
      state.Scan(KeyOf(0), KeyOf(INT64_MAX), [&](absl::string_view, absl::string_view value) {
        good = Decode(value);
        return good;
      }));
  if (good) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("source ", source_.name, ": what was looked up does not parse"));
}

bool SourceLookups::Decode(absl::string_view value) {
  Stored stored;
  if (!GetSignedVarint(&value, &stored.first)) return false;
  stored.last = stored.first;
  while (!value.empty()) {
    int64_t offset = 0;
    absl::string_view values;
    if (!GetSignedVarint(&value, &offset) || !GetLengthPrefixed(&value, &values)) return false;
    stored.last = stored.first + offset;
    found_before_.emplace_back(stored.last, std::string(values));
  }
  stored_.push_back(stored);
  return true;
}

absl::StatusOr<std::span<const Value>> SourceLookups::Extend(int64_t offset, const DecodedRow& row,
                                                             Pass pass) {
  std::copy(row.fields.begin(), row.fields.end(), row_.begin());
  if (pass == Pass::kRedo) {
    RETURN_IF_ERROR(Follow(offset));
    return row_;
  }
  found_before_.clear();
  for (ViewRead& read : reads_) RETURN_IF_ERROR(Find(row, &read));
  if (uncommitted_.empty()) {
    uncommitted_range_.first = offset;
    PutSignedVarint(&uncommitted_, offset);
  }
  uncommitted_range_.last = offset;
  PutSignedVarint(&uncommitted_, offset - uncommitted_range_.first);
  values_.clear();
  for (size_t i = row.fields.size(); i < row_.size(); ++i) PutValue(&values_, row_[i]);
  PutLengthPrefixed(&uncommitted_, values_);
  return row_;
}

absl::Status SourceLookups::Find(const DecodedRow& row, ViewRead* read) {
  key_.clear();
  const auto& key = read->lookups[0]->key;
  for (size_t k = 0; k < key.size(); ++k) {
    key_.push_back(key[k]->Evaluate(row.fields, &key_bytes_[k]));
  }
  const absl::Status status =
      store_.Read(read->view, key_, row.event_time_ms, read->features, {}, read->values);
  // A late record may lie before what the view keeps.
  if (!status.ok() && !absl::IsOutOfRange(status)) return status;
  for (size_t i = 0; i < read->values.size(); ++i) {
    const FeatureValue& value = read->values[i];
    row_[read->slots[i]] =
        value.status == FeatureStatus::kWarming ? Value::Null() : value.value.view();
  }
  return absl::OkStatus();
}

absl::Status SourceLookups::Follow(int64_t offset) {
  while (!found_before_.empty() && found_before_.front().first < offset) found_before_.pop_front();
  bool good = !found_before_.empty() && found_before_.front().first == offset;
  if (good) {
    values_ = std::move(found_before_.front().second);
    found_before_.pop_front();
    absl::string_view in = values_;
    for (size_t i = source_.decoder.schema.fields.size(); good && i < row_.size(); ++i) {
      good = GetValueView(&in, &row_[i]);
    }
  }
  if (good) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      "source ", source_.name, ": what was looked up for offset ", offset, " is not in the state"));
}

bool SourceLookups::MustWait(int64_t event_time_ms, int64_t progress_ms, int64_t now_ns) {
  if (progress_ms >= event_time_ms) {
    behind_since_ns_.reset();
    return false;
  }
  if (!behind_since_ns_) behind_since_ns_ = now_ns;
  return now_ns - *behind_since_ns_ <= source_.align_timeout_ms * 1'000'000;
}

void SourceLookups::AddCommit(int64_t lowest_mark, StateBatch* batch) {
  while (!stored_.empty() && stored_.front().last < lowest_mark) {
    batch->Delete(KeyOf(stored_.front().first));
    stored_.pop_front();
  }
  if (uncommitted_.empty()) return;
  batch->Put(KeyOf(uncommitted_range_.first), std::move(uncommitted_));
  stored_.push_back(uncommitted_range_);
  uncommitted_.clear();
}

}  // namespace millrace
