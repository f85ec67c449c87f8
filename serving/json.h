// JsonWriter: writes JSON into a string, one call a token; commas are its business. Integers and
// doubles are exact: a double is the shortest text that reads back as the same bits, and always
// looks like one ("1.0"). What JSON cannot hold becomes null (NaN, infinities); bytes that are not
// UTF-8 become U+FFFD. Thread-compatible.
//
//   JsonWriter json(&out);
//   json.BeginObject().Key("n").Int(1).Key("xs").BeginArray().Double(0.1).EndArray().EndObject();

#ifndef MILLRACE_SERVING_JSON_H_
#define MILLRACE_SERVING_JSON_H_

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "core/value.h"
#include "stream/decode/json_document.h"

namespace millrace {

class JsonWriter {
 public:
  // Appends to *out, which outlives the writer.
  explicit JsonWriter(std::string* out) : out_(*out) {}

  JsonWriter& BeginObject() { return Open('{'); }
  JsonWriter& EndObject() { return Close('}'); }
  JsonWriter& BeginArray() { return Open('['); }
  JsonWriter& EndArray() { return Close(']'); }
  JsonWriter& Key(absl::string_view name);

  JsonWriter& String(absl::string_view text);
  JsonWriter& Int(int64_t v);
  JsonWriter& Uint(uint64_t v);
  JsonWriter& Double(double v);
  JsonWriter& Bool(bool v);
  JsonWriter& Null();
  JsonWriter& OptionalInt(std::optional<int64_t> v) { return v ? Int(*v) : Null(); }
  JsonWriter& OptionalDouble(std::optional<double> v) { return v ? Double(*v) : Null(); }
  // Members of the object that is open.
  JsonWriter& Counts(std::initializer_list<std::pair<absl::string_view, uint64_t>> counts);
  // Timestamps and durations as integers of milliseconds, bytes as base64.
  JsonWriter& TypedValue(const Value& value);
  // A tree that was read, without blanks.
  JsonWriter& Document(const JsonValue& value);
  // `json` is one JSON value.
  JsonWriter& Raw(absl::string_view json);

 private:
  JsonWriter& Open(char bracket);
  JsonWriter& Close(char bracket);
  void Separate();

  std::string& out_;
  bool needs_comma_ = false;
};

// Appends `text` as a JSON string, with its quotes.
void AppendJsonString(absl::string_view text, std::string* out);

// True when the bytes are well-formed UTF-8 (RFC 3629).
bool IsUtf8(absl::string_view bytes);

}  // namespace millrace

#endif  // MILLRACE_SERVING_JSON_H_
