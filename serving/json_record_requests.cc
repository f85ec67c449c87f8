// The requests about records of json_requests.h.

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/closest_name.h"
#include "core/status_macros.h"
#include "serving/json.h"
#include "serving/json_members.h"
#include "serving/json_requests.h"
#include "stream/decode/json_document.h"

namespace millrace {
namespace {

absl::Status ReadHeaders(const JsonValue& record, const std::string& path, NewRecord* out) {
  const JsonValue* headers = record.Find("headers");
  if (headers == nullptr) return absl::OkStatus();
  const std::string field = absl::StrCat(path, ".headers");
  if (headers->kind() != JsonKind::kObject) return WrongMemberType(field, "an object", *headers);
  for (const JsonMember& member : headers->members()) {
    if (member.value.kind() != JsonKind::kString) {
      return WrongMemberType(absl::StrCat(field, ".", member.name), "a string", member.value);
    }
    out->headers.emplace_back(member.name, std::string(member.value.string_value()));
  }
  return absl::OkStatus();
}

absl::Status ReadRecordValue(const JsonValue& record, const std::string& path, NewRecord* out) {
  const JsonValue* value = record.Find("value");
  const JsonValue* base64 = record.Find("value_base64");
  if ((value == nullptr) == (base64 == nullptr)) {
    return BadMember(path, "exactly one of 'value' and 'value_base64' must be given");
  }
  if (base64 != nullptr) {
    std::string bytes;
    if (base64->kind() != JsonKind::kString ||
        !absl::Base64Unescape(base64->string_value(), &bytes)) {
      return BadMember(absl::StrCat(path, ".value_base64"), "'value_base64' is no base64 string");
    }
    out->value = std::move(bytes);
  } else if (value->kind() == JsonKind::kString) {
    out->value = std::string(value->string_value());
  } else if (!value->is_null()) {
    out->value.emplace();
    JsonWriter json(&*out->value);
    json.Document(*value);
  }
  return absl::OkStatus();
}

absl::StatusOr<NewRecord> ParseRecord(const JsonValue& record, const std::string& path) {
  if (record.kind() != JsonKind::kObject) return WrongMemberType(path, "an object", record);
  RETURN_IF_ERROR(CheckMembers(
      record, path, {"key", "value", "value_base64", "headers", "timestamp", "partition"}));
  NewRecord out;
  if (const JsonValue* key = record.Find("key"); key != nullptr && !key->is_null()) {
    if (key->kind() != JsonKind::kString) {
      return WrongMemberType(absl::StrCat(path, ".key"), "a string", *key);
    }
    out.key = std::string(key->string_value());
  }
  RETURN_IF_ERROR(ReadRecordValue(record, path, &out));
  RETURN_IF_ERROR(ReadHeaders(record, path, &out));
  RETURN_IF_ERROR(ReadNonNegative(record, "timestamp", &out.timestamp_ms));
  std::optional<int64_t> partition;
  RETURN_IF_ERROR(ReadNonNegative(record, "partition", &partition));
  if (partition) {
    if (*partition > INT32_MAX) return BadMember("partition", "'partition' is out of range");
    out.partition = static_cast<int32_t>(*partition);
  }
  return out;
}

absl::StatusOr<int64_t> QueryInt(absl::string_view name, absl::string_view text, int64_t min,
                                 int64_t max) {
  int64_t v;
  if (!absl::SimpleAtoi(text, &v) || v < min || v > max) {
    return BadMember(name, absl::StrCat("'", name, "' must be an integer from ", min, " to ", max));
  }
  return v;
}

absl::StatusOr<absl::Duration> QueryWait(absl::string_view text) {
  int64_t ms;
  absl::Duration wait;
  if (absl::SimpleAtoi(text, &ms)) {
    wait = absl::Milliseconds(ms);
  } else if (!absl::ParseDuration(text, &wait)) {
    return BadMember("wait", "'wait' must be a duration such as 5s, or milliseconds");
  }
  if (wait < absl::ZeroDuration() || wait > kMaxReadWait) {
    return BadMember("wait",
                     absl::StrCat("'wait' must be from 0 to ", absl::FormatDuration(kMaxReadWait)));
  }
  return wait;
}

}  // namespace

absl::StatusOr<std::vector<NewRecord>> ParseAppendRequest(absl::string_view body) {
  JsonLimits limits;
  limits.max_bytes = std::max(limits.max_bytes, body.size());  // the server has its own limit
  ASSIGN_OR_RETURN(const JsonValue root, ParseBody(body, limits));
  RETURN_IF_ERROR(CheckMembers(root, "", {"records"}));
  if (root.Find("records") == nullptr) return BadMember("records", "'records' is missing");
  ASSIGN_OR_RETURN(const auto items, ReadArray(root, "records"));
  std::vector<NewRecord> records;
  records.reserve(items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    ASSIGN_OR_RETURN(NewRecord record, ParseRecord(items[i], absl::StrCat("records[", i, "]")));
    records.push_back(std::move(record));
  }
  return records;
}

absl::StatusOr<std::string> DecodePercent(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      std::string byte;
      if (i + 2 >= text.size() || !absl::ascii_isxdigit(static_cast<unsigned char>(text[i + 1])) ||
          !absl::ascii_isxdigit(static_cast<unsigned char>(text[i + 2]))) {
        return BadMember("",
                         "a '%' in the path or query is not followed by two hexadecimal digits");
      }
      byte = absl::HexStringToBytes(text.substr(i + 1, 2));
      c = byte[0];
      i += 2;
    }
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
      return BadMember("", "control characters in the path or query");
    }
    out.push_back(c);
  }
  return out;
}

absl::StatusOr<ReadRecordsRequest> ParseReadQuery(absl::string_view topic,
                                                  absl::string_view query) {
  ReadRecordsRequest request;
  request.topic = std::string(topic);
  std::vector<std::string> seen;
  for (const absl::string_view part : absl::StrSplit(query, '&', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> pair =
        absl::StrSplit(part, absl::MaxSplits('=', 1));
    ASSIGN_OR_RETURN(const std::string name, DecodePercent(pair.first));
    ASSIGN_OR_RETURN(const std::string value, DecodePercent(pair.second));
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      return BadMember(name, absl::StrCat("'", name, "' is given twice"));
    }
    seen.push_back(name);
    if (name == "partition") {
      ASSIGN_OR_RETURN(const int64_t v, QueryInt(name, value, 0, INT32_MAX));
      request.partition = static_cast<int32_t>(v);
    } else if (name == "offset") {
      ASSIGN_OR_RETURN(request.offset, QueryInt(name, value, 0, INT64_MAX));
    } else if (name == "limit") {
      ASSIGN_OR_RETURN(const int64_t v, QueryInt(name, value, 1, kMaxReadRecords));
      request.limit = static_cast<int>(v);
    } else if (name == "wait") {
      ASSIGN_OR_RETURN(request.wait, QueryWait(value));
    } else {
      return BadMember(name, absl::StrCat("unknown parameter '", name, "'"),
                       ClosestName(name, {"partition", "offset", "limit", "wait"}));
    }
  }
  return request;
}

}  // namespace millrace
