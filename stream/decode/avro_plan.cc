#include "stream/decode/avro_plan.h"

#include <optional>
#include <utility>

#include "core/status_macros.h"
#include "stream/decode/schema_fit.h"

namespace millrace {
namespace {

constexpr size_t kMaxPlanParts = 1'000'000;

// Kinds a field may be read from; the same rules that SlotWriter applies to values.
FitKind FitOf(const AvroType& type) {
  switch (type.logical) {
    case AvroLogical::kDate:
    case AvroLogical::kTimestampMillis:
    case AvroLogical::kTimestampMicros:
    case AvroLogical::kTimestampNanos: return FitKind::kTime;
    case AvroLogical::kTimeMillis:
    case AvroLogical::kTimeMicros: return FitKind::kSpan;
    case AvroLogical::kDecimal: return FitKind::kReal;
    case AvroLogical::kUuid: return FitKind::kText;
    case AvroLogical::kNone: break;
  }
  switch (type.kind) {
    case AvroKind::kNull: return FitKind::kNull;
    case AvroKind::kBoolean: return FitKind::kBool;
    case AvroKind::kInt:
    case AvroKind::kLong: return FitKind::kInt;
    case AvroKind::kFloat:
    case AvroKind::kDouble: return FitKind::kReal;
    case AvroKind::kBytes:
    case AvroKind::kFixed: return FitKind::kBytes;
    case AvroKind::kString:
    case AvroKind::kEnum: return FitKind::kText;
    default: return FitKind::kObject;
  }
}

class Compiler {
 public:
  Compiler(const AvroTypes& types, const Projection& projection, std::vector<SlotFault>* faults)
      : types_(types), projection_(projection), faults_(faults) {}

  absl::StatusOr<int> Compile(int type, const ProjectionNode& node) {
    const AvroType& avro = types_.at(type);
    const auto index = static_cast<int>(plans_.size());
    plans_.push_back({.type = type, .slots = node.slots, .presence = node.presence});
    parts_ += avro.parts.size() + 1;
    if (parts_ > kMaxPlanParts) {
      return absl::InvalidArgumentError("the schema is too large for the fields that are read");
    }
    std::vector<int> parts(avro.parts.size(), -1);
    if (avro.kind == AvroKind::kUnion) {
      for (size_t i = 0; i < parts.size(); ++i) {
        ASSIGN_OR_RETURN(parts[i], Compile(avro.parts[i], node));
      }
    } else if (avro.kind == AvroKind::kRecord) {
      for (const ProjectionNode& member : node.members) {
        for (size_t i = 0; i < parts.size(); ++i) {
          if (avro.labels[i] != member.name) continue;
          CheckFit(avro.parts[i], member);
          ASSIGN_OR_RETURN(parts[i], Compile(avro.parts[i], member));
        }
      }
    }
    plans_[static_cast<size_t>(index)].parts = std::move(parts);
    return index;
  }

  // Slots below `node` that no field of the record is for.
  void FindMissing(int type, const ProjectionNode& node) {
    for (const ProjectionNode& member : node.members) {
      std::optional<int> part;
      ForEachRecord(type, [&](const AvroType& record) {
        for (size_t i = 0; i < record.parts.size(); ++i) {
          if (record.labels[i] == member.name) part = record.parts[i];
        }
      });
      if (part.has_value()) {
        FindMissing(*part, member);
      } else {
        AddMissing(member, faults_);
      }
    }
  }

  std::vector<AvroPlan> TakePlans() { return std::move(plans_); }

 private:
  template <typename Visit>
  void ForEachRecord(int type, Visit visit) const {
    const AvroType& avro = types_.at(type);
    if (avro.kind == AvroKind::kRecord) visit(avro);
    if (avro.kind != AvroKind::kUnion) return;
    for (const int branch : avro.parts) {
      if (types_.at(branch).kind == AvroKind::kRecord) visit(types_.at(branch));
    }
  }

  bool Fits(int type, const ValueType& wanted) const {
    const AvroType& avro = types_.at(type);
    switch (avro.kind) {
      case AvroKind::kUnion:
        for (const int branch : avro.parts) {
          if (FitOf(types_.at(branch)) != FitKind::kNull && Fits(branch, wanted)) return true;
        }
        return false;
      case AvroKind::kArray:
        return (wanted.type == Type::kList || wanted.type == Type::kVector) &&
               Fits(avro.parts[0], wanted.element);
      case AvroKind::kMap: return wanted.type == Type::kMap && Fits(avro.parts[0], wanted.element);
      default: return FitsScalar(FitOf(avro), wanted.type);
    }
  }

  void CheckFit(int type, const ProjectionNode& node) {
    for (const int slot : node.slots) {
      const Field& field = projection_.slots[static_cast<size_t>(slot)].field;
      if (Fits(type, field.type)) continue;
      AddWrongType(slot, field, AvroTypeName(types_, type), faults_);
    }
  }

  const AvroTypes& types_;
  const Projection& projection_;
  std::vector<SlotFault>* faults_;
  std::vector<AvroPlan> plans_;
  size_t parts_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<AvroPlan>> CompileAvro(const AvroTypes& types,
                                                  const Projection& projection,
                                                  std::vector<SlotFault>* faults) {
  Compiler compiler(types, projection, faults);
  RETURN_IF_ERROR(compiler.Compile(types.root, projection.root).status());
  compiler.FindMissing(types.root, projection.root);
  return compiler.TakePlans();
}

}  // namespace millrace
