// What a request of /api/v1 says: its JSON body, its query, its path. The input: a line with the
// parser's name, then the text. Every refusal is a problem document; a tree that was read is
// written as the same tree.

#include <string>

#include "core/check.h"
#include "serving/errors.h"
#include "serving/json.h"
#include "serving/json_requests.h"
#include "stream/decode/json_fault.h"
#include "tests/fuzz/input_parts.h"
#include "tests/fuzz/target.h"

namespace millrace {
namespace {

std::string Written(const JsonValue& document) {
  std::string text;
  JsonWriter(&text).Document(document);
  return text;
}

// The tree agrees with the scanner about what is JSON, and survives being written.
void CheckTree(absl::string_view text) {
  const JsonLimits limits;
  const auto document = ParseJson(text, limits);
  if (!document.ok()) {
    CHECK(absl::IsInvalidArgument(document.status()) ||
          absl::IsResourceExhausted(document.status()));
    CHECK(IsUtf8(absl::string_view(document.status().message())));
    return;
  }
  CHECK(!FindJsonFault(text, limits.max_depth).has_value());
  const std::string written = Written(*document);
  const auto again = ParseJson(written, limits);
  CHECK(again.ok());
  CHECK(Written(*again) == written);
}

void CheckRefusal(const absl::Status& status) {
  const ApiError error = ErrorOf(status);
  CHECK(error.kind().http_status >= 400 && error.kind().http_status < 500);
  CHECK(!error.detail.empty());
  const auto problem = ParseJson(ProblemJson(error, "/api/v1/features"));
  CHECK(problem.ok());
  CHECK(problem->Find("code") != nullptr);
}

void CheckFeatures(const FeaturesRequest& request) {
  CHECK(request.keys.size() <= 1'000);
  CHECK(request.min_offsets.size() <= kMaxMinOffsets);
  CHECK(request.patience >= absl::ZeroDuration() && request.patience <= kMaxReadPatience);
}

void CheckRead(const ReadRecordsRequest& request) {
  CHECK(request.limit >= 1 && request.limit <= kMaxReadRecords);
  CHECK(request.wait >= absl::ZeroDuration() && request.wait <= kMaxReadWait);
}

absl::Status Parse(absl::string_view parser, absl::string_view text) {
  if (parser == "score") return ParseScoreRequest(text).status();
  if (parser == "records") return ParseAppendRequest(text).status();
  if (parser == "percent") return DecodePercent(text).status();
  if (parser == "query") {
    const auto request = ParseReadQuery("topic", text);
    if (request.ok()) CheckRead(*request);
    return request.status();
  }
  const auto request = ParseFeaturesRequest(text);
  if (request.ok()) CheckFeatures(*request);
  return request.status();
}

}  // namespace

Verdict FuzzTarget(absl::string_view input) {
  InputParts parts(input);
  const absl::string_view parser = parts.Line();
  CheckTree(parts.rest());
  const absl::Status status = Parse(parser, parts.rest());
  if (status.ok()) return Verdict::kAccepted;
  CheckRefusal(status);
  return Verdict::kRefused;
}

}  // namespace millrace
