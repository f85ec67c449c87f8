#include "stream/dead_letter.h"

#include "absl/strings/str_cat.h"

namespace millrace {
namespace {

std::string Shortened(absl::string_view message) {
  if (message.size() > kMaxErrorMessageBytes) {
    size_t end = kMaxErrorMessageBytes;
    // Not in the middle of a character: bytes 10xxxxxx continue one.
    while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xc0) == 0x80) --end;
    message = message.substr(0, end);
  }
  return std::string(message);
}

}  // namespace

absl::string_view RejectCodeName(RejectCode code) {
  switch (code) {
    case RejectCode::kMalformed: return "malformed";
    case RejectCode::kSchema: return "schema";
    case RejectCode::kRange: return "range";
    case RejectCode::kTime: return "time";
    case RejectCode::kId: return "id";
    case RejectCode::kFuture: return "future";
    case RejectCode::kLate: return "late";
    case RejectCode::kTooLarge: return "too_large";
    case RejectCode::kUnknownSchema: return "unknown_schema";
    case RejectCode::kExpression: return "expression";
  }
  return "unknown";
}

std::string DeadLetterTopic(absl::string_view topic) { return absl::StrCat(topic, ".dlq"); }

DeadLetter::DeadLetter(absl::string_view source_topic, const Record& record,
                       const Rejection& rejection)
    : topic_(DeadLetterTopic(source_topic)),
      source_topic_(source_topic),
      message_(Shortened(rejection.message)),
      partition_(absl::StrCat(record.partition)),
      offset_(absl::StrCat(record.offset)),
      headers_(record.headers.begin(), record.headers.end()) {
  headers_.push_back({kErrorCodeHeader, RejectCodeName(rejection.code)});
  headers_.push_back({kErrorMessageHeader, message_});
  headers_.push_back({kSourceTopicHeader, source_topic_});
  headers_.push_back({kSourcePartitionHeader, partition_});
  headers_.push_back({kSourceOffsetHeader, offset_});
  record_.topic = topic_;
  record_.key = record.key;
  record_.value = record.value;
  record_.headers = headers_;
  record_.timestamp_ms = record.timestamp_ms;
}

}  // namespace millrace
