// millrace features: the catalog of a configuration, or of a running server: what features there
// are, what they mean, where they come from and who uses them.

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "app/catalog/catalog_json.h"
#include "app/commands/api_client.h"
#include "app/commands/command.h"
#include "app/commands/text_table.h"
#include "core/closest_name.h"
#include "core/status_macros.h"
#include "serving/json.h"

namespace millrace {
namespace {

std::string ListText(const JsonValue& object, absl::string_view name) {
  std::vector<absl::string_view> names;
  for (const JsonValue& item : MemberItems(object, name)) names.push_back(item.string_value());
  return absl::StrJoin(names, ", ");
}

// "origin: string, dest: string".
std::string TypedText(const JsonValue& object, absl::string_view name) {
  std::vector<std::string> fields;
  for (const JsonValue& field : MemberItems(object, name)) {
    fields.push_back(absl::StrCat(MemberText(field, "name"), ": ", MemberText(field, "type")));
  }
  return absl::StrJoin(fields, ", ");
}

std::string UsersText(const JsonValue& feature) {
  std::vector<std::string> users;
  for (const absl::string_view kind : {"tasks", "services"}) {
    const std::string names = ListText(feature, kind);
    if (!names.empty()) users.push_back(names);
  }
  return absl::StrJoin(users, ", ");
}

// Lines of a name and what there is to say about it; what is empty or "-" is left out.
class Sheet {
 public:
  void Add(absl::string_view name, absl::string_view text) {
    if (!text.empty() && text != "-") absl::StrAppendFormat(&text_, "%-12s  %s\n", name, text);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

class Catalog {
 public:
  explicit Catalog(JsonValue root) : root_(std::move(root)) {}

  std::string Table() const {
    TextTable table({"feature", "key", "type", "source", "meaning", "used by", "owner"});
    for (const JsonValue& view : MemberItems(root_, "views")) AddRows(view, &table);
    return table.ToString();
  }

  // The view or feature of that name in full; NotFound with a suggestion when there is none.
  struct Found {
    const JsonValue* view = nullptr;
    const JsonValue* feature = nullptr;  // null: the view as a whole
  };
  absl::StatusOr<Found> Find(const std::string& name) const {
    std::vector<std::string> known;
    for (const JsonValue& view : MemberItems(root_, "views")) {
      known.push_back(MemberText(view, "view"));
      if (known.back() == name) return Found{&view, nullptr};
      for (const JsonValue& feature : MemberItems(view, "features")) {
        known.push_back(MemberText(feature, "feature"));
        if (known.back() == name) return Found{&view, &feature};
      }
    }
    const std::string close = ClosestName(name, known);
    return absl::NotFoundError(
        absl::StrCat("there is no view or feature '", name, "'",
                     close.empty() ? "" : absl::StrCat("; did you mean '", close, "'?")));
  }

  std::string ViewText(const JsonValue& view) const {
    Sheet sheet;
    sheet.Add("view", MemberText(view, "view"));
    AddDocumentation(view, &sheet);
    AddOrigin(view, &sheet);
    sheet.Add("accuracy", MemberText(view, "accuracy"));
    sheet.Add("ttl", MemberText(view, "ttl_ms", AgeText));
    sheet.Add("warming", MemberText(view, "while_warming"));
    TextTable table({"feature", "type", "meaning", "used by", "description"});
    for (const JsonValue& feature : MemberItems(view, "features")) {
      table.Add({MemberText(feature, "feature"), MemberText(feature, "type"),
                 MemberText(feature, "meaning"), UsersText(feature),
                 MemberText(feature, "description")});
    }
    return absl::StrCat(sheet.text(), "\n", table.ToString());
  }

  std::string FeatureText(const Found& found) const {
    const JsonValue& feature = *found.feature;
    Sheet sheet;
    sheet.Add("feature", MemberText(feature, "feature"));
    AddDocumentation(feature, &sheet);
    sheet.Add("type", MemberText(feature, "type"));
    sheet.Add("meaning", MemberText(feature, "meaning"));
    sheet.Add("default", MemberText(feature, "default"));
    sheet.Add("computed from", ListText(feature, "computed_from"));
    sheet.Add("request", ListText(feature, "request_fields"));
    AddOrigin(*found.view, &sheet);
    sheet.Add("features", ListText(feature, "features"));
    sheet.Add("services", ListText(feature, "services"));
    sheet.Add("tasks", ListText(feature, "tasks"));
    return sheet.text();
  }

 private:
  static void AddRows(const JsonValue& view, TextTable* table) {
    std::vector<absl::string_view> key;
    for (const JsonValue& field : MemberItems(view, "key")) {
      key.push_back(field.Find("name")->string_value());
    }
    for (const JsonValue& feature : MemberItems(view, "features")) {
      table->Add({MemberText(feature, "feature"), absl::StrJoin(key, ", "),
                  MemberText(feature, "type"), ListText(view, "sources"),
                  MemberText(feature, "meaning"), UsersText(feature),
                  MemberText(feature, "owner")});
    }
  }

  static void AddDocumentation(const JsonValue& object, Sheet* sheet) {
    sheet->Add("description", MemberText(object, "description"));
    sheet->Add("owner", MemberText(object, "owner"));
  }

  // Where a view's values come from, back to the topics.
  static void AddOrigin(const JsonValue& view, Sheet* sheet) {
    sheet->Add("entity",
               absl::StrCat(MemberText(view, "entity"), " (", TypedText(view, "key"), ")"));
    sheet->Add("sources",
               absl::StrCat(ListText(view, "sources"), " (topics ", ListText(view, "topics"), ")"));
  }

  JsonValue root_;
};

// The catalog's JSON, of the server or of the configuration. Returns the exit code; unless that is
// 0 it has said why.
int ReadCatalog(const GlobalOptions& global, std::string* json) {
  if (!global.server_given) {
    const std::shared_ptr<const Project> project = LoadProject(global);
    if (project == nullptr) return kExitConfig;
    *json = CatalogJson(*project);
    return kExitOk;
  }
  std::unique_ptr<ApiClient> api;
  const int opened = OpenApi(global, "features", &api);
  if (opened != kExitOk) return opened;
  absl::StatusOr<std::string> answer = api->Get("/api/v1/catalog");
  if (!answer.ok()) return FailRequest("features", answer.status());
  *json = *std::move(answer);
  return kExitOk;
}

int Features(const GlobalOptions& global, const std::string& only) {
  std::string text;
  const int read = ReadCatalog(global, &text);
  if (read != kExitOk) return read;
  if (global.json && only.empty()) {
    std::printf("%s\n", text.c_str());
    return kExitOk;
  }
  absl::StatusOr<JsonValue> root = ParseAnswer(text);
  if (!root.ok()) return Fail("features", root.status());
  const Catalog catalog(*std::move(root));
  if (only.empty()) {
    std::fputs(catalog.Table().c_str(), stdout);
    return kExitOk;
  }
  const absl::StatusOr<Catalog::Found> found = catalog.Find(only);
  if (!found.ok()) {
    Fail("features", found.status());
    return kExitUsage;
  }
  std::string out;
  if (global.json) {
    JsonWriter(&out).Document(found->feature != nullptr ? *found->feature : *found->view);
    out += "\n";
  } else {
    out = found->feature != nullptr ? catalog.FeatureText(*found) : catalog.ViewText(*found->view);
  }
  std::fputs(out.c_str(), stdout);
  return kExitOk;
}

}  // namespace

void AddFeatures(CLI::App& app, const GlobalOptions& global, Run* run) {
  auto name = std::make_shared<std::string>();
  CLI::App* features = app.add_subcommand(
      "features", "The features of a configuration, what they mean and who uses them");
  features->add_option("VIEW", *name, "Only this view or feature (view.feature), in full");
  features->footer("Example: millrace features origin_out.late_share_1h");
  features->callback(
      [&global, name, run] { *run = [&global, name] { return Features(global, *name); }; });
}

}  // namespace millrace
