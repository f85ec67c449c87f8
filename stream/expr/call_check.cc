#include "stream/expr/call_check.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "core/closest_name.h"
#include "core/status_macros.h"
#include "stream/expr/functions.h"
#include "stream/expr/type_rules.h"
#include "stream/expr/zone_name.h"

namespace millrace {
namespace {

std::string ParameterName(Parameter parameter) {
  switch (parameter) {
    case Parameter::kNone: return "nothing";
    case Parameter::kBool: return "bool";
    case Parameter::kInt: return "int";
    case Parameter::kDouble: return "double";
    case Parameter::kString: return "string";
    case Parameter::kBytes: return "bytes";
    case Parameter::kTime: return "timestamp";
    case Parameter::kSpan: return "duration";
    case Parameter::kItem: return "scalar";
    case Parameter::kValue: return "value";
    case Parameter::kItems: return "list";
    case Parameter::kInts: return "list<int>";
    case Parameter::kReals: return "list<double>";
    case Parameter::kTexts: return "list<string>";
    case Parameter::kSpans: return "list<duration>";
    case Parameter::kVector: return "vector";
    case Parameter::kMap: return "map";
  }
  return "";
}

// The type that a parameter stands for, kItem being `item`.
ValueType TypeOf(Parameter parameter, Type item) {
  switch (parameter) {
    case Parameter::kNone:
    case Parameter::kValue: return Type::kNull;
    case Parameter::kBool: return Type::kBool;
    case Parameter::kInt: return Type::kInt;
    case Parameter::kDouble: return Type::kDouble;
    case Parameter::kString: return Type::kString;
    case Parameter::kBytes: return Type::kBytes;
    case Parameter::kTime: return Type::kTimestamp;
    case Parameter::kSpan: return Type::kDuration;
    case Parameter::kItem: return item;
    case Parameter::kItems: return {Type::kList, item};
    case Parameter::kInts: return {Type::kList, Type::kInt};
    case Parameter::kReals: return {Type::kList, Type::kDouble};
    case Parameter::kTexts: return {Type::kList, Type::kString};
    case Parameter::kSpans: return {Type::kList, Type::kDuration};
    case Parameter::kVector: return {Type::kVector, Type::kDouble};
    case Parameter::kMap: return {Type::kMap, item};
  }
  return Type::kNull;
}

bool IsListOf(const ValueType& type, Type element) {
  return type.type == Type::kList && (type.element == element || type.element == Type::kNull);
}

// Whether a parameter takes a type; *item becomes what kItem stands for.
bool Takes(Parameter parameter, const ValueType& type, Type* item) {
  switch (parameter) {
    case Parameter::kValue: return true;
    case Parameter::kItems:
    case Parameter::kMap:
      if (type.type != (parameter == Parameter::kMap ? Type::kMap : Type::kList)) return false;
      *item = type.element;
      return true;
    case Parameter::kInts:
    case Parameter::kReals:
    case Parameter::kTexts:
    case Parameter::kSpans: return IsListOf(type, TypeOf(parameter, Type::kNull).element);
    case Parameter::kVector: return type.type == Type::kVector || IsListOf(type, Type::kDouble);
    default: return type == TypeOf(parameter, *item);
  }
}

bool IsOf(const Overload& overload, const Node& call) {
  return overload.name == call.text &&
         (overload.style == CallStyle::kMethod) == (call.kind == NodeKind::kMethodCall);
}

class Resolver {
 public:
  Resolver(Node* call, TextRange* where) : node_(*call), where_(where) {}

  absl::Status Run() {
    for (const Overload& overload : AllOverloads()) {
      if (IsOf(overload, node_)) named_.push_back(&overload);
    }
    if (node_.text == "coalesce" && !node_.children.empty()) return Coalesce();
    std::vector<const Overload*> fitting;
    std::copy_if(named_.begin(), named_.end(), std::back_inserter(fitting),
                 [this](const Overload* overload) { return FitsInNumber(*overload); });
    if (fitting.empty()) return WrongNumber();
    size_t best = 0;
    for (const Overload* overload : fitting) {
      Type item = Type::kNull;
      const size_t taken = Taken(*overload, &item);
      if (taken == node_.children.size()) return Take(*overload, item);
      best = std::max(best, taken);
    }
    return WrongArgument(best, fitting);
  }

 private:
  bool IsMethod() const { return node_.kind == NodeKind::kMethodCall; }

  absl::Status Error(TextRange range, const std::string& message) {
    *where_ = range;
    return absl::InvalidArgumentError(message);
  }

  bool FitsInNumber(const Overload& overload) const {
    const size_t given = node_.children.size();
    const size_t count = overload.parameter_count();
    if (overload.arity == Arity::kVariadic) return given >= count;
    return given == count || (overload.arity == Arity::kZoned && given == count + 1);
  }

  static Parameter ParameterAt(const Overload& overload, size_t i) {
    return overload.parameters[overload.arity == Arity::kVariadic ? 0 : i];
  }

  // How many of the arguments, from the first on, an overload takes.
  size_t Taken(const Overload& overload, Type* item) const {
    for (size_t i = 0; i < node_.children.size(); ++i) {
      if (overload.arity == Arity::kZoned && i == overload.parameter_count()) continue;
      if (!Takes(ParameterAt(overload, i), node_.children[i]->type, item)) return i;
    }
    return node_.children.size();
  }

  absl::Status Take(const Overload& overload, Type item) {
    node_.type = TypeOf(overload.result, item);
    node_.op = overload.op;
    node_.detail = static_cast<uint8_t>(node_.type.type);
    if (overload.arity == Arity::kZoned) return Zone(overload.parameter_count());
    const ValueType& first = node_.children[0]->type;
    const ValueType& last = node_.children.back()->type;
    if (first.type == Type::kVector && last.type == Type::kVector && first.dim != last.dim) {
      return Error(node_.range, absl::StrCat(node_.text, " needs vectors of one size, not ",
                                             ValueTypeName(first), " and ", ValueTypeName(last)));
    }
    return absl::OkStatus();
  }

  absl::Status Coalesce() {
    ValueType type;
    const Node* typed = node_.children[0].get();
    for (const auto& child : node_.children) {
      const std::optional<ValueType> both = Unify(type, child->type);
      if (!both.has_value()) {
        return Error(
            child->range,
            absl::StrCat("the arguments of coalesce must have one type, not ", ValueTypeName(type),
                         " and ", ValueTypeName(child->type), DoubleAdvice(*typed, *child)));
      }
      if (type == Type::kNull) typed = child.get();
      type = *both;
    }
    node_.type = type;
    node_.op = Op::kMove;
    return absl::OkStatus();
  }

  absl::Status Zone(size_t at) {
    node_.zone = "UTC";
    if (node_.children.size() == at) return absl::OkStatus();
    const Node& zone = *node_.children[at];
    if (zone.kind != NodeKind::kLiteral || zone.type != Type::kString) {
      return Error(zone.range, absl::StrCat("the time zone of ", node_.text,
                                            " must be a literal, such as 'America/New_York'"));
    }
    absl::TimeZone unused;
    if (!LoadZone(zone.text, &unused)) {
      return Error(zone.range,
                   absl::StrCat("unknown time zone '", zone.text,
                                "'; zones have names such as 'America/New_York', or are offsets "
                                "such as '+05:30'"));
    }
    node_.zone = zone.text;
    return absl::OkStatus();
  }

  absl::Status WrongNumber() {
    // The receiver of a method is not counted.
    const size_t receiver = IsMethod() ? 1 : 0;
    std::set<size_t> counts;
    for (const Overload* overload : named_) {
      counts.insert(overload->parameter_count() - receiver);
    }
    const Arity arity = named_[0]->arity;
    const std::string wanted = absl::StrJoin(counts, " or ");
    return Error(node_.range,
                 absl::StrCat(node_.text, " takes ", arity == Arity::kVariadic ? "at least " : "",
                              wanted, wanted == "1" ? " argument" : " arguments",
                              arity == Arity::kZoned ? ", and perhaps a time zone" : "", "; ",
                              node_.children.size() - receiver, " given"));
  }

  absl::Status WrongArgument(size_t at, const std::vector<const Overload*>& fitting) {
    const Node& argument = *node_.children[at];
    std::vector<std::string> wanted;
    bool wants_double = false;
    for (const Overload* overload : fitting) {
      Type item = Type::kNull;
      if (Taken(*overload, &item) != at) continue;
      const Parameter parameter = ParameterAt(*overload, at);
      const std::string name = ParameterName(parameter);
      if (std::find(wanted.begin(), wanted.end(), name) == wanted.end()) wanted.push_back(name);
      wants_double = wants_double || parameter == Parameter::kDouble;
    }
    const std::string advice = wants_double ? DoubleAdvice(argument) : "";
    if (at > 0 && fitting[0]->arity == Arity::kVariadic) {
      return Error(
          argument.range,
          absl::StrCat("the arguments of ", node_.text, " must have one type, not ",
                       ValueTypeName(node_.children[0]->type), " and ",
                       ValueTypeName(argument.type), DoubleAdvice(*node_.children[0], argument)));
    }
    const std::string last = wanted.back();
    wanted.pop_back();
    const std::string list =
        wanted.empty() ? last : absl::StrCat(absl::StrJoin(wanted, ", "), " or ", last);
    const std::string given = ValueTypeName(argument.type);
    if (at > 0) {
      return Error(argument.range,
                   absl::StrCat("argument ", at + (IsMethod() ? 0 : 1), " of ", node_.text,
                                " must be ", list, ", not ", given, advice));
    }
    return Error(
        argument.range,
        IsMethod() ? absl::StrCat(node_.text, " is a method of ", list, ", not of ", given, advice)
                   : absl::StrCat(node_.text, " takes ", list, ", not ", given, advice));
  }

  Node& node_;
  TextRange* const where_;
  std::vector<const Overload*> named_;
};

}  // namespace

absl::Status ResolveCall(Node* call, TextRange* where) { return Resolver(call, where).Run(); }

bool IsKnownCall(const Node& call) {
  const std::span<const Overload> overloads = AllOverloads();
  return std::any_of(overloads.begin(), overloads.end(),
                     [&call](const Overload& overload) { return IsOf(overload, call); });
}

absl::Status UnknownCall(const Node& call, TextRange* where) {
  const bool method = call.kind == NodeKind::kMethodCall;
  const CallStyle style = method ? CallStyle::kMethod : CallStyle::kFunction;
  const CallStyle other_style = method ? CallStyle::kFunction : CallStyle::kMethod;
  const std::string& name = call.text;
  std::string message = absl::StrCat("unknown ", method ? "method" : "function", " '", name, "'");
  const std::vector<std::string> other = FunctionNames(other_style);
  const std::string close = ClosestName(name, FunctionNames(style));
  if (std::find(other.begin(), other.end(), name) != other.end()) {
    absl::StrAppend(&message, "; it is written ",
                    method ? absl::StrCat(name, "(x)") : absl::StrCat("x.", name, "(…)"));
  } else if (!AdviceFor(name).empty()) {
    absl::StrAppend(&message, "; ", AdviceFor(name));
  } else if (!close.empty()) {
    absl::StrAppend(&message, "; did you mean '", close, "'?");
  } else if (const std::string far = ClosestName(name, other); !far.empty()) {
    absl::StrAppend(&message, "; did you mean ",
                    method ? absl::StrCat(far, "(x)") : absl::StrCat("x.", far, "(…)"), "?");
  }
  *where = call.name_range;
  return absl::InvalidArgumentError(message);
}

}  // namespace millrace
