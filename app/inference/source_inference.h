// SourceInference: what a source over a topic might look like, judged by a sample of its records:
// the fields with their types, which one is the event time, which name what a record is about. A
// pure function of the facts; says why where it could be wrong.

#ifndef MILLRACE_APP_INFERENCE_SOURCE_INFERENCE_H_
#define MILLRACE_APP_INFERENCE_SOURCE_INFERENCE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/inference/field_facts.h"
#include "core/value.h"

namespace millrace {

struct InferredField {
  std::string name;               // a name that a configuration may use
  std::string path;               // where it stands, if not at its name: "user.address.city"
  std::optional<ValueType> type;  // absent: no type reads it
  int64_t without = 0;            // records in which it is null or missing
  std::string note;               // what is uncertain, or why there is no type; may be empty
  const FieldFacts* facts = nullptr;
};

struct TimeCandidate {
  std::string field;
  TimeUnit unit = TimeUnit::kMillis;
  int score = 0;
  std::string reason;
};

struct KeyCandidate {
  std::string entity;
  std::string field;
  int64_t different = 0;
};

struct InferredSource {
  int64_t records = 0;
  std::vector<InferredField> fields;
  std::vector<TimeCandidate> times;  // the best first; none: the record's own timestamp
  std::vector<KeyCandidate> keys;
  std::vector<std::string> ids;  // fields of which each record has its own

  const InferredField* Find(absl::string_view field) const;
};

// `rows` are facts of objects: of records, or of the rows in their envelopes. REQUIRES: they
// outlive the result.
InferredSource InferSource(const FieldFacts& rows);

}  // namespace millrace

#endif  // MILLRACE_APP_INFERENCE_SOURCE_INFERENCE_H_
