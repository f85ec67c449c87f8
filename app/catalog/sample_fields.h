// SampleFields: fields such as records of a schema might have, drawn by a seeded generator: numbers
// of a few digits, names of which there are about a thousand, collections of a few items. For
// measuring what state takes. Owned by one thread.

#ifndef MILLRACE_APP_CATALOG_SAMPLE_FIELDS_H_
#define MILLRACE_APP_CATALOG_SAMPLE_FIELDS_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/random.h"
#include "core/value.h"
#include "stream/schema.h"

namespace millrace {

class SampleFields {
 public:
  // REQUIRES: the schema outlives this.
  SampleFields(const Schema& schema, uint64_t seed)
      : schema_(schema), random_(seed), values_(schema.fields.size()), bytes_(values_.size()) {}

  // Of another record, by Schema index; valid until the next call.
  std::span<const Value> Next();

 private:
  Value Draw(const ValueType& type, std::string* bytes);
  Value Scalar(Type type, std::string* bytes);

  const Schema& schema_;
  Random random_;
  std::vector<Value> values_;
  std::vector<std::string> bytes_;  // of values_
};

}  // namespace millrace

#endif  // MILLRACE_APP_CATALOG_SAMPLE_FIELDS_H_
