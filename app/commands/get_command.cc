// millrace get: features of one entity, from a running server.

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "app/commands/api_client.h"
#include "app/commands/command.h"
#include "app/commands/field_arguments.h"
#include "app/commands/text_table.h"
#include "core/status_macros.h"
#include "serving/json.h"

namespace millrace {
namespace {

constexpr char kUnknownView[] = "MILLRACE-4003";

struct GetOptions {
  std::string view;
  std::vector<std::string> keys;
  std::string at;
  std::string known_at;
};

// The answer's JSON. `what` is a member of the request with its value.
absl::StatusOr<std::string> Read(ApiClient& api, const GetOptions& options, FieldArguments keys,
                                 absl::string_view member, absl::string_view name) {
  for (;;) {
    std::string body;
    JsonWriter json(&body);
    json.BeginObject().Key(member);
    member == "features" ? json.BeginArray().String(name).EndArray() : json.String(name);
    json.Key("keys").BeginArray();
    keys.Write(json);
    json.EndArray();
    if (!options.at.empty()) WriteTimeArgument(options.at, json.Key("at"));
    if (!options.known_at.empty()) WriteTimeArgument(options.known_at, json.Key("known_at"));
    json.EndObject();
    absl::StatusOr<std::string> answer = api.Post("/api/v1/features", body);
    if (answer.ok() || !keys.MakeText(ProblemField(answer.status()))) return answer;
  }
}

absl::StatusOr<std::string> ReadViewOrService(ApiClient& api, const GetOptions& options,
                                              const FieldArguments& keys) {
  const bool whole = !absl::StrContains(options.view, ".");
  const std::string features = whole ? absl::StrCat(options.view, ".*") : options.view;
  absl::StatusOr<std::string> answer = Read(api, options, keys, "features", features);
  if (whole && !answer.ok() && ProblemCode(answer.status()) == kUnknownView) {
    absl::StatusOr<std::string> service = Read(api, options, keys, "service", options.view);
    if (service.ok() || !absl::IsNotFound(service.status())) return service;
  }
  return answer;
}

absl::Status PrintTable(absl::string_view answer, const GlobalOptions& global,
                        const FieldArguments& keys) {
  ASSIGN_OR_RETURN(const JsonValue root, ParseAnswer(answer));
  const JsonValue* rows = root.Find("rows");
  const JsonValue* features =
      rows != nullptr && rows->kind() == JsonKind::kArray && rows->items().size() == 1
          ? rows->items()[0].Find("features")
          : nullptr;
  if (features == nullptr || features->kind() != JsonKind::kObject) {
    return absl::UnknownError("the server's answer has no row of features");
  }
  TextTable table({"feature", ">value", "status", ">age"});
  for (const JsonMember& feature : features->members()) {
    table.Add({feature.name, MemberText(feature.value, "value"),
               MemberText(feature.value, "status"), MemberText(feature.value, "age_ms", AgeText)});
  }
  if (!global.quiet) {
    std::fprintf(stderr, "%s at %s\n", keys.ToString().c_str(),
                 MemberText(root, "at", TimeText).c_str());
  }
  std::fputs(table.ToString().c_str(), stdout);
  return absl::OkStatus();
}

int Get(const GlobalOptions& global, const GetOptions& options) {
  const absl::StatusOr<FieldArguments> keys = FieldArguments::Parse(options.keys);
  if (!keys.ok()) {
    Fail("get", keys.status());
    return kExitUsage;
  }
  std::unique_ptr<ApiClient> api;
  const int opened = OpenApi(global, "get", &api);
  if (opened != kExitOk) return opened;
  const absl::StatusOr<std::string> answer = ReadViewOrService(*api, options, *keys);
  if (!answer.ok()) return FailRequest("get", answer.status());
  if (global.json) {
    std::printf("%s\n", answer->c_str());
    return kExitOk;
  }
  const absl::Status printed = PrintTable(*answer, global, *keys);
  return printed.ok() ? static_cast<int>(kExitOk) : Fail("get", printed);
}

}  // namespace

void AddGet(CLI::App& app, const GlobalOptions& global, Run* run) {
  auto options = std::make_shared<GetOptions>();
  CLI::App* get = app.add_subcommand("get", "Read the features of an entity from a running server");
  get->add_option("VIEW", options->view, "A view, one feature (view.feature) or a feature service")
      ->required();
  get->add_option("KEY=VALUE", options->keys, "The fields of the entity's key")->required();
  get->add_option("--at", options->at,
                  "Event time to read at: RFC 3339 or milliseconds since the epoch (default now)");
  get->add_option("--known-at", options->known_at,
                  "Count only what was known then, of views with known_at: a time as for --at");
  get->footer("Example: millrace get origin_out origin=JFK --at 2013-02-01T10:00:00Z");
  get->callback(
      [&global, options, run] { *run = [&global, options] { return Get(global, *options); }; });
}

}  // namespace millrace
