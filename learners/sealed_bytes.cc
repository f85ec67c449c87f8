#include "learners/sealed_bytes.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/coding.h"
#include "core/hashing.h"

namespace millrace {
namespace {

constexpr absl::string_view kMagic = "MRLN";

}  // namespace

void Seal(absl::string_view kind, uint32_t format, absl::string_view content, std::string* out) {
  const size_t start = out->size();
  out->reserve(start + content.size() + kind.size() + 24);
  out->append(kMagic.data(), kMagic.size());
  PutLengthPrefixed(out, kind);
  PutVarint(out, format);
  PutLengthPrefixed(out, content);
  PutBig32(out, Crc32c(absl::string_view(*out).substr(start)));
}

absl::StatusOr<absl::string_view> Unseal(absl::string_view kind, uint32_t format,
                                         absl::string_view bytes) {
  const auto lost = [kind](absl::string_view why) {
    return absl::DataLossError(absl::StrCat(kind, ": ", why));
  };
  if (bytes.size() < kMagic.size() + 4 || bytes.substr(0, kMagic.size()) != kMagic) {
    return lost("not the bytes of a learner");
  }
  absl::string_view tail = bytes.substr(bytes.size() - 4);
  absl::string_view rest = bytes.substr(0, bytes.size() - 4);
  uint32_t crc;
  if (!GetBig32(&tail, &crc) || crc != Crc32c(rest)) return lost("checksum does not match");
  rest.remove_prefix(kMagic.size());
  absl::string_view found_kind;
  uint64_t found_format;
  absl::string_view content;
  if (!GetLengthPrefixed(&rest, &found_kind) || !GetVarint(&rest, &found_format) ||
      !GetLengthPrefixed(&rest, &content) || !rest.empty()) {
    return lost("damaged envelope");
  }
  if (found_kind != kind) return lost(absl::StrCat("these are the bytes of ", found_kind));
  if (found_format != format) {
    return lost(absl::StrCat("format ", found_format, " where ", format, " is read"));
  }
  return content;
}

}  // namespace millrace
