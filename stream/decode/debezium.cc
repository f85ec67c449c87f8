#include "stream/decode/debezium.h"

#include "absl/strings/str_cat.h"

namespace millrace {

DebeziumSlots AddDebezium(const DecoderOptions& options, ProjectionNode* root,
                          Projection* projection) {
  DebeziumSlots slots;
  ProjectionNode envelope;
  slots.op = projection->AddSlot({{"op", Type::kString}});
  slots.has_before = projection->AddSlot({{"before", Type::kBool}});
  slots.has_after = projection->AddSlot({{"after", Type::kBool}});
  envelope.Member("op").slots.push_back(slots.op);
  ProjectionNode& before = envelope.Member("before");
  before.presence = slots.has_before;
  slots.before = AddRow(options.schema, options.time_field, &before, projection);
  ProjectionNode& after = envelope.Member("after");
  after.presence = slots.has_after;
  slots.after = AddRow(options.schema, options.time_field, &after, projection);
  root->members = envelope.members;
  // Kafka Connect's JSON converter with schemas enabled.
  if (options.format == RecordFormat::kJson) {
    root->Member("payload").members = std::move(envelope.members);
  }
  return slots;
}

std::optional<Rejection> JudgeChange(const Value& op, RowState before, RowState after,
                                     RowChange* change) {
  if (op.is_null()) {
    return Rejection{RejectCode::kMalformed, "no change of Debezium: 'op' is missing or null"};
  }
  const absl::string_view name = op.string_value();
  if (name == "m") {
    *change = {};
  } else if (name == "c" || name == "r") {
    *change = {.inserts = true};
  } else if (name == "u") {
    *change = {.inserts = true, .retracts = true};
  } else if (name == "d") {
    *change = {.retracts = true};
  } else if (name == "t") {
    return Rejection{RejectCode::kSchema,
                     "a truncation (op 't') names no rows that could be taken back"};
  } else {
    return Rejection{RejectCode::kMalformed, absl::StrCat("unknown op '", name, "'")};
  }
  if (change->inserts && after == RowState::kAbsent) {
    return Rejection{RejectCode::kSchema,
                     absl::StrCat("op '", name, "' needs 'after', which is missing or null")};
  }
  if (change->retracts && before == RowState::kAbsent) {
    return Rejection{RejectCode::kSchema,
                     absl::StrCat("op '", name,
                                  "' needs 'before', which is missing or null: the "
                                  "database must log whole rows (REPLICA IDENTITY FULL)")};
  }
  return std::nullopt;
}

}  // namespace millrace
