#include "tests/fuzz/decoded_record.h"

#include <cmath>
#include <string>

#include "core/check.h"
#include "core/collection.h"
#include "stream/expr/time_text.h"
#include "stream/expr/utf8.h"

namespace millrace {
namespace {

// A dead letter carries it in a header.
constexpr size_t kMaxMessageBytes = 2'000;

bool IsUtf8(absl::string_view text) { return ValidUtf8Prefix(text) == text.size(); }

void CheckValue(const Value& value, const Field& field) {
  if (value.is_null()) return;
  CHECK(value.type() == field.type.type);
  CHECK(value.type() != Type::kString || IsUtf8(value.string_value()));
  CHECK(value.type() != Type::kDouble || std::isfinite(value.double_value()));
  CHECK(!IsCollection(value.type()) || IsWellFormed(value));
  if (value.type() == Type::kVector) CHECK(CollectionSize(value) == field.type.dim);
  if (field.min && value.type() == Type::kInt) {
    CHECK(static_cast<double>(value.int_value()) >= *field.min);
  }
}

// The row as one text.
std::string CheckRow(const Schema& schema, const DecodedRow& row) {
  CHECK(row.event_time_ms >= kMinTimestampMs && row.event_time_ms <= kMaxTimestampMs);
  CHECK(row.fields.size() == schema.fields.size());
  std::string text = std::to_string(row.event_time_ms);
  for (size_t i = 0; i < row.fields.size(); ++i) {
    CheckValue(row.fields[i], schema.fields[i]);
    text += "\n" + ToString(row.fields[i]);
  }
  return text;
}

std::string CheckRejection(const Rejection& rejection) {
  CHECK(!rejection.message.empty());
  CHECK(rejection.message.size() <= kMaxMessageBytes);
  CHECK(IsUtf8(rejection.message));
  CHECK(!rejection.transient);
  return rejection.message;
}

}  // namespace

Verdict CheckDecode(const Schema& schema, const Record& record, Decoder* decoder,
                    DecodedRecord* out) {
  Verdict verdict = Verdict::kRefused;
  std::string said[2];
  for (std::string& text : said) {
    const auto rejection = decoder->Decode(record, out);
    verdict = rejection.has_value() ? Verdict::kRefused : Verdict::kAccepted;
    if (rejection.has_value()) {
      text = CheckRejection(*rejection);
      continue;
    }
    if (out->inserts) text = CheckRow(schema, out->row);
    if (out->retracts) text += CheckRow(schema, out->before);
    if (out->id.has_value()) text += std::string(*out->id);
  }
  CHECK(said[0] == said[1]);
  return verdict;
}

}  // namespace millrace
