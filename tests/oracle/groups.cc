#include "tests/oracle/groups.h"

#include <algorithm>
#include <map>

#include "tests/oracle/aggregate.h"

namespace millrace::oracle {
namespace {

using Groups = std::map<std::string, std::vector<Item>>;

// A record of the window with its sign and whether it passes `where`.
struct Folding {
  const Record* record = nullptr;
  int sign = 1;
  bool passes = true;
};

std::vector<Folding> InOrder(const Feature& feature, const Members& members) {
  std::vector<Folding> all;
  const auto add = [&](const Record& record, int sign) {
    const bool passes = !feature.where || feature.where->test(record).value_or(false);
    if (passes || feature.aggregation == "ratio") all.push_back({&record, sign, passes});
  };
  for (const Record& record : members.live) add(record, 1);
  if (Subtracts(feature.aggregation)) {
    for (const Record& record : members.unmatched) add(record, -1);
  }
  std::stable_sort(all.begin(), all.end(), [](const Folding& a, const Folding& b) {
    return a.record->order < b.record->order;
  });
  return all;
}

Item ItemOf(const Feature& feature, const Folding& folding, const Datum& x) {
  const std::string& second = feature.with.empty() ? feature.order_by : feature.with;
  Item item;
  item.order = folding.record->order;
  item.sign = folding.sign;
  item.passes = folding.passes;
  item.x = x;
  if (!second.empty()) item.y = folding.record->Field(second);
  return item;
}

Datum InputOf(const Feature& feature, const Record& record) {
  return feature.input == "*" ? Datum(true) : record.Field(feature.input);
}

// Lists flattened; scalars as they are. An empty list gives nothing.
void Flatten(const Feature& feature, const Folding& folding, const Datum& x,
             std::vector<Item>* items) {
  if (const auto* list = x.As<DatumList>()) {
    for (const Datum& inner : *list) items->push_back(ItemOf(feature, folding, inner));
  } else {
    items->push_back(ItemOf(feature, folding, x));
  }
}

Groups ByCategory(const Feature& feature, const std::vector<Folding>& all) {
  Groups groups;
  for (const Folding& folding : all) {
    const Datum x = InputOf(feature, *folding.record);
    if (!feature.by.empty()) {
      const Datum category = Normalised(folding.record->Field(feature.by));
      if (!category.is_null()) Flatten(feature, folding, x, &groups[MapKey(category)]);
    } else if (const auto* map = x.As<DatumMap>()) {
      for (const auto& [key, inner] : *map) {
        groups[key].push_back(ItemOf(feature, folding, inner));
      }
    }
  }
  return groups;
}

// Entries with something to show. The tolerance of the whole is that of its loosest entry.
Answer MapOf(const Feature& feature, const Groups& groups, int64_t at_ms) {
  std::vector<std::pair<std::string, Datum>> entries;
  Answer whole;
  for (const auto& [key, items] : groups) {
    if (items.empty()) continue;
    const Answer entry = Aggregate(feature, items, at_ms);
    const auto* count = entry.value.As<int64_t>();
    const bool nothing = feature.aggregation == "count" && count != nullptr && *count <= 0;
    if (entry.status == Status::kOverflow) whole.status = Status::kOverflow;
    if (entry.match == Match::kIllPosed) whole.match = Match::kIllPosed;
    if (entry.value.is_null() || nothing) continue;
    whole.tolerance = std::max(whole.tolerance, entry.tolerance);
    whole.scale = std::max(whole.scale, entry.scale);
    entries.emplace_back(key, entry.value);
  }
  if (feature.top && static_cast<int64_t>(entries.size()) > *feature.top) {
    std::stable_sort(entries.begin(), entries.end(), [&](const auto& a, const auto& b) {
      return feature.top_by == TopBy::kKey ? b.first < a.first : Less(b.second, a.second);
    });
    entries.resize(static_cast<size_t>(*feature.top));
  }
  whole.value = Datum(DatumMap(entries.begin(), entries.end()));
  return whole;
}

// Component i of each vector is a group of its own; the answer is a vector again.
Answer VectorOf(const Feature& feature, const std::vector<Folding>& all, int64_t at_ms) {
  std::vector<std::vector<Item>> components;
  for (const Folding& folding : all) {
    const Datum x = InputOf(feature, *folding.record);
    const auto* vector = x.As<DatumVector>();
    if (vector == nullptr) continue;
    components.resize(vector->size());
    for (size_t i = 0; i < vector->size(); ++i) {
      components[i].push_back(ItemOf(feature, folding, Datum((*vector)[i])));
    }
  }
  if (components.empty()) return Undefined();
  Answer whole;
  DatumVector values;
  for (const std::vector<Item>& items : components) {
    const Answer component = Aggregate(feature, items, at_ms);
    const auto* value = component.value.As<double>();
    if (value == nullptr) return component;
    values.push_back(*value);
    whole.tolerance = std::max(whole.tolerance, component.tolerance);
    whole.scale = std::max(whole.scale, component.scale);
    if (component.match == Match::kIllPosed) whole.match = Match::kIllPosed;
  }
  whole.value = Datum(values);
  return whole;
}

}  // namespace

Answer AnswerOf(const Feature& feature, const Members& members, int64_t at_ms) {
  const std::vector<Folding> all = InOrder(feature, members);
  const bool grouped = !feature.by.empty() || feature.shape == Shape::kMap;
  const bool one_number = !grouped && feature.shape != Shape::kVector;
  if (all.empty()) return one_number ? OfNothing(feature) : Missing();
  if (grouped) return MapOf(feature, ByCategory(feature, all), at_ms);
  if (feature.shape == Shape::kVector) return VectorOf(feature, all, at_ms);
  std::vector<Item> items;
  for (const Folding& folding : all) {
    Flatten(feature, folding, InputOf(feature, *folding.record), &items);
  }
  if (items.empty()) {
    const Answer nothing = OfNothing(feature);
    return nothing.status == Status::kMissing ? Undefined() : nothing;
  }
  return Aggregate(feature, items, at_ms);
}

}  // namespace millrace::oracle
