#include "stream/decode/cloud_events.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/coding.h"
#include "stream/expr/time_text.h"

namespace millrace {
namespace {

constexpr absl::string_view kMediaType = "application/cloudevents";
constexpr size_t kShownBytes = 32;  // of an attribute, in a message

std::optional<absl::string_view> TextOf(const Value& value) {
  if (value.is_null()) return std::nullopt;
  return value.string_value();
}

}  // namespace

CloudEventMode CloudEventModeOf(std::span<const Header> headers) {
  CloudEventMode mode = CloudEventMode::kNone;
  for (const Header& header : headers) {
    if (absl::EqualsIgnoreCase(header.name, "content-type") &&
        absl::StartsWithIgnoreCase(header.value, kMediaType)) {
      const absl::string_view rest = header.value.substr(kMediaType.size());
      // "application/cloudevents" alone is JSON too.
      const absl::string_view suffix = rest.substr(0, rest.find_first_of("; "));
      return suffix.empty() || absl::EqualsIgnoreCase(suffix, "+json")
                 ? CloudEventMode::kStructured
                 : CloudEventMode::kUnsupported;
    }
    if (header.name == "ce_specversion") mode = CloudEventMode::kBinary;
  }
  return mode;
}

CloudEventAttributes AttributesOf(std::span<const Header> headers) {
  CloudEventAttributes attributes;
  for (const Header& header : headers) {
    absl::string_view name = header.name;
    if (!absl::ConsumePrefix(&name, "ce_")) continue;
    if (name == "specversion") attributes.version = header.value;
    if (name == "id") attributes.id = header.value;
    if (name == "source") attributes.source = header.value;
    if (name == "time") attributes.time = header.value;
  }
  return attributes;
}

CloudEventSlots AddCloudEvent(ProjectionNode data, ProjectionNode* root, Projection* projection) {
  CloudEventSlots slots;
  const auto add = [&](absl::string_view name) {
    const int slot = projection->AddSlot({{std::string(name), Type::kString}});
    root->Member(name).slots.push_back(slot);
    return slot;
  };
  slots.version = add("specversion");
  slots.id = add("id");
  slots.source = add("source");
  slots.time = add("time");
  slots.data_base64 = projection->AddSlot({{"data_base64", Type::kBytes}});
  root->Member("data_base64").slots.push_back(slots.data_base64);
  slots.data = projection->AddSlot({{"data", Type::kBool}});
  data.name = "data";
  data.presence = slots.data;
  root->members.push_back(std::move(data));
  return slots;
}

CloudEventAttributes AttributesOf(const CloudEventSlots& slots, const SlotWriter& written) {
  return {TextOf(written.value(slots.version)), TextOf(written.value(slots.id)),
          TextOf(written.value(slots.source)), TextOf(written.value(slots.time))};
}

std::optional<Rejection> JudgeCloudEvent(const CloudEventAttributes& attributes, std::string* id,
                                         std::optional<int64_t>* time_ms) {
  const auto missing = [](absl::string_view name) {
    return Rejection{RejectCode::kMalformed,
                     absl::StrCat("the CloudEvent has no '", name, "', or an empty one")};
  };
  if (attributes.version.value_or("").empty()) return missing("specversion");
  if (!absl::StartsWith(*attributes.version, "1.")) {
    // From a header, which may hold anything.
    const std::string version = absl::CHexEscape(attributes.version->substr(0, kShownBytes));
    return Rejection{RejectCode::kMalformed,
                     absl::StrCat("CloudEvents of version '", version, "' are not known; 1.0 is")};
  }
  if (attributes.id.value_or("").empty()) return missing("id");
  if (attributes.source.value_or("").empty()) return missing("source");
  id->clear();
  PutLengthPrefixed(id, *attributes.source);
  id->append(attributes.id->data(), attributes.id->size());
  time_ms->reset();
  if (!attributes.time.has_value()) return std::nullopt;
  *time_ms = ParseRfc3339(*attributes.time);
  if (time_ms->has_value()) return std::nullopt;
  return Rejection{RejectCode::kTime, "the CloudEvent's 'time' is no time of RFC 3339"};
}

}  // namespace millrace
