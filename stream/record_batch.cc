#include "stream/record_batch.h"

#include <utility>

namespace millrace {

void RecordBatch::Add(const Record& record) {
  size_t size = 0;
  if (record.key) size += record.key->size();
  if (record.value) size += record.value->size();
  for (const Header& header : record.headers) size += header.name.size() + header.value.size();
  std::string buffer;
  buffer.reserve(size);  // so that no append below moves the bytes
  if (record.key) buffer.append(record.key->data(), record.key->size());
  if (record.value) buffer.append(record.value->data(), record.value->size());
  for (const Header& header : record.headers) {
    buffer.append(header.name.data(), header.name.size());
    buffer.append(header.value.data(), header.value.size());
  }
  absl::string_view left = Keep(std::move(buffer));
  const auto take = [&left](size_t n) {
    const absl::string_view piece = left.substr(0, n);
    left.remove_prefix(n);
    return piece;
  };
  Record copy = record;
  if (record.key) copy.key = take(record.key->size());
  if (record.value) copy.value = take(record.value->size());
  if (!record.headers.empty()) {
    std::vector<Header> headers;
    headers.reserve(record.headers.size());
    for (const Header& header : record.headers) {
      const absl::string_view name = take(header.name.size());
      headers.push_back({name, take(header.value.size())});
    }
    copy.headers = KeepHeaders(std::move(headers));
  }
  records_.push_back(copy);
}

absl::string_view RecordBatch::Keep(std::string bytes) {
  bytes_.push_back(std::move(bytes));
  return bytes_.back();
}

std::span<const Header> RecordBatch::KeepHeaders(std::vector<Header> headers) {
  headers_.push_back(std::move(headers));
  return headers_.back();
}

void RecordBatch::Clear() {
  records_.clear();
  bytes_.clear();
  shared_bytes_.clear();
  headers_.clear();
}

}  // namespace millrace
