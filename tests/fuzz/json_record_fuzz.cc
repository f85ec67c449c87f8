// Records in JSON. What the decoder takes is an object, what it calls malformed is not, by the word
// of simdjson's DOM and of the slow scanner that names the fault.

#include "core/check.h"
#include "simdjson.h"
#include "stream/decode/json_fault.h"
#include "tests/fuzz/decoded_record.h"

namespace millrace {
namespace {

DecoderOptions ByRecord() {
  DecoderOptions options;
  options.schema = {{{"i", Type::kInt, -1000, 1000},
                     {"x", Type::kDouble},
                     {"s", Type::kString},
                     {"b", Type::kBool},
                     {"at", Type::kTimestamp},
                     {"raw", Type::kBytes},
                     {"d", Type::kDuration},
                     {"l", {Type::kList, Type::kInt}},
                     {"m", {Type::kMap, Type::kString}},
                     {"v", {Type::kVector, Type::kDouble, 2}},
                     {"c", Type::kString, {}, {}, "deep.a.c"}}};
  return options;
}

DecoderOptions ByField() {
  DecoderOptions options = ByRecord();
  options.time_field = "ts";
  options.time_unit = TimeUnit::kSeconds;
  return options;
}

}  // namespace

Verdict FuzzTarget(absl::string_view input) {
  static const auto& options = *new DecoderOptions(ByRecord());
  static Decoder& by_record = *MakeDecoder(options).release();
  static Decoder& by_field = *MakeDecoder(ByField()).release();
  static auto& parser = *new simdjson::dom::parser;
  DecodedRecord out;
  Record record;
  record.value = input;
  const Verdict verdict = CheckDecode(options.schema, record, &by_record, &out);
  const auto rejection = by_record.Decode(record, &out);

  simdjson::dom::element element;
  const simdjson::error_code error =
      parser.parse(simdjson::padded_string(input.data(), input.size())).get(element);
  const bool is_json = !FindJsonFault(input, options.max_depth).has_value();
  // The scanner takes numbers of any size, and nothing else that the DOM does not.
  CHECK(is_json == (error == simdjson::SUCCESS || (error == simdjson::NUMBER_ERROR && is_json)));
  const size_t begin = input.find_first_not_of(" \t\r\n");
  const bool is_object = is_json && input[begin] == '{';
  CHECK(error != simdjson::SUCCESS || is_object == element.is_object());
  CHECK(verdict == Verdict::kRefused || is_object);
  if (rejection.has_value() && rejection->code == RejectCode::kMalformed) {
    CHECK(!is_object || rejection->message.find("stands twice") != std::string::npos);
  }
  // A text is malformed (or nested too deep), or not, whatever the options are.
  const auto other = by_field.Decode(record, &out);
  if (!is_json) {
    CHECK(rejection->code == RejectCode::kMalformed || rejection->code == RejectCode::kTooLarge);
    CHECK(other.has_value() && other->code == rejection->code);
    CHECK(other->message == rejection->message);
  }
  return verdict;
}

}  // namespace millrace
