// A project for tests of the catalog: every kind of window, shared states, derived sources,
// features from features, services and a task.

#ifndef MILLRACE_TESTS_APP_CATALOG_SHOP_H_
#define MILLRACE_TESTS_APP_CATALOG_SHOP_H_

#include <cstdlib>
#include <string>

#include "app/config/load.h"
#include "gtest/gtest.h"

namespace millrace {

inline constexpr char kShop[] = R"(version: 1
project: shop
log: {embedded: {path: ./log}}
state: {path: ./state}
sources:
  orders:
    description: What was ordered
    owner: sales
    topic: shop.orders
    time: {field: placed, unit: ms}
    schema: {id: int, user: string, item: string, price: double, pieces: int}
  clicks: {topic: shop.clicks, time: {field: placed, unit: ms}, schema: {id: int, user: string, good: bool}}
  large: {from: orders, where: pieces > 10, description: Orders of many pieces}
entities:
  user: {key: [user], description: Who buys, owner: crm}
views:
  spending:
    description: What a user spends
    owner: sales
    from: orders
    entity: user
    features:
      sum_1h: {sum: price, window: 1h, description: Spent lately}
      sum_30d: {sum: price, window: 30d, default: 0.0}
      mean_30d: {mean: price, window: 30d}
      orders_30d: {count: "*", window: 30d}
      p90: {quantile: price, q: 0.9, window: 12h, where: pieces > 1}
      ever: {count: "*", window: lifetime}
      visit: {count: "*", window: {session: {gap: 30m}}}
      newest: {last_k: item, k: 3, window: {events: 5}}
      burst: {count: "*", window: 1s}
      share: {expr: "sum_1h / sum_30d"}
      twice: {expr: "share * 2.0"}
  bulk:
    from: large
    entity: user
    accuracy: exact
    while_warming: use
    features: {pieces_7d: {sum: pieces, window: 7d}}
  seen:
    from: [orders, clicks]
    entity: user
    accuracy: tiled
    ttl: 90d
    features: {rows_1d: {count: "*", window: 1d}}
services:
  basket: {features: [spending.share, seen.rows_1d], owner: web, description: For the basket page}
tasks:
  liked:
    description: Will a click follow
    kind: binary
    decide: {trigger: {record: orders}, id: id}
    label: {any: good, from: clicks, id: id, within: 1h, empty: false}
    inputs: [spending.twice, bulk.pieces_7d, price]
    learners: {online: {type: logistic, optimizer: adagrad, rate: 0.1}}
    serve: {champion: online}
)";

inline Project LoadShop(const std::string& text = kShop) {
  LoadResult loaded = Load({.path = "shop.yaml", .text = text, .directory = "/"});
  if (!loaded.project) {
    ADD_FAILURE() << Render(loaded.diagnostics, Color::kNever);
    std::abort();
  }
  return *std::move(loaded.project);
}

}  // namespace millrace

#endif  // MILLRACE_TESTS_APP_CATALOG_SHOP_H_
