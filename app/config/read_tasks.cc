// tasks: the frame, and when a decision is made.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "app/config/compile.h"
#include "app/config/suggest.h"
#include "core/type_words.h"

namespace millrace {
namespace {

int64_t Positive(const Section& section, absl::string_view key, ProjectDraft* draft) {
  const int64_t ms = section.DurationMs(key);
  if (ms <= 0) {
    draft->sink->Error(ConfigErrorCode::kOutOfRange, section.Find(key)->place,
                       absl::StrCat("'", key, "' must be longer than 0"));
  }
  return ms;
}

// Reads the trigger, which tells the fields of a decision; false when they are not known.
bool ReadTrigger(const Section& decide, ProjectDraft* draft, TaskSpec* spec) {
  const ConfigNode* trigger = decide.Find("trigger");
  if (trigger == nullptr) return false;
  const ConfigNode* request = decide.Find("request");
  if (!trigger->is_map()) {  // the word `request`
    if (request == nullptr) {
      if (decide.Has("request")) return false;
      draft->sink->Error(ConfigErrorCode::kMissingKey, trigger->place,
                         "a task decided by requests needs their fields in 'decide.request'");
      return false;
    }
    const Section fields = decide.At("request");
    bool complete = !fields.incomplete();
    for (const ConfigMember& member : fields.map()->members) {
      if (member.value.bad) {
        complete = false;
        continue;
      }
      Field field{member.key.text, {}};
      complete = ReadType(member.value, draft->sink, &field.type) && complete;
      spec->request.fields.push_back(std::move(field));
    }
    return complete;
  }
  if (request != nullptr) {
    draft->sink->Error(ConfigErrorCode::kNotSupported, request->place,
                       "'request' beside a trigger by records is not supported yet");
  }
  const Section by_record = decide.At("trigger");
  const ConfigNode* record = by_record.Find("record");
  const int source = record == nullptr ? -1 : draft->FindSource(*record);
  if (source < 0 || draft->broken_source[source]) return false;
  spec->trigger_source = source;
  spec->request = draft->project.sources[source].schema;
  const std::set<std::string>& broken = draft->broken_fields[source];
  if (const ConfigNode* where = by_record.Find("where")) {
    spec->trigger_where_text = where->text;
    spec->trigger_where =
        CompileExpression(*where, ScopeOf(spec->request), broken, "", draft->sink);
    if (spec->trigger_where != nullptr && spec->trigger_where->type() != Type::kBool) {
      draft->sink->Error(
          ConfigErrorCode::kExpressionType, where->place,
          absl::StrCat("'where' must be a bool, not ", AValueType(spec->trigger_where->type())));
    }
  }
  return true;
}

void ReadId(const Section& decide, ProjectDraft* draft, TaskSpec* spec) {
  const ConfigNode* id = decide.Find("id");
  if (decide.Has("id") && id == nullptr) return;
  if (id == nullptr || (id->is_scalar() && id->text == "assigned")) {
    if (!spec->trigger_source) {
      draft->sink->Error(ConfigErrorCode::kDecisionId, decide.place(),
                         "a task decided by requests needs an 'id', one of their fields");
    }
    return;
  }
  const std::vector<const ConfigNode*> fields = decide.Items("id");
  if (fields.size() != 1) {
    draft->sink->Error(ConfigErrorCode::kNotSupported, id->place,
                       "an id of several fields is not supported yet");
    return;
  }
  spec->id_slot = spec->request.Find(fields[0]->text);
  if (spec->id_slot >= 0) {
    const ValueType& type = spec->request.fields[spec->id_slot].type;
    if (type == Type::kDouble || IsCollection(type.type)) {
      draft->sink->Error(ConfigErrorCode::kDecisionId, fields[0]->place,
                         absl::StrCat(AValueType(type), " cannot be an id"));
    }
    return;
  }
  if (spec->trigger_source &&
      draft->broken_fields[*spec->trigger_source].contains(fields[0]->text)) {
    return;
  }
  Diagnostic& d =
      draft->sink->Error(ConfigErrorCode::kDecisionId, fields[0]->place,
                         absl::StrCat("the decisions have no field '", fields[0]->shown, "'"));
  for (const Field& field : spec->request.fields) d.known.push_back(field.name);
  d.suggestion = DidYouMean(fields[0]->text, d.known);
}

void ReadPublish(const Section& publish, ProjectDraft* draft, TaskSpec* spec) {
  spec->publish_every_ms = Positive(publish, "every", draft);
  spec->publish_max_delay_ms = Positive(publish, "max_delay", draft);
  const int64_t min_examples = publish.Int("min_examples");
  if (min_examples < 1) {
    draft->sink->Error(ConfigErrorCode::kOutOfRange, publish.Find("min_examples")->place,
                       "'min_examples' must be at least 1");
  }
  spec->publish_min_examples = static_cast<uint64_t>(min_examples);
  const ConfigNode* max_delay = publish.Find("max_delay");
  if (max_delay == nullptr) {
    spec->publish_max_delay_ms = std::max(spec->publish_max_delay_ms, spec->publish_every_ms);
  } else if (spec->publish_max_delay_ms < spec->publish_every_ms) {
    draft->sink->Error(ConfigErrorCode::kOutOfRange, max_delay->place,
                       "'max_delay' must be at least 'every'");
  }
}

void ReadTask(const Section& section, ProjectDraft* draft) {
  TaskSpec spec;
  spec.name = section.name();
  spec.documentation = ReadDocumentation(section);
  const bool decision_known = ReadDecision(section, draft, &spec);
  const bool inputs_known = decision_known && ReadInputs(section, draft, &spec);
  if (decision_known) ReadLabel(section, draft, &spec);
  ReadLearners(section, inputs_known, draft, &spec);
  ReadPublish(section.At("publish"), draft, &spec);
  draft->project.tasks.push_back(std::move(spec));
}

}  // namespace

bool ReadDecision(const Section& task, ProjectDraft* draft, TaskSpec* spec) {
  const Section decide = task.At("decide");
  if (!decide.present()) return false;
  spec->align_timeout_ms = decide.DurationMs("align_timeout");
  if (!ReadTrigger(decide, draft, spec)) return false;
  ReadId(decide, draft, spec);
  return !decide.incomplete();
}

void ReadTasks(const Section& root, ProjectDraft* draft) {
  for (const Section& task : root.At("tasks").Named()) {
    if (task.present()) ReadTask(task, draft);
  }
}

}  // namespace millrace
