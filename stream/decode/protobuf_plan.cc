#include "stream/decode/protobuf_plan.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "stream/decode/schema_fit.h"

namespace millrace {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr size_t kMaxFields = 1'000'000;

WireValue WireValueOf(const FieldDescriptor& field) {
  switch (field.type()) {
    case FieldDescriptor::TYPE_BOOL: return WireValue::kBool;
    case FieldDescriptor::TYPE_INT32:
    case FieldDescriptor::TYPE_INT64: return WireValue::kInt;
    case FieldDescriptor::TYPE_UINT32:
    case FieldDescriptor::TYPE_UINT64: return WireValue::kUint;
    case FieldDescriptor::TYPE_SINT32:
    case FieldDescriptor::TYPE_SINT64: return WireValue::kSint;
    case FieldDescriptor::TYPE_FIXED32:
    case FieldDescriptor::TYPE_FIXED64: return WireValue::kFixed;
    case FieldDescriptor::TYPE_SFIXED32:
    case FieldDescriptor::TYPE_SFIXED64: return WireValue::kSfixed;
    case FieldDescriptor::TYPE_FLOAT: return WireValue::kFloat;
    case FieldDescriptor::TYPE_DOUBLE: return WireValue::kDouble;
    case FieldDescriptor::TYPE_STRING: return WireValue::kString;
    case FieldDescriptor::TYPE_BYTES: return WireValue::kBytes;
    case FieldDescriptor::TYPE_ENUM: return WireValue::kEnum;
    case FieldDescriptor::TYPE_MESSAGE:
    case FieldDescriptor::TYPE_GROUP: return WireValue::kMessage;
  }
  return WireValue::kMessage;
}

// Of integers: whether they have 64 bits.
bool IsWide(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_INT64 ||
         field.cpp_type() == FieldDescriptor::CPPTYPE_UINT64;
}

ProtobufType TypeOf(const FieldDescriptor& field) {
  ProtobufType type = {
      .value = WireValueOf(field), .wide = IsWide(field), .symbols = field.enum_type()};
  if (field.type() != FieldDescriptor::TYPE_MESSAGE) return type;
  switch (field.message_type()->well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP: type.value = WireValue::kTimestamp; break;
    case Descriptor::WELLKNOWNTYPE_DURATION: type.value = WireValue::kDuration; break;
    case Descriptor::WELLKNOWNTYPE_DOUBLEVALUE:
    case Descriptor::WELLKNOWNTYPE_FLOATVALUE:
    case Descriptor::WELLKNOWNTYPE_INT64VALUE:
    case Descriptor::WELLKNOWNTYPE_UINT64VALUE:
    case Descriptor::WELLKNOWNTYPE_INT32VALUE:
    case Descriptor::WELLKNOWNTYPE_UINT32VALUE:
    case Descriptor::WELLKNOWNTYPE_STRINGVALUE:
    case Descriptor::WELLKNOWNTYPE_BYTESVALUE:
    case Descriptor::WELLKNOWNTYPE_BOOLVALUE: {
      const FieldDescriptor* inside = field.message_type()->FindFieldByNumber(1);
      if (inside == nullptr || inside->is_repeated()) break;
      type.wrapped = WireValueOf(*inside);
      type.wide = IsWide(*inside);
      if (type.wrapped != WireValue::kMessage) type.value = WireValue::kWrapper;
      break;
    }
    default: break;
  }
  return type;
}

FitKind FitOf(WireValue value, WireValue wrapped) {
  switch (value) {
    case WireValue::kBool: return FitKind::kBool;
    case WireValue::kInt:
    case WireValue::kUint:
    case WireValue::kSint:
    case WireValue::kFixed:
    case WireValue::kSfixed: return FitKind::kInt;
    case WireValue::kFloat:
    case WireValue::kDouble: return FitKind::kReal;
    case WireValue::kString: return FitKind::kText;
    case WireValue::kBytes: return FitKind::kBytes;
    case WireValue::kEnum: return FitKind::kTextOrInt;
    case WireValue::kTimestamp: return FitKind::kTime;
    case WireValue::kDuration: return FitKind::kSpan;
    case WireValue::kWrapper: return FitOf(wrapped, WireValue::kMessage);
    case WireValue::kMessage: return FitKind::kObject;
  }
  return FitKind::kObject;
}

std::string DeclaredAs(const FieldDescriptor& field) {
  if (field.is_map()) {
    const Descriptor& entry = *field.message_type();
    return absl::StrCat("map<", entry.map_key()->type_name(), ", ", DeclaredAs(*entry.map_value()),
                        ">");
  }
  const std::string type = field.message_type() != nullptr ? field.message_type()->full_name()
                           : field.enum_type() != nullptr  ? field.enum_type()->full_name()
                                                           : field.type_name();
  return absl::StrCat(field.is_repeated() ? "repeated " : "", type);
}

bool Fits(const FieldDescriptor& field, const ProtobufType& type, const ValueType& wanted) {
  const FitKind kind = FitOf(type.value, type.wrapped);
  if (field.is_map()) {
    return wanted.type == Type::kMap && FitsScalar(kind, wanted.element) &&
           field.message_type()->map_key()->type() == FieldDescriptor::TYPE_STRING;
  }
  if (field.is_repeated()) {
    return (wanted.type == Type::kList || wanted.type == Type::kVector) &&
           FitsScalar(kind, wanted.element);
  }
  return FitsScalar(kind, wanted.type);
}

class Compiler {
 public:
  Compiler(const Projection& projection, std::vector<SlotFault>* faults)
      : projection_(projection), faults_(faults) {}

  absl::StatusOr<int> Compile(const Descriptor& message, const ProjectionNode& node) {
    const auto index = static_cast<int>(plans_.size());
    plans_.emplace_back();
    std::vector<ProtobufField> fields;
    for (const ProjectionNode& member : node.members) {
      const FieldDescriptor* field = message.FindFieldByName(member.name);
      if (field == nullptr) {
        AddMissing(member, faults_);
        continue;
      }
      ASSIGN_OR_RETURN(fields.emplace_back(), CompileField(*field, member));
    }
    ProtobufPlan& plan = plans_[static_cast<size_t>(index)];
    AddOneofs(message, fields, &plan);
    std::sort(fields.begin(), fields.end(),
              [](const ProtobufField& a, const ProtobufField& b) { return a.number < b.number; });
    fields_ += fields.size() + 1;
    if (fields_ > kMaxFields) {
      return absl::InvalidArgumentError("the schema is too large for the fields that are read");
    }
    plan.fields = std::move(fields);
    return index;
  }

  std::vector<ProtobufPlan> TakePlans() { return std::move(plans_); }

 private:
  absl::StatusOr<ProtobufField> CompileField(const FieldDescriptor& field,
                                             const ProjectionNode& node) {
    ProtobufField compiled = {.number = field.number(),
                              .type = TypeOf(field),
                              .slots = node.slots,
                              .presence = node.presence,
                              .implicit_presence = !field.is_repeated() && !field.has_presence()};
    if (field.is_map()) {
      compiled.cardinality = Cardinality::kMap;
      compiled.type = TypeOf(*field.message_type()->map_value());
    } else if (field.is_repeated()) {
      compiled.cardinality = Cardinality::kRepeated;
    }
    for (const int slot : node.slots) {
      const Field& wanted = projection_.slots[static_cast<size_t>(slot)].field;
      if (!Fits(field, compiled.type, wanted.type)) {
        AddWrongType(slot, wanted, DeclaredAs(field), faults_);
      }
    }
    if (node.members.empty()) return compiled;
    if (field.type() != FieldDescriptor::TYPE_MESSAGE || field.is_repeated()) {
      AddMissing(node, faults_);
      return compiled;
    }
    ASSIGN_OR_RETURN(compiled.plan, Compile(*field.message_type(), node));
    return compiled;
  }

  // A member that is not wanted takes part all the same: it undoes one that is.
  void AddOneofs(const Descriptor& message, std::vector<ProtobufField>& fields,
                 ProtobufPlan* plan) const {
    for (int i = 0; i < message.real_oneof_decl_count(); ++i) {
      const google::protobuf::OneofDescriptor& oneof = *message.oneof_decl(i);
      ProtobufPlan::Oneof undone;
      std::vector<int> wanted;
      const auto index = static_cast<int>(plan->oneofs.size());
      for (ProtobufField& field : fields) {
        if (message.FindFieldByNumber(field.number)->real_containing_oneof() != &oneof) continue;
        field.oneof = index;
        wanted.push_back(field.number);
        AddBelow(field, &undone);
      }
      if (wanted.empty()) continue;
      plan->oneofs.push_back(std::move(undone));
      for (int m = 0; m < oneof.field_count(); ++m) {
        const int number = oneof.field(m)->number();
        if (std::find(wanted.begin(), wanted.end(), number) != wanted.end()) continue;
        fields.push_back({.number = number, .type = TypeOf(*oneof.field(m)), .oneof = index});
      }
    }
  }

  void AddBelow(const ProtobufField& field, ProtobufPlan::Oneof* undone) const {
    undone->slots.insert(undone->slots.end(), field.slots.begin(), field.slots.end());
    if (field.presence >= 0) undone->slots.push_back(field.presence);
    if (field.plan < 0) return;
    undone->plans.push_back(field.plan);
    for (const ProtobufField& below : plans_[static_cast<size_t>(field.plan)].fields) {
      AddBelow(below, undone);
    }
  }

  const Projection& projection_;
  std::vector<SlotFault>* faults_;
  std::vector<ProtobufPlan> plans_;
  size_t fields_ = 0;
};

}  // namespace

const ProtobufField* ProtobufPlan::Find(uint32_t number) const {
  const auto found = std::lower_bound(fields.begin(), fields.end(), number,
                                      [](const ProtobufField& field, uint32_t wanted) {
                                        return static_cast<uint32_t>(field.number) < wanted;
                                      });
  const bool there = found != fields.end() && static_cast<uint32_t>(found->number) == number;
  return there ? &*found : nullptr;
}

absl::StatusOr<std::vector<ProtobufPlan>> CompileProtobuf(const Descriptor& message,
                                                          const Projection& projection,
                                                          std::vector<SlotFault>* faults) {
  Compiler compiler(projection, faults);
  RETURN_IF_ERROR(compiler.Compile(message, projection.root).status());
  return compiler.TakePlans();
}

}  // namespace millrace
