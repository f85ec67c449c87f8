// Mutated documents: the decoder never crashes, and agrees with the DOM of simdjson and with the
// slow scanner about what is JSON.

#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "simdjson.h"
#include "stream/decode/decoder.h"
#include "stream/decode/json_fault.h"
#include "tests/core/printed_seed.h"

namespace millrace {
namespace {

const char* const kDocuments[] = {
    R"({"i": 12, "x": 1.5e3, "s": "J\u00e9\n", "b": true, "at": "2013-01-01T05:00:00Z"})",
    R"({"carrier":"AA","flight":1141,"dep_delay":-2,"ts":1357034400,"tags":["a",{"b":[null]}]})",
    R"({"s":"\ud83d\ude00 naïve","i":null,"raw":"AAEC","d":"90s","deep":{"a":{"b":{"c":{}}}}})",
    R"({"i":-9223372036854775808,"x":18446744073709551615,"z":[0,-0,0.0,1e-7,[[]]]})",
    R"({"x":-1000000000000000000000,"s":"\\\"-1e400","z":[1e400,-1E+999,9223372036854775808]})",
    "  {\t\"i\" :\n1 ,\r\"s\" : \"\" }  ",
    "{}",
};

std::string Mutate(std::string text, std::mt19937_64& random) {
  const std::string kBytes = "{}[]\",:\\u0019.eE+-tfn \t\n\x01\x7f\xc3\xa9\xff\xed\xa0";
  for (uint64_t n = random() % 4; n-- > 0;) {
    const size_t at = text.empty() ? 0 : random() % text.size();
    const char byte =
        random() % 4 == 0 ? static_cast<char>(random()) : kBytes[random() % kBytes.size()];
    switch (random() % 5) {
      case 0:
        if (!text.empty()) text[at] = byte;
        break;
      case 1: text.insert(at, 1, byte); break;
      case 2:
        if (!text.empty()) text.erase(at, 1 + random() % 3);
        break;
      case 3: text.resize(at); break;
      default: text += text.substr(at, random() % 16);
    }
  }
  return text;
}

DecoderOptions Options() {
  DecoderOptions options;
  options.schema = {{{"i", Type::kInt, -1000, 1000},
                     {"x", Type::kDouble},
                     {"s", Type::kString},
                     {"b", Type::kBool},
                     {"at", Type::kTimestamp},
                     {"raw", Type::kBytes},
                     {"d", Type::kDuration}}};
  return options;
}

TEST(JsonDecoderFuzz, AcceptedMeansValidAndMalformedMeansNot) {
  const uint64_t seed = PrintedSeed(20'130'102);
  std::mt19937_64 random(seed);
  DecoderOptions options = Options();
  const auto by_record = MakeDecoder(options);
  options.time_field = "ts";
  options.time_unit = TimeUnit::kSeconds;
  const auto by_field = MakeDecoder(options);
  simdjson::dom::parser parser;
  DecodedRecord out;
  int accepted = 0;
  int malformed = 0;
  for (int round = 0; round < 100'000; ++round) {
    const std::string text = Mutate(kDocuments[random() % std::size(kDocuments)], random);
    SCOPED_TRACE(text);
    Record record;
    record.value = text;
    simdjson::dom::element element;
    const simdjson::error_code error = parser.parse(simdjson::padded_string(text)).get(element);
    const bool is_json = !FindJsonFault(text, 32).has_value();
    // The scanner takes numbers of any size, and nothing else that the DOM does not.
    ASSERT_EQ(is_json, error == simdjson::SUCCESS || (error == simdjson::NUMBER_ERROR && is_json));
    const auto rejection = by_record->Decode(record, &out);
    const size_t begin = text.find_first_not_of(" \t\r\n");
    const bool is_object = is_json && text[begin] == '{';
    ASSERT_TRUE(error != simdjson::SUCCESS || is_object == element.is_object());
    if (!rejection.has_value()) {
      ASSERT_TRUE(is_object);
      ++accepted;
      for (const Value& value : out.row.fields) {
        // Under the address sanitizer: every byte of the views is there.
        if (value.type() == Type::kString) {
          ASSERT_TRUE(
              simdjson::validate_utf8(value.string_value().data(), value.string_value().size()));
        }
      }
    } else {
      ASSERT_FALSE(rejection->message.empty());
      if (rejection->code == RejectCode::kMalformed) {
        ++malformed;
        ASSERT_TRUE(!is_object || rejection->message.find("stands twice") != std::string::npos);
      }
    }
    // The same text is malformed, or not, whatever the schema and options are.
    const auto other = by_field->Decode(record, &out);
    if (!is_json) {
      ASSERT_TRUE(other.has_value() && (other->code == RejectCode::kMalformed));
      ASSERT_EQ(other->message, rejection->message);
    }
  }
  EXPECT_GT(accepted, 10'000);
  EXPECT_GT(malformed, 10'000);
}

TEST(JsonDecoderFuzz, RandomBytesAreAnswered) {
  const uint64_t seed = PrintedSeed(3);
  std::mt19937_64 random(seed);
  const auto decoder = MakeDecoder(Options());
  DecodedRecord out;
  for (int round = 0; round < 20'000; ++round) {
    std::string text(random() % 200, '\0');
    for (char& c : text) c = static_cast<char>(random());
    if (round % 2 == 0) text = "{\"s\":\"" + text + "\"}";
    Record record;
    record.value = text;
    const auto rejection = decoder->Decode(record, &out);
    ASSERT_TRUE(!rejection.has_value() || !rejection->message.empty());
  }
}

}  // namespace
}  // namespace millrace
