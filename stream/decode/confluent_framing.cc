#include "stream/decode/confluent_framing.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/coding.h"

namespace millrace {
namespace {

constexpr absl::string_view kValueSchemaHeader = "__value_schema_id";
constexpr char kIdMagic = 0;
constexpr char kGuidMagic = 1;
constexpr size_t kIdBytes = 4;
constexpr size_t kGuidBytes = 16;
// Messages nest no deeper, and files hold no more of them, than protoc itself takes.
constexpr int64_t kMaxIndices = 32;
constexpr int64_t kMaxIndex = 65'535;

Rejection Fault(absl::string_view what) {
  return {RejectCode::kMalformed, absl::StrCat("Confluent framing: ", what)};
}

bool TakeIndex(absl::string_view* bytes, MessageIndices indices, int64_t* value) {
  uint64_t raw = 0;
  if (!GetPaddedVarint(bytes, &raw)) return false;
  const bool zig_zag = indices == MessageIndices::kZigZag;
  *value = zig_zag ? UnZigZag(raw) : static_cast<int64_t>(raw);
  return true;
}

bool TakeIndices(absl::string_view* bytes, MessageIndices indices, std::vector<int>* message) {
  int64_t count = 0;
  if (!TakeIndex(bytes, indices, &count) || count < 0 || count > kMaxIndices) return false;
  message->clear();
  if (count == 0) message->push_back(0);
  for (int64_t index = 0; count > 0; --count) {
    if (!TakeIndex(bytes, indices, &index) || index < 0 || index > kMaxIndex) return false;
    message->push_back(static_cast<int>(index));
  }
  return true;
}

}  // namespace

std::string SchemaIdText(const SchemaId& id) {
  if (const auto* number = std::get_if<uint32_t>(&id)) return absl::StrCat(*number);
  return std::get<std::string>(id);
}

std::optional<Rejection> ParseConfluentFrame(const Payload& payload, RecordFormat format,
                                             MessageIndices indices, ConfluentFrame* frame) {
  absl::string_view framing = payload.bytes;
  bool in_header = false;
  for (const Header& header : payload.headers) {
    if (header.name != kValueSchemaHeader) continue;
    framing = header.value;
    in_header = true;
  }
  const absl::string_view whole = framing;
  const absl::string_view place = in_header ? "header __value_schema_id" : "the value";
  if (framing.empty() || (framing[0] != kIdMagic && framing[0] != kGuidMagic) ||
      (framing[0] == kGuidMagic && !in_header)) {
    return Fault(absl::StrCat(place, " does not begin with the magic byte"));
  }
  const size_t id_bytes = framing[0] == kIdMagic ? kIdBytes : kGuidBytes;
  if (framing.size() < 1 + id_bytes) return Fault(absl::StrCat(place, " ends within the id"));
  framing.remove_prefix(1 + id_bytes);
  if (format == RecordFormat::kProtobuf && !TakeIndices(&framing, indices, &frame->message)) {
    return Fault(absl::StrCat(place, " has no list of message indices after the id"));
  }
  if (in_header && !framing.empty()) return Fault(absl::StrCat(place, " is too long"));
  frame->identity = whole.substr(0, whole.size() - framing.size());
  frame->data = in_header ? payload.bytes : framing;
  return std::nullopt;
}

SchemaId SchemaIdOf(absl::string_view identity) {
  absl::string_view id = identity.substr(1);
  uint32_t number = 0;
  if (identity[0] == kIdMagic && GetBig32(&id, &number)) return number;
  const std::string hex = absl::BytesToHexString(id.substr(0, kGuidBytes));
  return absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-", hex.substr(12, 4), "-",
                      hex.substr(16, 4), "-", hex.substr(20));
}

}  // namespace millrace
