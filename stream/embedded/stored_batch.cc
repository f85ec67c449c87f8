#include "stream/embedded/stored_batch.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "core/check.h"
#include "core/coding.h"
#include "core/hashing.h"

namespace millrace {
namespace {

constexpr unsigned char kVersion = 1;

// Bits of the first byte of a body.
constexpr unsigned char kHasKey = 1;
constexpr unsigned char kHasValue = 2;
constexpr unsigned char kHasTimestamp = 4;
constexpr unsigned char kHasHeaders = 8;
constexpr unsigned char kAllFlags = 15;

size_t VarintBytes(uint64_t v) {
  size_t bytes = 1;
  for (; v >= 0x80; v >>= 7) ++bytes;
  return bytes;
}

size_t PrefixedBytes(absl::string_view bytes) { return VarintBytes(bytes.size()) + bytes.size(); }

// One body off the front of *in. Header views go to *headers, which has room (no reallocation).
bool DecodeBody(absl::string_view* in, const BatchInfo& info, std::vector<Header>* headers,
                Record* record) {
  if (in->empty()) return false;
  const auto flags = static_cast<unsigned char>(in->front());
  in->remove_prefix(1);
  if ((flags & ~kAllFlags) != 0) return false;
  absl::string_view bytes;
  if ((flags & kHasTimestamp) != 0) {
    if (!GetSignedVarint(in, &record->timestamp_ms)) return false;
    record->timestamp_type = TimestampType::kCreate;
  } else {
    record->timestamp_ms = info.append_ms;
    record->timestamp_type = TimestampType::kLogAppend;
  }
  if ((flags & kHasKey) != 0) {
    if (!GetLengthPrefixed(in, &bytes)) return false;
    record->key = bytes;
  }
  if ((flags & kHasValue) != 0) {
    if (!GetLengthPrefixed(in, &bytes)) return false;
    record->value = bytes;
  }
  if ((flags & kHasHeaders) != 0) {
    uint64_t count;
    if (!GetVarint(in, &count) || count > info.headers) return false;
    const size_t first = headers == nullptr ? 0 : headers->size();
    for (uint64_t i = 0; i < count; ++i) {
      Header header;
      if (!GetLengthPrefixed(in, &header.name) || !GetLengthPrefixed(in, &header.value)) {
        return false;
      }
      if (headers == nullptr) continue;
      if (headers->size() == headers->capacity()) return false;
      headers->push_back(header);
    }
    if (headers != nullptr) record->headers = std::span(*headers).subspan(first);
  }
  return true;
}

}  // namespace

size_t EncodedBodyBytes(const AppendRecord& record) {
  size_t bytes = 1;
  if (record.timestamp_ms) bytes += VarintBytes(ZigZag(*record.timestamp_ms));
  if (record.key) bytes += PrefixedBytes(*record.key);
  if (record.value) bytes += PrefixedBytes(*record.value);
  if (!record.headers.empty()) {
    bytes += VarintBytes(record.headers.size());
    for (const Header& h : record.headers) bytes += PrefixedBytes(h.name) + PrefixedBytes(h.value);
  }
  return bytes;
}

void EncodeBody(const AppendRecord& record, std::string* out) {
  out->push_back(static_cast<char>((record.key ? kHasKey : 0) | (record.value ? kHasValue : 0) |
                                   (record.timestamp_ms ? kHasTimestamp : 0) |
                                   (record.headers.empty() ? 0 : kHasHeaders)));
  if (record.timestamp_ms) PutSignedVarint(out, *record.timestamp_ms);
  if (record.key) PutLengthPrefixed(out, *record.key);
  if (record.value) PutLengthPrefixed(out, *record.value);
  if (record.headers.empty()) return;
  PutVarint(out, record.headers.size());
  for (const Header& h : record.headers) {
    PutLengthPrefixed(out, h.name);
    PutLengthPrefixed(out, h.value);
  }
}

void SealBatch(absl::string_view key, const BatchInfo& info, std::string* batch) {
  CHECK(batch->size() >= kBatchHeaderBytes);
  std::string header;
  header.reserve(kBatchHeaderBytes);
  PutBig32(&header, 0);
  header.push_back(static_cast<char>(kVersion));
  PutBig32(&header, info.records);
  PutBig32(&header, info.headers);
  PutBig64(&header, static_cast<uint64_t>(info.append_ms));
  PutBig64(&header, static_cast<uint64_t>(info.max_timestamp_ms));
  PutBig64(&header, static_cast<uint64_t>(info.running_max_timestamp_ms));
  PutBig64(&header, info.bytes_before);
  std::memcpy(batch->data(), header.data(), kBatchHeaderBytes);
  const uint32_t crc = Crc32c(absl::string_view(*batch).substr(4), Crc32c(key));
  header.clear();
  PutBig32(&header, crc);
  std::memcpy(batch->data(), header.data(), 4);
}

bool OpenBatch(absl::string_view key, absl::string_view batch, BatchInfo* info) {
  if (batch.size() < kBatchHeaderBytes) return false;
  uint32_t crc;
  if (!GetBig32(&batch, &crc) || crc != Crc32c(batch, Crc32c(key))) return false;
  if (static_cast<unsigned char>(batch.front()) != kVersion) return false;
  batch.remove_prefix(1);
  uint64_t append_ms, max_ms, running_max_ms;
  if (!GetBig32(&batch, &info->records) || !GetBig32(&batch, &info->headers) ||
      !GetBig64(&batch, &append_ms) || !GetBig64(&batch, &max_ms) ||
      !GetBig64(&batch, &running_max_ms) || !GetBig64(&batch, &info->bytes_before)) {
    return false;
  }
  info->append_ms = static_cast<int64_t>(append_ms);
  info->max_timestamp_ms = static_cast<int64_t>(max_ms);
  info->running_max_timestamp_ms = static_cast<int64_t>(running_max_ms);
  // A body takes a byte at least, a header two.
  return info->records > 0 && info->records <= batch.size() && info->headers <= batch.size() / 2;
}

BatchCursor::BatchCursor(const BatchInfo& info, int32_t partition,
                         std::shared_ptr<const std::string> batch)
    : info_(info),
      partition_(partition),
      batch_(std::move(batch)),
      rest_(absl::string_view(*batch_).substr(kBatchHeaderBytes)),
      next_offset_(info.base_offset) {}

bool BatchCursor::SkipTo(int64_t offset) {
  const int64_t stop = std::min(offset, info_.end_offset());
  Record unused;
  for (; next_offset_ < stop; ++next_offset_) {
    if (!DecodeBody(&rest_, info_, nullptr, &unused)) return false;
  }
  return true;
}

bool BatchCursor::Take(int64_t* bytes_left, RecordBatch* out, int* taken) {
  if (done() || *bytes_left <= 0) return true;
  out->KeepShared(batch_);
  // Room for all headers of the batch at once, so that the spans into the vector stay.
  std::vector<Header> headers;
  headers.reserve(info_.headers);
  Record record;
  record.partition = partition_;
  record.append_ms = info_.append_ms;
  while (!done() && *bytes_left > 0) {
    record.offset = next_offset_;
    record.key.reset();
    record.value.reset();
    record.headers = {};
    const size_t before = rest_.size();
    if (!DecodeBody(&rest_, info_, &headers, &record)) return false;
    *bytes_left -= static_cast<int64_t>(before - rest_.size());
    out->AddUncopied(record);
    ++*taken;
    ++next_offset_;
  }
  // Moving a vector keeps its elements where they are.
  if (!headers.empty()) out->KeepHeaders(std::move(headers));
  return true;
}

}  // namespace millrace
