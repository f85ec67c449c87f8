#include "stream/outbox.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/coding.h"
#include "core/log_line.h"
#include "core/status_macros.h"
#include "stream/newest_mark.h"
#include "stream/state_keys.h"

namespace millrace {
namespace {

std::string EntryKey(absl::string_view channel, uint64_t n) {
  std::string key(1, kOutboxPrefix);
  PutLengthPrefixed(&key, channel);
  PutBig64(&key, n);
  return key;
}

std::string ChannelKey(absl::string_view channel) {
  return absl::StrCat(absl::string_view(&kChannelPrefix, 1), channel);
}

void PutOptional(std::string* out, const std::optional<std::string>& bytes) {
  out->push_back(bytes ? 1 : 0);
  if (bytes) PutLengthPrefixed(out, *bytes);
}

bool GetOptional(absl::string_view* in, std::optional<std::string>* bytes) {
  if (in->empty()) return false;
  const bool present = in->front() != 0;
  in->remove_prefix(1);
  if (!present) return true;
  absl::string_view view;
  if (!GetLengthPrefixed(in, &view)) return false;
  *bytes = std::string(view);
  return true;
}

std::string EncodeEntry(const OutboxRecord& record) {
  std::string out;
  PutOptional(&out, record.key);
  PutOptional(&out, record.value);
  PutVarint(&out, record.headers.size());
  for (const auto& [name, value] : record.headers) {
    PutLengthPrefixed(&out, name);
    PutLengthPrefixed(&out, value);
  }
  out.push_back(record.timestamp_ms ? 1 : 0);
  if (record.timestamp_ms) PutSignedVarint(&out, *record.timestamp_ms);
  return out;
}

bool DecodeEntry(absl::string_view in, OutboxRecord* record) {
  uint64_t headers;
  if (!GetOptional(&in, &record->key) || !GetOptional(&in, &record->value) ||
      !GetVarint(&in, &headers)) {
    return false;
  }
  for (uint64_t i = 0; i < headers; ++i) {
    absl::string_view name, value;
    if (!GetLengthPrefixed(&in, &name) || !GetLengthPrefixed(&in, &value)) return false;
    record->headers.emplace_back(std::string(name), std::string(value));
  }
  if (in.empty()) return false;
  const bool timed = in.front() != 0;
  in.remove_prefix(1);
  if (timed) {
    int64_t timestamp_ms;
    if (!GetSignedVarint(&in, &timestamp_ms)) return false;
    record->timestamp_ms = timestamp_ms;
  }
  return in.empty();
}

std::string EncodeChannel(uint64_t last, const ChannelOrigin& origin) {
  std::string out;
  PutVarint(&out, last);
  PutVarint(&out, origin.epoch);
  PutVarint(&out, static_cast<uint64_t>(origin.offset));
  return out;
}

bool DecodeChannel(absl::string_view in, uint64_t* last, ChannelOrigin* origin) {
  uint64_t epoch, offset;
  if (!GetVarint(&in, last) || !GetVarint(&in, &epoch) || !GetVarint(&in, &offset)) return false;
  origin->epoch = epoch;
  origin->offset = static_cast<int64_t>(offset);
  return in.empty() && offset <= INT64_MAX;
}

size_t SizeOf(const AppendRecord& record, const std::vector<Header>& headers) {
  size_t bytes = record.key.value_or("").size() + record.value.value_or("").size();
  for (const Header& header : headers) bytes += header.name.size() + header.value.size();
  return bytes;
}

}  // namespace

OutboxRecord OwnedRecord(const AppendRecord& record) {
  OutboxRecord own;
  if (record.key) own.key = std::string(*record.key);
  if (record.value) own.value = std::string(*record.value);
  for (const Header& header : record.headers) {
    own.headers.emplace_back(std::string(header.name), std::string(header.value));
  }
  own.timestamp_ms = record.timestamp_ms;
  return own;
}

absl::StatusOr<std::unique_ptr<Outbox>> Outbox::Open(const StateStore& state) {
  auto outbox = std::make_unique<Outbox>();
  absl::Status parsed;
  const std::string channels(1, kChannelPrefix), channels_end(1, kChannelPrefix + 1);
  RETURN_IF_ERROR(
      state.Scan(channels, channels_end, [&](absl::string_view key, absl::string_view value) {
        const std::string name(key.substr(1));
        ChannelState& channel = outbox->channels_[outbox->ChannelIndex(name)];
        if (!DecodeChannel(value, &channel.last, &channel.origin)) {
          parsed = absl::DataLossError(absl::StrCat("state: channel ", name, " does not parse"));
          return false;
        }
        return true;
      }));
  RETURN_IF_ERROR(parsed);
  const std::string entries(1, kOutboxPrefix), entries_end(1, kOutboxPrefix + 1);
  RETURN_IF_ERROR(
      state.Scan(entries, entries_end, [&](absl::string_view key, absl::string_view value) {
        key.remove_prefix(1);
        absl::string_view name;
        OutboxEntry entry;
        if (!GetLengthPrefixed(&key, &name) || !GetBig64(&key, &entry.n) || !key.empty() ||
            !DecodeEntry(value, &entry.record)) {
          parsed = absl::DataLossError("state: an entry of the outbox does not parse");
          return false;
        }
        entry.channel = outbox->ChannelIndex(std::string(name));
        outbox->unshipped_.push_back(std::move(entry));
        return true;
      }));
  RETURN_IF_ERROR(parsed);
  return outbox;
}

int Outbox::ChannelIndex(const std::string& name) {
  const auto [it, made] = by_name_.try_emplace(name, static_cast<int>(channels_.size()));
  if (made) channels_.push_back({name, {}, {}, 0, false});
  return it->second;
}

int Outbox::Channel(const std::string& name, TopicPartition target) {
  const int channel = ChannelIndex(name);
  channels_[channel].target = std::move(target);
  return channel;
}

std::optional<uint64_t> Outbox::Epoch() const {
  for (const ChannelState& channel : channels_) {
    if (channel.last > 0) return channel.origin.epoch;
  }
  return std::nullopt;
}

absl::Status Outbox::Begin(Log& log) {
  const std::optional<uint64_t> own = Epoch();
  // Every earlier state has written a record somewhere: there were no more of them than records.
  uint64_t deleted = 0, newest = 0;
  for (ChannelState& channel : channels_) {
    // In this order: what another state appends in between is then told by its epoch.
    ASSIGN_OR_RETURN(const OffsetRange range, log.Offsets(channel.target));
    ASSIGN_OR_RETURN(const std::optional<ChannelMark> mark,
                     NewestMark(log, channel.target, channel.name));
    deleted += static_cast<uint64_t>(range.begin);
    if (channel.last == 0) channel.origin.offset = range.end;
    if (!mark) continue;
    newest = std::max(newest, mark->epoch);
    if (own && mark->epoch > *own) {
      return absl::FailedPreconditionError(absl::StrCat(
          "topic ", channel.target.topic, " was gone on with by another, newer state (epoch ",
          mark->epoch, ", that of this one is ", *own, ")"));
    }
  }
  const uint64_t epoch = own.value_or(std::max(newest, deleted) + 1);
  for (ChannelState& channel : channels_) {
    if (channel.last == 0) channel.origin.epoch = epoch;
  }
  return absl::OkStatus();
}

void Outbox::Stage(int channel, OutboxRecord record) {
  ChannelState& state = channels_[channel];
  state.dirty = true;
  staged_.push_back({channel, ++state.last, std::move(record)});
}

uint64_t Outbox::Emit(int channel, OutboxRecord record) {
  Stage(channel, std::move(record));
  return channels_[channel].last;
}

absl::Status Outbox::EmitNumbered(int channel, uint64_t n, OutboxRecord record) {
  const ChannelState& state = channels_[channel];
  if (n <= state.last) return absl::OkStatus();
  if (n != state.last + 1) {
    return absl::DataLossError(absl::StrCat("state: channel ", state.name, " has come to ",
                                            state.last, ", and its stage to ", n));
  }
  Stage(channel, std::move(record));
  return absl::OkStatus();
}

void Outbox::AddCommit(StateBatch* batch, std::vector<OutboxEntry>* to_ship) {
  for (OutboxEntry& entry : staged_) {
    batch->Put(EntryKey(channels_[entry.channel].name, entry.n), EncodeEntry(entry.record));
    to_ship->push_back(std::move(entry));
  }
  staged_.clear();
  for (ChannelState& channel : channels_) {
    if (!channel.dirty) continue;
    batch->Put(ChannelKey(channel.name), EncodeChannel(channel.last, channel.origin));
    channel.dirty = false;
  }
  std::vector<std::pair<int, uint64_t>> acknowledged;
  {
    absl::MutexLock lock(&mutex_);
    acknowledged.swap(acknowledged_);
  }
  for (const auto& [channel, n] : acknowledged) batch->Delete(EntryKey(channels_[channel].name, n));
}

absl::Status Outbox::Ship(Log& log, const std::vector<OutboxEntry>& entries) {
  if (entries.empty()) return absl::OkStatus();
  struct Marks {
    std::string n, epoch, left_out;
    std::vector<Header> headers;
  };
  std::vector<Marks> marks(entries.size());
  std::vector<AppendRecord> records(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    const OutboxEntry& entry = entries[i];
    const ChannelState& channel = channels_[entry.channel];
    marks[i].n = absl::StrCat(entry.n);
    marks[i].epoch = absl::StrCat(channel.origin.epoch);
    marks[i].headers = {{"channel", channel.name}, {"n", marks[i].n}, {"epoch", marks[i].epoch}};
    for (const auto& [name, value] : entry.record.headers) {
      marks[i].headers.push_back({name, value});
    }
    records[i].topic = channel.target.topic;
    records[i].partition = channel.target.partition;
    if (entry.record.key) records[i].key = *entry.record.key;
    if (entry.record.value) records[i].value = *entry.record.value;
    if (SizeOf(records[i], marks[i].headers) > log.max_record_bytes()) {
      // Under its number all the same: a gap would stop every reader, a refusal every later record.
      marks[i].left_out = absl::StrCat(entry.record.value.value_or("").size());
      marks[i].headers.push_back({kLeftOutHeader, marks[i].left_out});
      records[i].value = std::nullopt;
      LogLine(LogLevel::kError, "value_left_out")
          .With("topic", channel.target.topic)
          .With("n", entry.n)
          .With("bytes", marks[i].left_out)
          .With("limit", log.max_record_bytes());
    }
    records[i].headers = marks[i].headers;
    // Kafka keeps no times before 1970; an event may be older, and what is refused blocks the rest.
    if (entry.record.timestamp_ms.value_or(0) > 0) {
      records[i].timestamp_ms = entry.record.timestamp_ms;
    }
  }
  ASSIGN_OR_RETURN(const std::vector<AppendPosition> positions, log.Append(records));
  absl::MutexLock lock(&mutex_);
  for (size_t i = 0; i < entries.size(); ++i) {
    acknowledged_.emplace_back(entries[i].channel, entries[i].n);
    newest_[entries[i].channel] = {entries[i].n, positions[i].offset};
  }
  return absl::OkStatus();
}

std::pair<uint64_t, int64_t> Outbox::Acknowledged(int channel) const {
  absl::MutexLock lock(&mutex_);
  const auto it = newest_.find(channel);
  return it == newest_.end() ? std::pair<uint64_t, int64_t>{0, 0} : it->second;
}

}  // namespace millrace
