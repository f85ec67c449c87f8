// Debezium's envelopes in JSON, bare and within {schema, payload}.

#include "core/check.h"
#include "stream/decode/json_document.h"
#include "tests/fuzz/decoded_record.h"

namespace millrace {
namespace {

DecoderOptions Options() {
  DecoderOptions options;
  options.schema = {{{"id", Type::kInt}, {"name", Type::kString}, {"at", Type::kTimestamp}}};
  options.time_field = "at";
  options.envelope = Envelope::kDebezium;
  return options;
}

// The operation of an envelope; empty when there is none.
std::string Operation(absl::string_view text) {
  const auto document = ParseJson(text);
  if (!document.ok()) return "";
  const JsonValue* const payload = document->Find("payload");
  const JsonValue* const op = (payload == nullptr ? *document : *payload).Find("op");
  if (op == nullptr || op->kind() != JsonKind::kString) return "";
  return std::string(op->string_value());
}

}  // namespace

Verdict FuzzTarget(absl::string_view input) {
  static const auto& options = *new DecoderOptions(Options());
  static Decoder& decoder = *MakeDecoder(options).release();
  Record record;
  record.value = input;
  DecodedRecord out;
  const Verdict verdict = CheckDecode(options.schema, record, &decoder, &out);
  if (verdict == Verdict::kRefused) return verdict;
  const std::string op = Operation(input);
  // Documents that the tree refuses as too wide or with numbers too large are not compared.
  if (op.empty()) return verdict;
  CHECK(out.inserts == (op == "c" || op == "r" || op == "u"));
  CHECK(out.retracts == (op == "u" || op == "d"));
  CHECK(out.inserts || out.retracts || op == "m");
  return verdict;
}

}  // namespace millrace
