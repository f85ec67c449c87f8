#include "stream/decode/schema_fit.h"

#include "absl/strings/str_cat.h"

namespace millrace {

bool FitsScalar(FitKind declared, Type wanted) {
  switch (declared) {
    case FitKind::kNull: return true;
    case FitKind::kBool: return wanted == Type::kBool;
    case FitKind::kInt:
      return wanted == Type::kInt || wanted == Type::kDouble || wanted == Type::kTimestamp ||
             wanted == Type::kDuration;
    case FitKind::kReal: return wanted == Type::kDouble || wanted == Type::kTimestamp;
    case FitKind::kText:
      return wanted == Type::kString || wanted == Type::kBytes || wanted == Type::kTimestamp ||
             wanted == Type::kDuration;
    case FitKind::kBytes: return wanted == Type::kBytes;
    case FitKind::kTime: return wanted == Type::kTimestamp;
    case FitKind::kSpan: return wanted == Type::kDuration;
    case FitKind::kTextOrInt: return wanted == Type::kString || wanted == Type::kInt;
    case FitKind::kObject: return false;
  }
  return false;
}

void AddMissing(const ProjectionNode& node, std::vector<SlotFault>* faults) {
  for (const int slot : node.slots) {
    faults->push_back({slot, SlotFault::Kind::kMissing,
                       absl::StrCat("the records' schema has no field '", node.name, "'")});
  }
  for (const ProjectionNode& member : node.members) AddMissing(member, faults);
}

void AddWrongType(int slot, const Field& field, absl::string_view declared,
                  std::vector<SlotFault>* faults) {
  faults->push_back({slot, SlotFault::Kind::kWrongType,
                     absl::StrCat("field '", field.name, "' must be ", ValueTypeName(field.type),
                                  "; in the records' schema it is ", declared)});
}

}  // namespace millrace
