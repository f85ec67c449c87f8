#include "app/config/schema_table.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/check.h"
#include "stream/aggregations/aggregation_table.h"

namespace millrace {
namespace {

constexpr absl::string_view kFeature = "views.*.features.*";

// A row for each aggregation of a feature.
std::vector<KeySpec> AggregationKeys() {
  static const auto* const paths = [] {
    auto* made = new std::vector<std::string>;
    for (const AggregationType& type : AggregationTypes()) {
      made->push_back(absl::StrCat(kFeature, ".", type.name));
    }
    return made;
  }();
  std::vector<KeySpec> keys;
  for (size_t i = 0; i < paths->size(); ++i) {
    keys.push_back(AggregationKey((*paths)[i], AggregationTypes()[i].meaning));
  }
  return keys;
}

std::vector<KeySpec> JoinParts() {
  std::vector<KeySpec> keys;
  for (std::span<const KeySpec> part : {StorageKeys(), SourceKeys(), ViewKeys(), TaskKeys()}) {
    for (const KeySpec& key : part) {
      keys.push_back(key);
      if (key.path != kFeature) continue;
      const std::vector<KeySpec> aggregations = AggregationKeys();
      keys.insert(keys.end(), aggregations.begin(), aggregations.end());
    }
  }
  return keys;
}

SchemaNode* FindOrNull(std::vector<SchemaNode>* nodes, absl::string_view name) {
  for (SchemaNode& node : *nodes) {
    if (node.name == name) return &node;
  }
  return nullptr;
}

SchemaNode BuildTree() {
  SchemaNode root;
  for (const KeySpec& spec : ConfigKeys()) {
    SchemaNode* node = &root;
    for (absl::string_view part : absl::StrSplit(spec.path, '.')) {
      const bool item = absl::ConsumeSuffix(&part, "[]");
      SchemaNode* next = FindOrNull(&node->keys, part);
      if (next == nullptr) {
        node->keys.push_back({nullptr, std::string(part)});
        next = &node->keys.back();
      }
      node = next;
      if (item) {
        if (node->item.empty()) node->item.push_back({nullptr, "[]"});
        node = &node->item[0];
      }
    }
    CHECK(node->spec == nullptr);
    node->spec = &spec;
  }
  return root;
}

}  // namespace

const std::vector<KeySpec>& ConfigKeys() {
  static const std::vector<KeySpec>* const keys = new std::vector<KeySpec>(JoinParts());
  return *keys;
}

const SchemaNode& ConfigSchema() {
  static const SchemaNode* const root = new SchemaNode(BuildTree());
  return *root;
}

const SchemaNode* SchemaNode::Find(absl::string_view key) const {
  const SchemaNode* star = nullptr;
  for (const SchemaNode& node : keys) {
    if (node.name == key) return &node;
    if (node.name == "*") star = &node;
  }
  return star;
}

const SchemaNode* SchemaNode::Star() const {
  for (const SchemaNode& node : keys) {
    if (node.name == "*") return &node;
  }
  return nullptr;
}

std::vector<std::string> SchemaNode::SupportedKeys() const {
  std::vector<std::string> names;
  for (const SchemaNode& node : keys) {
    if (node.name != "*" && node.spec->status == KeyStatus::kSupported) names.push_back(node.name);
  }
  return names;
}

std::vector<std::string> SchemaNode::SupportedAggregations() const {
  std::vector<std::string> names;
  for (const SchemaNode& node : keys) {
    if (node.name != "*" && node.spec->aggregation && node.spec->status == KeyStatus::kSupported) {
      names.push_back(node.name);
    }
  }
  return names;
}

std::vector<std::string> SplitWords(absl::string_view words) {
  if (words.empty()) return {};
  return absl::StrSplit(words, '|');
}

}  // namespace millrace
