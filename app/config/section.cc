#include "app/config/section.h"

#include "absl/strings/numbers.h"
#include "app/config/durations.h"
#include "core/check.h"

namespace millrace {

bool Section::Has(absl::string_view key) const {
  return map_ != nullptr && map_->Find(key) != nullptr;
}

const TextPlace& Section::KeyPlace(absl::string_view key) const {
  for (const ConfigMember& member : map_->members) {
    if (member.key.text == key) return member.key.place;
  }
  return place();
}

const ConfigNode* Section::Find(absl::string_view key) const {
  if (map_ == nullptr) return nullptr;
  const ConfigNode* value = map_->Find(key);
  if (value == nullptr || !value->bad) return value;
  // A map may lack something and still be worth reading, where one may stand.
  const SchemaNode* schema = schema_->Find(key);
  return value->is_map() && schema != nullptr && !schema->keys.empty() ? value : nullptr;
}

std::vector<const ConfigNode*> Section::Items(absl::string_view key) const {
  const ConfigNode* value = Find(key);
  if (value == nullptr) return {};
  if (!value->is_list()) return {value};
  std::vector<const ConfigNode*> items;
  for (const ConfigNode& item : value->items) {
    if (!item.bad) items.push_back(&item);
  }
  return items;
}

Section Section::At(absl::string_view key) const {
  const SchemaNode* schema = schema_->Find(key);
  CHECK(schema != nullptr);
  if (map_ != nullptr) {
    for (const ConfigMember& member : map_->members) {
      if (member.key.text == key && member.value.is_map()) {
        return Section(schema, &member.value, &member.key);
      }
    }
  }
  return Section(schema, nullptr, name_);
}

std::vector<Section> Section::Named() const {
  std::vector<Section> sections;
  if (map_ == nullptr) return sections;
  const SchemaNode* schema = schema_->Star();
  CHECK(schema != nullptr);
  for (const ConfigMember& member : map_->members) {
    sections.push_back(
        Section(schema, member.value.is_map() ? &member.value : nullptr, &member.key));
  }
  return sections;
}

std::string Section::Text(absl::string_view key) const {
  const SchemaNode* schema = schema_->Find(key);
  CHECK(schema != nullptr);
  const ConfigNode* value = Find(key);
  return value != nullptr && value->is_scalar() ? value->text
                                                : std::string(schema->spec->default_text);
}

int64_t Section::Int(absl::string_view key) const {
  int64_t value = 0;
  CHECK(absl::SimpleAtoi(Text(key), &value));
  return value;
}

int64_t Section::DurationMs(absl::string_view key) const {
  const std::optional<int64_t> value = ParseDuration(Text(key));
  CHECK(value.has_value());
  return *value;
}

int64_t Section::SizeBytes(absl::string_view key) const {
  const std::optional<int64_t> value = ParseSize(Text(key));
  CHECK(value.has_value());
  return *value;
}

bool Section::Bool(absl::string_view key) const { return Text(key) == "true"; }

}  // namespace millrace
