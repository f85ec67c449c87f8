#include "app/config/reference_page.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "app/config/error_codes.h"
#include "app/config/schema_table.h"

namespace millrace {
namespace {

// A bar would end a table's cell, in code too.
std::string Cell(absl::string_view text) { return absl::StrReplaceAll(text, {{"|", "\\|"}}); }

absl::string_view KindWord(ValueKind kind) {
  switch (kind) {
    case ValueKind::kNone: return "";
    case ValueKind::kString: return "string";
    case ValueKind::kName: return "name";
    case ValueKind::kInt: return "int";
    case ValueKind::kNumber: return "number";
    case ValueKind::kBool: return "bool";
    case ValueKind::kDuration: return "duration";
    case ValueKind::kSize: return "size";
    case ValueKind::kDurationOrSize: return "duration, size";
    case ValueKind::kShare: return "share";
    case ValueKind::kExpression: return "expression";
    case ValueKind::kType: return "";
    case ValueKind::kAddress: return "host:port";
    case ValueKind::kAny: return "any scalar";
    case ValueKind::kTyped: return "any value";
  }
  return "";
}

std::string Values(const SchemaNode& node) {
  const KeySpec& spec = *node.spec;
  std::vector<std::string> forms;
  if (!KindWord(spec.kind).empty()) forms.emplace_back(KindWord(spec.kind));
  for (const std::string& word : SplitWords(spec.words)) {
    forms.push_back(absl::StrCat("`", word, "`"));
  }
  for (const std::string& word : SplitWords(spec.later_words)) {
    forms.push_back(absl::StrCat("(`", word, "`)"));
  }
  if (node.Item() != nullptr) forms.emplace_back("list");
  if (!node.keys.empty() || spec.free_keys) forms.emplace_back("map");
  return Cell(absl::StrJoin(forms, ", "));
}

void AppendRows(const SchemaNode& node, std::string* supported, std::vector<std::string>* later) {
  const KeySpec& spec = *node.spec;
  if (spec.status == KeyStatus::kNotYet) {
    later->push_back(absl::StrCat("| `", spec.path, "` | ", Cell(spec.description), " |\n"));
  } else {
    const absl::string_view fallback =
        spec.presence == Presence::kRequired ? "**required**" : spec.default_text;
    const bool code = spec.presence != Presence::kRequired && !fallback.empty();
    absl::StrAppend(supported, "| `", spec.path, "` | ", Values(node), " | ", code ? "`" : "",
                    Cell(fallback), code ? "`" : "", " | ", Cell(spec.description), " |\n");
  }
  if (node.Item() != nullptr) {
    if (node.Item()->spec != nullptr) {
      AppendRows(*node.Item(), supported, later);
    } else {
      for (const SchemaNode& key : node.Item()->keys) AppendRows(key, supported, later);
    }
  }
  for (const SchemaNode& key : node.keys) AppendRows(key, supported, later);
}

constexpr absl::string_view kExample =
    R"(# Will an order be returned? Asked when it is placed, learned when it comes back, or does not.
version: 1
project: shop
log: {embedded: {path: ./data/log}}       # or kafka: {brokers: "localhost:9092"}
state: {path: ./data/state}

sources:                                  # topics of JSON records
  orders:
    topic: shop.orders
    time: {field: at, unit: rfc3339}      # event time: what windows go by
    schema: {order_id: string, customer: string, country: string, amount: double}
    on_error: dead_letter                 # what does not fit goes to shop.orders.dlq
  returns:
    topic: shop.returns
    time: {field: at, unit: rfc3339}
    schema: {order_id: string, customer: string}

entities:                                 # what features are of
  customer: {key: [customer]}

views:                                    # features: aggregations over windows, by entity
  bought:
    from: orders
    entity: customer
    features:
      orders_1d:   {count: "*", window: 1d}
      mean_30d:    {mean: amount, window: 30d}
      large_share: {mean: "amount > 100.0 ? 1.0 : 0.0", window: 90d}
  returned:
    from: returns
    entity: customer
    features:
      returns_90d: {count: "*", window: 90d}

services:                                 # names for what is read together
  customer_page: {features: [bought.orders_1d, returned.returns_90d]}

tasks:                                    # what is predicted and learned
  will_return:
    kind: binary
    decide:
      trigger: request                    # POST /api/v1/score with an id; or {record: orders}
      id: order_id                        # by which the label finds the decision
      request: {order_id: string, customer: string, country: string, amount: double}
    label:                                # true if a return of this order comes within 30 days
      any: "true"
      from: returns
      id: order_id
      within: 30d
    inputs:                               # features, fields, expressions of both
      - bought.*
      - returned.*
      - country
      - amount
      - {name: against_mean, expr: "amount - bought.mean_30d"}
    learners:                             # all learn; the champion answers
      ftrl:     {type: logistic, optimizer: ftrl, l1: 1e-6}
      constant: {type: constant}
    publish: {every: 10s}                 # how often what was learned begins to answer
    serve: {champion: ftrl}

server: {http: "127.0.0.1:7470", grpc: "127.0.0.1:7471"}
)";

}  // namespace

absl::string_view ExampleConfiguration() { return kExample; }

std::string ConfigurationPage() {
  std::string page =
      "# Configuration\n\n"
      "Generated from the parser's table by `config_pages`; do not edit. A key with another name, "
      "kind or value is an error, and so\n"
      "is one that is not supported yet: nothing in the file is ignored.\n\n"
      "- **Paths**: `*` is a name of your choice, `[]` an item of a list.\n"
      "- **Durations**: `500ms`, `30s`, `10m`, `1h30m`, `7d`, `2w`. **Sizes**: `64MiB`, `1GB`. "
      "**Names**: letters, digits and `_`.\n"
      "- **Expressions** are a subset of CEL over the fields of a record. Quote those that begin "
      "with `*` or hold `: ` or ` #`.\n"
      "- **Interpolation**: `${NAME}`, `${NAME:-default}`, `${file:/path}`; messages show `***` "
      "for what came from a file. `$${` is `${`.\n"
      "- **Overrides**, strongest first: `--set server.http=127.0.0.1:8080`, "
      "`MILLRACE_SERVER_HTTP=127.0.0.1:8080`, the file.\n"
      "- Relative paths start at the file's folder. The options of a learner depend on its type: "
      "[learners](../learners.md),\n"
      "  `millrace help learners`.\n"
      "- Words in parentheses are not supported yet.\n";
  absl::StrAppend(&page, "\n## An example\n\n```yaml\n", kExample, "```\n\n",
                  "With `decide: {trigger: {record: orders}, id: order_id}` every order would be a "
                  "decision by itself, its fields those of the\nsource; `request` is then left "
                  "out.\n");
  std::vector<std::string> later;
  for (const SchemaNode& key : ConfigSchema().keys) {
    absl::StrAppend(&page, "\n## ", key.name,
                    "\n\n| Key | Values | Default | Meaning |\n|---|---|---|---|\n");
    AppendRows(key, &page, &later);
  }
  absl::StrAppend(&page,
                  "\n## Not supported yet\n\nThese keys are part of the language and are refused "
                  "with MILLRACE-2104.\n\n"
                  "| Key | Meaning |\n|---|---|\n",
                  absl::StrJoin(later, ""));
  return page;
}

std::string ErrorCodesPage() {
  std::string page =
      "# Error codes of the configuration\n\n"
      "Generated from the program's table by `config_pages`; do not edit. `millrace help errors "
      "CODE` shows one. A code keeps its\n"
      "meaning for ever.\n";
  for (const ErrorCodeInfo& info : ErrorCodes()) {
    absl::StrAppend(&page, "\n## ", ErrorCodeName(info.code), ": ", info.title, "\n\n",
                    info.explanation, "\n");
  }
  return page;
}

}  // namespace millrace
