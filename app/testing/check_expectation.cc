#include "app/testing/check_expectation.h"

#include <cmath>
#include <cstdlib>
#include <span>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "app/config/check.h"
#include "app/config/value_of.h"
#include "app/testing/check_task.h"
#include "app/testing/node_reader.h"
#include "core/collection.h"
#include "core/status_macros.h"
#include "stream/dead_letter.h"
#include "stream/window.h"

namespace millrace {
namespace {

std::string ValueText(const Value& value) {
  if (value.type() == Type::kList || value.type() == Type::kVector) {
    std::string items;
    ForEachItem(value, [&items](const Value& item) {
      absl::StrAppend(&items, items.empty() ? "" : ", ", ValueText(item));
    });
    return absl::StrCat("[", items, "]");
  }
  if (value.type() == Type::kMap) {
    std::string entries;
    ForEachEntry(value, [&entries](absl::string_view key, const Value& item) {
      absl::StrAppend(&entries, entries.empty() ? "" : ", ", key, ": ", ValueText(item));
    });
    return absl::StrCat("{", entries, "}");
  }
  if (value.type() == Type::kString) return absl::StrCat("\"", value.string_value(), "\"");
  if (value.type() == Type::kBytes) return absl::Base64Escape(value.string_value());
  std::string text = ToString(value);
  // "1.0" and not "1": a double is not an int.
  if (value.type() == Type::kDouble && text.find_first_not_of("-0123456789") == std::string::npos) {
    text += ".0";
  }
  return text;
}

bool Near(double actual, double expected, double tolerance) {
  return std::abs(actual - expected) <= tolerance * std::max(std::abs(expected), 1.0);
}

bool Equal(const ConfigNode& expected, const Value& actual, double tolerance);

bool EqualItems(const ConfigNode& expected, const Value& actual, double tolerance) {
  if (!expected.is_list()) return false;
  size_t count = 0;
  bool equal = true;
  ForEachItem(actual, [&](const Value& item) {
    equal = equal && count < expected.items.size() && Equal(expected.items[count], item, tolerance);
    ++count;
  });
  return equal && count == expected.items.size();
}

bool EqualEntries(const ConfigNode& expected, const Value& actual, double tolerance) {
  if (!expected.is_map()) return false;
  size_t count = 0;
  bool equal = true;
  ForEachEntry(actual, [&](absl::string_view key, const Value& item) {
    const ConfigNode* wanted = expected.Find(key);
    equal = equal && wanted != nullptr && Equal(*wanted, item, tolerance);
    ++count;
  });
  return equal && count == expected.members.size();
}

bool Equal(const ConfigNode& expected, const Value& actual, double tolerance) {
  if (actual.type() == Type::kList || actual.type() == Type::kVector) {
    return EqualItems(expected, actual, tolerance);
  }
  if (actual.type() == Type::kMap) return EqualEntries(expected, actual, tolerance);
  if (expected.kind == ConfigNode::Kind::kNull) return actual.is_null();
  if (!expected.is_scalar() || actual.is_null()) return false;
  if (actual.type() == Type::kBytes) {
    return expected.text == absl::Base64Escape(actual.string_value());
  }
  if (actual.type() == Type::kDuration && IsInt(expected)) {
    return expected.text == absl::StrCat(actual.int_value());
  }
  const std::optional<OwnedValue> wanted = TestValueOf(expected, actual.type());
  if (!wanted) return false;
  if (actual.type() == Type::kDouble) {
    return Near(actual.double_value(), wanted->view().double_value(), tolerance);
  }
  return wanted->view() == actual;
}

Value OptionalTime(std::optional<int64_t> ms) { return ms ? Value::Timestamp(*ms) : Value::Null(); }

// What a cell asks about. Times are compared as times, so that both ways to write one do.
Value CellValue(ViewExpectation::What what, const FeatureValue& value) {
  using What = ViewExpectation::What;
  const bool has_begin = value.effective.begin_ms > kBeginningOfTime;
  switch (what) {
    case What::kValue: return value.value.view();
    case What::kStatus: return Value::String(FeatureStatusName(value.status));
    case What::kAgeMs: return value.age_ms ? Value::Int(*value.age_ms) : Value::Null();
    case What::kEffectiveStart:
      return has_begin ? Value::Timestamp(value.effective.begin_ms) : Value::Null();
    case What::kEffectiveEnd: return Value::Timestamp(value.effective.end_ms);
    case What::kCompleteness: return Value::Double(value.completeness);
    case What::kCount: return Value::Int(value.count);
    case What::kMaxEventTime: return OptionalTime(value.max_event_time_ms);
  }
  return Value::Null();
}

class Checker {
 public:
  Checker(const Expectation& expectation, double tolerance, const RequestAnswers& answers,
          Simulation& simulation, std::vector<Difference>* differences)
      : expectation_(expectation),
        tolerance_(tolerance),
        answers_(answers),
        simulation_(simulation),
        differences_(*differences) {}

  absl::Status operator()(const ViewExpectation& expected) {
    std::vector<Value> key;
    for (const OwnedValue& field : expected.key) key.push_back(field.view());
    std::vector<Value> request;
    for (const OwnedValue& field : expected.request) request.push_back(field.view());
    ReadOptions options;
    options.request = request;
    if (expected.as_known) options.known_ms = expected.at_ms;
    for (const ViewExpectation::Cell& cell : expected.cells) {
      FeatureValue value;
      const absl::Status read =
          simulation_.store().Read(expected.view, key, expected.at_ms, std::span(&cell.feature, 1),
                                   options, std::span(&value, 1));
      if (!read.ok()) {
        Differ(cell.expected, std::string(read.message()));
        continue;
      }
      if (cell.what == ViewExpectation::What::kStatus) {
        CheckStatus(cell.expected, value.status);
      } else {
        Check(cell.expected, CellValue(cell.what, value));
      }
    }
    return absl::OkStatus();
  }

  absl::Status operator()(const CountsExpectation& expected) {
    const auto [records, events] = simulation_.counts(expected.source);
    const std::pair<absl::string_view, uint64_t> known[] = {{"read", records.read},
                                                            {"applied", records.applied},
                                                            {"duplicate", records.duplicate},
                                                            {"late", records.late},
                                                            {"rejected", records.rejected},
                                                            {"bytes", records.bytes},
                                                            {"inserted", events.inserted},
                                                            {"retracted", events.retracted},
                                                            {"filtered", events.filtered},
                                                            {"conflicting", records.conflicting},
                                                            {"one_sided", records.one_sided},
                                                            {"unaligned", records.unaligned},
                                                            {"tombstones", records.tombstones},
                                                            {"misrouted", records.misrouted},
                                                            {"late_merged", records.late_merged}};
    for (const Expected& count : expected.counts) {
      for (const auto& [name, value] : known) {
        if (count.name == name) Check(count, Value::Int(static_cast<int64_t>(value)));
      }
    }
    return absl::OkStatus();
  }

  absl::Status operator()(const DeadLetterExpectation& expected) {
    const SourceSpec& source = simulation_.project().sources[static_cast<size_t>(expected.source)];
    std::vector<std::map<std::string, std::string>> letters;
    if (source.on_error == OnError::kDeadLetter) {
      RETURN_IF_ERROR(simulation_.Visit(DeadLetterTopic(source.topic), [&](const Record& record) {
        auto& letter = letters.emplace_back();
        for (const Header& header : record.headers) {
          letter[std::string(header.name)] = std::string(header.value);
        }
      }));
    }
    if (letters.size() != expected.records.size()) {
      std::string actual = absl::StrCat(letters.size());
      for (const auto& letter : letters) {
        const auto reason = letter.find(std::string(kErrorCodeHeader));
        const auto offset = letter.find(std::string(kSourceOffsetHeader));
        if (reason == letter.end() || offset == letter.end()) continue;
        absl::StrAppend(&actual, ", offset ", offset->second, " ", reason->second);
      }
      differences_.push_back({expectation_.line, expectation_.title, "records",
                              absl::StrCat(expected.records.size()), actual});
      return absl::OkStatus();
    }
    for (size_t i = 0; i < letters.size(); ++i) {
      for (Expected field : expected.records[i]) {
        const absl::string_view header = field.name == "reason"   ? kErrorCodeHeader
                                         : field.name == "offset" ? kSourceOffsetHeader
                                                                  : kSourcePartitionHeader;
        const std::string& text = letters[i][std::string(header)];
        int64_t number = 0;
        field.name = absl::StrCat("record ", i + 1, ", ", field.name);
        Check(field, absl::SimpleAtoi(text, &number) ? Value::Int(number) : Value::String(text));
      }
    }
    return absl::OkStatus();
  }

  absl::Status operator()(const ScoreExpectation& expected) {
    const auto answer = answers_.find({expected.task, expected.request});
    if (answer == answers_.end()) {
      return absl::NotFoundError(
          absl::StrCat("no request before it has the id '", expected.request, "'"));
    }
    const ScoreResponse& response = answer->second;
    const std::string version = absl::StrCat(response.model.generation, ".", response.model.step);
    const std::string learner = response.model.name.substr(response.model.name.rfind('.') + 1);
    for (const Expected& field : expected.fields) {
      if (field.name == "value") Check(field, Value::Double(response.scores[0].value));
      if (field.name == "learner") Check(field, Value::String(learner));
      if (field.name == "version") CheckText(field, version);
    }
    return absl::OkStatus();
  }

  absl::Status operator()(const PredictionExpectation& expected) {
    return CheckPrediction(expected, simulation_, Sink());
  }
  absl::Status operator()(const ExampleExpectation& expected) {
    return CheckExample(expected, simulation_, Sink());
  }
  absl::Status operator()(const DecisionsExpectation& expected) {
    return CheckDecisions(expected, simulation_, Sink());
  }
  absl::Status operator()(const PublishedExpectation& expected) {
    return CheckPublished(expected, simulation_, Sink());
  }

 private:
  void Differ(const Expected& expected, std::string actual) {
    differences_.push_back(
        {expected.value.place.line > 0 ? expected.value.place.line : expectation_.line,
         expectation_.title, expected.name, FlowText(expected.value), std::move(actual)});
  }
  void Check(const Expected& expected, const Value& actual) {
    if (auto text = DifferenceOf(expected.value, actual, tolerance_)) Differ(expected, *text);
  }
  // Texts that look like numbers ("1.0").
  void CheckText(const Expected& expected, const std::string& actual) {
    if (!expected.value.is_scalar() || expected.value.text != actual) Differ(expected, actual);
  }
  void CheckStatus(const Expected& expected, FeatureStatus actual) {
    const bool is_null = expected.value.kind == ConfigNode::Kind::kNull;
    const absl::string_view wanted = is_null ? "null" : absl::string_view(expected.value.text);
    if (wanted != FeatureStatusName(actual)) {
      Differ(expected, std::string(FeatureStatusName(actual)));
    }
  }
  TaskCheckSink Sink() {
    return {[this](const Expected& e, const Value& v) { Check(e, v); },
            [this](const Expected& e, const std::string& text) { CheckText(e, text); },
            [this](const Expected& e, FeatureStatus s) { CheckStatus(e, s); },
            [this](const std::string& name, std::string wanted, std::string actual) {
              differences_.push_back({expectation_.line, expectation_.title, name,
                                      std::move(wanted), std::move(actual)});
            }};
  }

  const Expectation& expectation_;
  const double tolerance_;
  const RequestAnswers& answers_;
  Simulation& simulation_;
  std::vector<Difference>& differences_;
};

}  // namespace

std::optional<std::string> DifferenceOf(const ConfigNode& expected, const Value& actual,
                                        double tolerance) {
  if (Equal(expected, actual, tolerance)) return std::nullopt;
  return ValueText(actual);
}

absl::Status CheckExpectation(const Expectation& expectation, double tolerance,
                              const RequestAnswers& answers, Simulation& simulation,
                              std::vector<Difference>* differences) {
  return std::visit(Checker(expectation, expectation.tolerance.value_or(tolerance), answers,
                            simulation, differences),
                    expectation.what);
}

}  // namespace millrace
