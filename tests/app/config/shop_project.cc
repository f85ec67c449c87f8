#include "tests/app/config/shop_project.h"

#include <utility>

#include "gtest/gtest.h"

namespace millrace {

const char kShop[] = R"yaml(version: 1
project: shop
log:
  embedded: {path: data/log, partitions: 3}
  retain: {sources: 10GiB, predictions: 1d, examples: 2d}
state: {path: /var/state, memory: 64MiB, shards: 8, commit_every: 500ms, durability: power_loss}
server: {http: "0.0.0.0:80", grpc: "127.0.0.1:0", trusted_network: true, drain: 1m}
sources:
  visits:
    topic: visits
    time: {field: ts, unit: rfc3339}
    schema: {id: int, user: string, amount: {type: double, range: [0, 1e6]}, seen: timestamp, vip: bool}
    lateness: {out_of_order: 5s, future_skew: 1m, retention: 2d}
    on_error: stop
  app_visits:
    topic: app
    schema: {user: string, amount: double, device: string}
    lateness: {retention: 3d}
  orders:
    topic: orders
    time: record
    on_error: skip
    schema: {visit: int, total: double}
entities:
  user: {key: [user]}
views:
  spend:
    from: [visits, app_visits]
    entity: user
    ttl: 7d
    freshness: {error_after: 30s}
    accuracy: exact
    as_of: 2h
    features:
      visits: {count: "*", window: 1h}
      total: {sum: amount, window: 1h30m, lag: 5m, bounds: "(]", where: "amount > 1.0", default: 0}
      newest: {last: user, window: lifetime, default: none}
services:
  basket: {features: [spend.total, spend.visits]}
  basket@3: {features: ["spend.*"]}
  other: {version: 2, features: [spend.total]}
tasks:
  buys:
    kind: binary
    decide: {trigger: {record: visits, where: "amount > 0.0"}, id: id, align_timeout: 2s}
    label: {any: "total > 10.0", from: orders, id: visit, within: 30m}
    inputs: [amount, spend.*, {name: hour, expr: "hour(at)"}, {name: share, expr: "amount / spend.total"}]
    learners:
      quick: {type: logistic, optimizer: ftrl, alpha: 0.1, encode: {fields: {hour: onehot}}}
      slow: {type: logistic, rate: 1}
    publish: {every: 2s, min_examples: 5, max_delay: 10s}
    serve: {champion: slow}
  asked:
    kind: binary
    decide: {trigger: request, id: key, request: {key: int, user: string}}
    label: {count: "*", from: orders, id: visit, within: 1d, empty: drop}
    inputs: [{name: busy, expr: "spend.visits > 3"}]
    learners: {base: {type: constant}}
)yaml";

LoadResult LoadText(const std::string& text) {
  LoadOptions options;
  options.path = "conf/millrace.yaml";
  options.text = text;
  return Load(options);
}

Project LoadShop() {
  LoadResult result = LoadText(kShop);
  EXPECT_EQ(Render(result.diagnostics, Color::kNever), "");
  return result.project ? *std::move(result.project) : Project();
}

}  // namespace millrace
