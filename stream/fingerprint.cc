#include "stream/fingerprint.h"

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "core/coding.h"
#include "core/hashing.h"

namespace millrace {
namespace {

void PutOptional(std::string* out, const std::optional<absl::string_view>& bytes) {
  out->push_back(bytes ? 1 : 0);
  if (bytes) PutLengthPrefixed(out, *bytes);
}

}  // namespace

Fingerprint FingerprintOf(const Record& record) {
  std::string content;
  PutOptional(&content, record.key);
  PutOptional(&content, record.value);
  return {record.offset, record.timestamp_ms, Xxh3(content)};
}

}  // namespace millrace
