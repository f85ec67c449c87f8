// Decoding per record, on records like the flights demo's (the items per second are
// records of one core).
//   ninja decode_bench && bench/decode_bench

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "core/coding.h"
#include "stream/decode/decoder.h"
#include "stream/decode/record_schema.h"

namespace millrace {
namespace {

// 2013-01-01T10:00:00Z
constexpr int64_t kStartMs = 1'357'034'400'000;

// About 180 bytes each.
std::vector<std::string> Departures(bool rfc3339) {
  const char* const kCarriers[] = {"UA", "AA", "B6", "DL"};
  const char* const kOrigins[] = {"EWR", "LGA", "JFK"};
  std::vector<std::string> texts;
  for (int i = 0; i < 4096; ++i) {
    const int64_t ms = kStartMs + i * int64_t{97'000};
    texts.push_back(absl::StrCat(
        "{\"flight_id\":\"2013-01-", 10 + i % 20, "-", kCarriers[i % 4], "-", 1000 + i,
        "\",\"event_time\":",
        rfc3339 ? absl::StrCat("\"2013-01-", 10 + i % 20, "T10:", 10 + i % 50, ":00Z\"")
                : absl::StrCat(ms),
        ",\"carrier\":\"", kCarriers[i % 4], "\",\"origin\":\"", kOrigins[i % 3],
        "\",\"dest\":\"SFO\",\"dep_delay\":", i % 90 - 15, ",\"distance\":", 200 + i % 2500,
        ".0,\"tailnum\":\"N", 10000 + i, "\"}"));
  }
  return texts;
}

void DecodeJson(benchmark::State& state, TimeUnit unit) {
  DecoderOptions options;
  options.schema = {{{"flight_id", Type::kString},
                     {"carrier", Type::kString},
                     {"origin", Type::kString},
                     {"dest", Type::kString},
                     {"dep_delay", Type::kInt},
                     {"distance", Type::kDouble, 0}}};
  options.time_field = "event_time";
  options.time_unit = unit;
  const auto decoder = MakeDecoder(options);
  const std::vector<std::string> texts = Departures(unit == TimeUnit::kRfc3339);
  DecodedRecord out;
  size_t i = 0;
  int64_t bytes = 0;
  for (auto _ : state) {
    Record record;
    record.value = texts[i++ % texts.size()];
    bytes += static_cast<int64_t>(record.value->size());
    if (decoder->Decode(record, &out).has_value()) state.SkipWithError("rejected");
    benchmark::DoNotOptimize(out.row.fields.data());
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(bytes);
}
BENCHMARK_CAPTURE(DecodeJson, epoch_ms, TimeUnit::kMillis);
BENCHMARK_CAPTURE(DecodeJson, rfc3339, TimeUnit::kRfc3339);

// The same record in each format: what the wire costs, with all that decoding checks.
DecoderOptions Wanted(RecordFormat format) {
  DecoderOptions options;
  options.format = format;
  options.schema = {{{"flight_id", Type::kString},
                     {"carrier", Type::kString},
                     {"origin", Type::kString},
                     {"dest", Type::kString},
                     {"dep_delay", Type::kInt},
                     {"distance", Type::kDouble, 0}}};
  options.time_field = "event_time";
  return options;
}

void DecodeOne(benchmark::State& state, const DecoderOptions& options, const std::string& bytes) {
  const auto decoder = MakeDecoder(options);
  DecodedRecord out;
  Record record;
  record.value = bytes;
  for (auto _ : state) {
    if (decoder->Decode(record, &out).has_value()) return state.SkipWithError("rejected");
    benchmark::DoNotOptimize(out.row.fields.data());
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(bytes.size()));
}

// A length and its bytes, as both binary formats have them for lengths below 64.
void AppendSized(std::string* out, absl::string_view text, int factor) {
  absl::StrAppend(out, std::string(1, static_cast<char>(text.size() * factor)), text);
}

const char* const kTexts[] = {"2013-01-10-UA-1000", "UA", "EWR", "SFO", "N10000"};

void DecodeAvro(benchmark::State& state) {
  DecoderOptions options = Wanted(RecordFormat::kAvro);
  options.record_schema = *ParseAvroSchema(
      R"({"type": "record", "name": "D", "fields": [{"name": "flight_id", "type": "string"},
          {"name": "carrier", "type": "string"}, {"name": "origin", "type": "string"},
          {"name": "dest", "type": "string"}, {"name": "tailnum", "type": "string"},
          {"name": "event_time", "type": "long"}, {"name": "dep_delay", "type": "int"},
          {"name": "distance", "type": "double"}]})");
  std::string bytes;
  for (const char* text : kTexts) AppendSized(&bytes, text, 2);
  PutSignedVarint(&bytes, kStartMs);
  PutSignedVarint(&bytes, 12);
  const double distance = 1400;
  bytes.append(reinterpret_cast<const char*>(&distance), sizeof(distance));
  DecodeOne(state, options, bytes);
}
BENCHMARK(DecodeAvro);

void DecodeProtobuf(benchmark::State& state) {
  DecoderOptions options = Wanted(RecordFormat::kProtobuf);
  options.record_schema = *ParseProtoFile(
      {"d.proto",
       "syntax = 'proto3'; message D { string flight_id = 1; string carrier = 2;"
       " string origin = 3; string dest = 4; string tailnum = 5; int64 event_time = 6;"
       " sint32 dep_delay = 7; double distance = 8; }"});
  std::string bytes;
  char tag = 0x0a;
  for (const char* text : kTexts) {
    bytes.push_back(tag);
    AppendSized(&bytes, text, 1);
    tag = static_cast<char>(tag + 8);
  }
  bytes.push_back(0x30);
  PutVarint(&bytes, static_cast<uint64_t>(kStartMs));
  bytes.push_back(0x38);
  PutSignedVarint(&bytes, 12);
  bytes.push_back(0x41);
  const double distance = 1400;
  bytes.append(reinterpret_cast<const char*>(&distance), sizeof(distance));
  DecodeOne(state, options, bytes);
}
BENCHMARK(DecodeProtobuf);

void DecodeChange(benchmark::State& state) {
  DecoderOptions options = Wanted(RecordFormat::kJson);
  options.envelope = Envelope::kDebezium;
  const std::string row = Departures(false)[0];
  DecodeOne(state, options,
            absl::StrCat(R"({"op":"u","before":)", row, R"(,"after":)", row,
                         R"(,"source":{"connector":"postgresql","ts_ms":1}})"));
}
BENCHMARK(DecodeChange);

void RejectJson(benchmark::State& state) {
  const auto decoder = MakeDecoder({});
  std::vector<std::string> texts = Departures(false);
  for (std::string& text : texts) text.resize(text.size() - 1);
  DecodedRecord out;
  size_t i = 0;
  for (auto _ : state) {
    Record record;
    record.value = texts[i++ % texts.size()];
    if (!decoder->Decode(record, &out).has_value()) state.SkipWithError("accepted");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(RejectJson);

}  // namespace
}  // namespace millrace

BENCHMARK_MAIN();
