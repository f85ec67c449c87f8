// Decoding: a decoder with what it decoded last, for tests that ask in one line. Owned by one
// thread.

#ifndef MILLRACE_TESTS_STREAM_DECODE_DECODING_H_
#define MILLRACE_TESTS_STREAM_DECODE_DECODING_H_

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "stream/decode/decoder.h"

namespace millrace {

class Decoding {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  explicit Decoding(DecoderOptions options)
      : schema_(options.schema), decoder_(MakeDecoder(std::move(options))) {}

  // What the record was rejected for, as "code: message"; "ok" if it was not. Absent: a tombstone.
  std::string Verdict(std::optional<absl::string_view> value, Headers headers = {},
                      int64_t timestamp_ms = 1'357'034'400'000) {
    headers_ = std::move(headers);
    value_ = value.has_value() ? std::optional(std::string(*value)) : std::nullopt;
    std::vector<Header> views;
    for (const auto& [name, text] : headers_) views.push_back({name, text});
    Record record;
    record.timestamp_ms = timestamp_ms;
    record.headers = views;
    if (value_.has_value()) record.value = *value_;
    const auto rejection = decoder_->Decode(record, &out_);
    if (!rejection.has_value()) return "ok";
    return std::string(RejectCodeName(rejection->code)) + ": " + rejection->message;
  }

  const DecodedRecord& out() const { return out_; }
  // A field of the row; of the row before.
  Value operator[](absl::string_view name) const { return FieldOf(out_.row, name); }
  Value Before(absl::string_view name) const { return FieldOf(out_.before, name); }
  // "a: 1, b: null": what the row holds.
  std::string Row() const { return TextOf(out_.row); }
  std::string RowBefore() const { return TextOf(out_.before); }

 private:
  Value FieldOf(const DecodedRow& row, absl::string_view name) const {
    return row.fields[static_cast<size_t>(schema_.Find(name))];
  }
  std::string TextOf(const DecodedRow& row) const {
    std::string text;
    for (size_t i = 0; i < row.fields.size(); ++i) {
      if (i > 0) text += ", ";
      text += schema_.fields[i].name + ": " + ToString(row.fields[i]);
    }
    return text;
  }

  const Schema schema_;
  std::unique_ptr<Decoder> decoder_;
  std::optional<std::string> value_;
  Headers headers_;
  DecodedRecord out_;
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_STREAM_DECODE_DECODING_H_
