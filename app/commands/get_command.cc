// millrace get: features of one entity, from a running server.

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "app/commands/api_client.h"
#include "app/commands/command.h"
#include "app/commands/field_arguments.h"
#include "app/commands/text_table.h"
#include "app/commands/time_argument.h"
#include "core/status_macros.h"
#include "serving/json.h"

namespace millrace {
namespace {

constexpr char kUnknownView[] = "MILLRACE-4003";

// The words of the command line.
struct GetWords {
  std::string view;
  std::vector<std::string> keys;
  std::string service;
  std::vector<std::string> request;
  std::optional<int64_t> at;
  std::optional<int64_t> known_at;
  std::vector<std::string> min_offsets;
  std::string wait;
  bool metadata = false;
};

struct RecordName {
  std::string topic;
  int32_t partition = 0;
  int64_t offset = 0;
};

// What they ask for.
struct GetRequest {
  const GetWords* words = nullptr;
  FieldArguments keys;
  FieldArguments request;
  std::vector<RecordName> min_offsets;
  std::optional<int64_t> wait_ms;
};

absl::StatusOr<RecordName> ParseRecordName(const std::string& word) {
  const std::vector<std::string> parts = absl::StrSplit(word, ':');
  RecordName record;
  if (parts.size() != 3 || parts[0].empty() || !absl::SimpleAtoi(parts[1], &record.partition) ||
      !absl::SimpleAtoi(parts[2], &record.offset)) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", word, "' is not topic:partition:offset, as in orders:0:17"));
  }
  record.topic = parts[0];
  return record;
}

absl::StatusOr<GetRequest> ParseWords(GetWords* words) {
  // With --service the first word is a key already.
  if (!words->service.empty() && !words->view.empty()) {
    words->keys.insert(words->keys.begin(), std::exchange(words->view, ""));
  }
  if (words->service.empty() && words->view.empty()) {
    return absl::InvalidArgumentError("name a view, a feature, or a service with --service");
  }
  if (words->keys.empty()) return absl::InvalidArgumentError("the entity's KEY=VALUE is missing");
  GetRequest request;
  request.words = words;
  ASSIGN_OR_RETURN(request.keys, FieldArguments::Parse(words->keys));
  ASSIGN_OR_RETURN(request.request, FieldArguments::Parse(words->request));
  for (const std::string& word : words->min_offsets) {
    ASSIGN_OR_RETURN(request.min_offsets.emplace_back(), ParseRecordName(word));
  }
  if (words->wait.empty()) return request;
  absl::Duration wait;
  if (!absl::ParseDuration(words->wait, &wait)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--wait '", words->wait, "' is no duration such as 2s"));
  }
  request.wait_ms = absl::ToInt64Milliseconds(wait);
  return request;
}

std::string BodyOf(const GetRequest& request, absl::string_view member, absl::string_view name) {
  std::string body;
  JsonWriter json(&body);
  json.BeginObject().Key(member);
  member == "features" ? json.BeginArray().String(name).EndArray() : json.String(name);
  json.Key("keys").BeginArray();
  request.keys.Write(json);
  json.EndArray();
  if (!request.request.empty()) {
    json.Key("request").BeginArray();
    request.request.Write(json);
    json.EndArray();
  }
  const GetWords& words = *request.words;
  if (words.at) json.Key("at").Int(*words.at);
  if (words.known_at) json.Key("known_at").Int(*words.known_at);
  if (words.metadata) json.Key("metadata").Bool(true);
  if (!request.min_offsets.empty()) {
    json.Key("min_offset").BeginArray();
    for (const RecordName& record : request.min_offsets) {
      json.BeginObject().Key("topic").String(record.topic);
      json.Key("partition").Int(record.partition).Key("offset").Int(record.offset).EndObject();
    }
    json.EndArray();
  }
  if (request.wait_ms) json.Key("wait_ms").Int(*request.wait_ms);
  json.EndObject();
  return body;
}

// The answer's JSON. `member` of the request is `name`.
absl::StatusOr<std::string> Read(ApiClient& api, GetRequest request, absl::string_view member,
                                 absl::string_view name) {
  for (;;) {
    absl::StatusOr<std::string> answer =
        api.Post("/api/v1/features", BodyOf(request, member, name));
    if (answer.ok()) return answer;
    const std::string field = ProblemField(answer.status());
    FieldArguments& fields = absl::StartsWith(field, "request[") ? request.request : request.keys;
    if (!fields.MakeText(field)) return answer;
  }
}

absl::StatusOr<std::string> ReadViewOrService(ApiClient& api, const GetRequest& request) {
  const GetWords& words = *request.words;
  if (!words.service.empty()) return Read(api, request, "service", words.service);
  if (absl::StrContains(words.view, "@")) return Read(api, request, "service", words.view);
  const bool whole = !absl::StrContains(words.view, ".");
  const std::string features = whole ? absl::StrCat(words.view, ".*") : words.view;
  absl::StatusOr<std::string> answer = Read(api, request, "features", features);
  if (whole && !answer.ok() && ProblemCode(answer.status()) == kUnknownView) {
    absl::StatusOr<std::string> service = Read(api, request, "service", words.view);
    if (service.ok() || !absl::IsNotFound(service.status())) return service;
  }
  return answer;
}

// "2013-01-01T10:00:00.000Z … 2013-01-01T11:00:00.000Z", or "-".
std::string SpanText(const JsonValue& feature) {
  const JsonValue* span = feature.Find("effective");
  if (span == nullptr || span->kind() != JsonKind::kArray || span->items().size() != 2) return "-";
  const auto text = [](const JsonValue& end) {
    return end.kind() == JsonKind::kInt ? TimeText(end.int_value()) : "";
  };
  const std::string begin = text(span->items()[0]), end = text(span->items()[1]);
  return begin.empty() && end.empty() ? "nothing" : absl::StrCat(begin, " … ", end);
}

// Columns that no feature has anything for are left out.
std::string FeaturesTable(const JsonValue& features, bool metadata) {
  const auto any = [&features](const char* name) {
    return std::any_of(
        features.members().begin(), features.members().end(),
        [name](const JsonMember& feature) { return feature.value.Find(name) != nullptr; });
  };
  const bool error = any("error"), span = any("effective");
  std::vector<std::string> headers = {"feature", ">value", "status", ">age"};
  if (error) headers.emplace_back(">error");
  if (metadata) headers.emplace_back(">records");
  if (span) headers.insert(headers.end(), {">completeness", "covers"});
  TextTable table(headers);
  for (const JsonMember& feature : features.members()) {
    const JsonValue& value = feature.value;
    std::vector<std::string> cells = {feature.name, MemberValue(value, "value"),
                                      MemberText(value, "status"),
                                      MemberText(value, "age_ms", AgeText)};
    if (error) cells.push_back(MemberRounded(value, "error"));
    if (metadata) cells.push_back(MemberText(value, "count", CountText));
    if (span) cells.insert(cells.end(), {MemberRounded(value, "completeness"), SpanText(value)});
    table.Add(std::move(cells));
  }
  return table.ToString();
}

absl::Status PrintTable(absl::string_view answer, const GlobalOptions& global,
                        const GetRequest& request) {
  ASSIGN_OR_RETURN(const JsonValue root, ParseAnswer(answer));
  const JsonValue* rows = root.Find("rows");
  const JsonValue* features =
      rows != nullptr && rows->kind() == JsonKind::kArray && rows->items().size() == 1
          ? rows->items()[0].Find("features")
          : nullptr;
  if (features == nullptr || features->kind() != JsonKind::kObject) {
    return absl::UnknownError("the server's answer has no row of features");
  }
  if (!global.quiet) {
    std::string title = request.keys.ToString();
    if (const std::string service = MemberText(root, "service"); service != "-") {
      title = absl::StrCat(service, "@", MemberText(root, "service_version"), " of ", title);
    }
    std::fprintf(stderr, "%s at %s\n", title.c_str(), MemberText(root, "at", TimeText).c_str());
  }
  std::fputs(FeaturesTable(*features, request.words->metadata).c_str(), stdout);
  return absl::OkStatus();
}

int Get(const GlobalOptions& global, GetWords words) {
  const absl::StatusOr<GetRequest> request = ParseWords(&words);
  if (!request.ok()) {
    Fail("get", request.status());
    return kExitUsage;
  }
  std::unique_ptr<ApiClient> api;
  const int opened = OpenApi(global, "get", &api);
  if (opened != kExitOk) return opened;
  const absl::StatusOr<std::string> answer = ReadViewOrService(*api, *request);
  if (!answer.ok()) return FailRequest("get", answer.status());
  if (global.json) {
    std::printf("%s\n", answer->c_str());
    return kExitOk;
  }
  const absl::Status printed = PrintTable(*answer, global, *request);
  return printed.ok() ? static_cast<int>(kExitOk) : Fail("get", printed);
}

}  // namespace

void AddGet(CLI::App& app, const GlobalOptions& global, Run* run) {
  auto words = std::make_shared<GetWords>();
  CLI::App* get = app.add_subcommand("get", "Read the features of an entity from a running server");
  get->add_option("VIEW", words->view,
                  "A view, one feature (view.feature) or a feature service; not with --service");
  get->add_option("KEY=VALUE", words->keys, "The fields of the entity's key");
  get->add_option("--service", words->service, "A feature service: NAME, the newest, or NAME@2");
  get->add_option("--request", words->request,
                  "FIELD=VALUE that the request brings along, for features that count or use it; "
                  "repeatable")
      ->allow_extra_args(false);
  AddTimeOption(get, "--at", "Event time to read at (default now)", &words->at);
  AddTimeOption(get, "--known-at", "Count only what was known then, of views with known_at",
                &words->known_at);
  get->add_option("--min-offset", words->min_offsets,
                  "TOPIC:PARTITION:OFFSET of a record that the answer must have seen; repeatable")
      ->allow_extra_args(false);
  get->add_option("--wait", words->wait,
                  "How long to wait for those records, such as 2s (default 1s, at most 10s)");
  get->add_flag("--metadata", words->metadata,
                "Show also how many records each value is of, and the span it covers");
  get->footer("Example: millrace get origin_out origin=JFK --at 2013-02-01T10:00:00Z");
  get->callback([&global, words, run] { *run = [&global, words] { return Get(global, *words); }; });
}

}  // namespace millrace
