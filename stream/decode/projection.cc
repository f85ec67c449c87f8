#include "stream/decode/projection.h"

#include <utility>

#include "absl/strings/str_split.h"

namespace millrace {

ProjectionNode& ProjectionNode::Member(absl::string_view member_name) {
  for (ProjectionNode& member : members) {
    if (member.name == member_name) return member;
  }
  members.push_back({.name = std::string(member_name), .slots = {}, .members = {}});
  return members.back();
}

int Projection::AddSlot(Slot slot) {
  slots.push_back(std::move(slot));
  return static_cast<int>(slots.size()) - 1;
}

RowSlots AddRow(const Schema& schema, const std::optional<std::string>& time_field,
                ProjectionNode* at, Projection* projection) {
  const auto node_of = [at](const Field& field) {
    ProjectionNode* node = at;
    if (field.path.empty()) return &node->Member(field.name);
    for (const absl::string_view name : absl::StrSplit(field.path, '.')) {
      node = &node->Member(name);
    }
    return node;
  };
  RowSlots row = {.first = static_cast<int>(projection->slots.size())};
  for (const Field& field : schema.fields) {
    node_of(field)->slots.push_back(projection->AddSlot({field, SlotUse::kField}));
  }
  if (time_field.has_value()) {
    row.event_time = projection->AddSlot({{*time_field, Type::kTimestamp}, SlotUse::kEventTime});
    const int i = schema.Find(*time_field);
    ProjectionNode& node =
        i >= 0 ? *node_of(schema.fields[static_cast<size_t>(i)]) : at->Member(*time_field);
    node.slots.push_back(row.event_time);
  }
  return row;
}

}  // namespace millrace
