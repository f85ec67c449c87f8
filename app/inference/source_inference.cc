#include "app/inference/source_inference.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "app/config/check.h"
#include "app/inference/field_inference.h"

namespace millrace {
namespace {

// 1980 to 2190: numbers outside are no times of our days. In seconds; the units do not overlap.
constexpr double kEarliestS = 315'532'800;
constexpr double kLatestS = 6'942'758'400;
// Another time of a record lies within this of its event time.
constexpr double kRelatedS = 31'536'000;
// A share of a sample that counts as all of it.
constexpr double kMost = 0.9;
// Of fewer records it is not said what repeats.
constexpr int64_t kFewRecords = 20;
constexpr int64_t kLongText = 64;

double PerSecond(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kMillis: return 1e3;
    case TimeUnit::kMicros: return 1e6;
    default: return 1;
  }
}

// The last word of a name: "time" of "event_time" and "eventTime".
std::string LastWord(absl::string_view name) {
  size_t at = name.size();
  while (at > 0 && absl::ascii_isalnum(static_cast<unsigned char>(name[at - 1]))) {
    --at;
    const bool hump = at > 0 && absl::ascii_isupper(static_cast<unsigned char>(name[at])) &&
                      absl::ascii_islower(static_cast<unsigned char>(name[at - 1]));
    if (hump) break;
  }
  return absl::AsciiStrToLower(name.substr(at));
}

bool IsOneOf(absl::string_view word, std::initializer_list<absl::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// The member's own name: the last of a path.
absl::string_view OwnName(const InferredField& field) {
  const absl::string_view path = field.path.empty() ? field.name : field.path;
  const size_t dot = path.rfind('.');
  return dot == absl::string_view::npos ? path : path.substr(dot + 1);
}

bool IsIdName(absl::string_view name) {
  return IsOneOf(LastWord(name),
                 {"id", "ids", "key", "code", "uuid", "guid", "no", "num", "number"});
}

// The unit in which all values are times; absent when there is none.
std::optional<TimeUnit> UnitOf(const FieldFacts& facts) {
  if (facts.strings > 0) {
    return facts.times == facts.values() ? std::optional(TimeUnit::kRfc3339) : std::nullopt;
  }
  if (facts.ints == 0 || facts.ints != facts.values()) return std::nullopt;
  for (const TimeUnit unit : kTimeUnits) {
    const double scale = PerSecond(unit);
    if (unit != TimeUnit::kRfc3339 && facts.least >= kEarliestS * scale &&
        facts.most <= kLatestS * scale) {
      return unit;
    }
  }
  return std::nullopt;
}

bool MostOf(int64_t part, int64_t all) {
  return all > 0 && static_cast<double>(part) >= kMost * static_cast<double>(all);
}

std::optional<TimeCandidate> JudgeTime(const InferredField& field) {
  const FieldFacts& facts = *field.facts;
  const std::optional<TimeUnit> unit = UnitOf(facts);
  if (!unit || !field.type || field.without > 0) return std::nullopt;
  TimeCandidate candidate{field.name, *unit, 0, ""};
  std::vector<std::string> reasons;
  const std::string word = LastWord(OwnName(field));
  if (IsOneOf(word, {"at", "ts", "time", "timestamp", "datetime", "date", "when"})) {
    // By itself rather than as what happened then: "time" before "created_time".
    candidate.score += word.size() == OwnName(field).size() ? 4 : 3;
    reasons.emplace_back("its name");
  }
  const auto index = static_cast<size_t>(std::find(kTimeUnits.begin(), kTimeUnits.end(), *unit) -
                                         kTimeUnits.begin());
  if (MostOf(facts.near_record[index], facts.values())) {
    candidate.score += 2;
    reasons.emplace_back("within a day of when the log had the record");
  }
  if (candidate.score == 0) return std::nullopt;
  if (facts.values() > 2 && MostOf(facts.rising, facts.values() - 1)) {
    candidate.score += 1;
    reasons.emplace_back("rises from record to record");
  }
  candidate.reason = absl::StrJoin(reasons, ", ");
  return candidate;
}

// Numbers that are times like the event time, in its unit.
void FindOtherTimes(InferredSource* source) {
  const TimeCandidate& best = source->times.front();
  if (best.unit == TimeUnit::kRfc3339) return;
  const FieldFacts& event_time = *source->Find(best.field)->facts;
  const double related = kRelatedS * PerSecond(best.unit);
  for (InferredField& field : source->fields) {
    if (!field.type || *field.type != Type::kInt || UnitOf(*field.facts) != best.unit ||
        field.facts->least < event_time.least - related ||
        field.facts->most > event_time.most + related) {
      continue;
    }
    field.type = ValueType(Type::kTimestamp);
    field.note = "near the event time, and in its unit; or int";
  }
}

std::string EntityName(const InferredField& field, const std::vector<KeyCandidate>& others) {
  std::string name = field.name;
  for (const absl::string_view suffix : {"_id", "_key", "_code", "Id"}) {
    if (absl::EndsWith(name, suffix) && IsValidName(name.substr(0, name.size() - suffix.size()))) {
      name.resize(name.size() - suffix.size());
      break;
    }
  }
  const bool taken = std::any_of(others.begin(), others.end(), [&name](const KeyCandidate& other) {
    return other.entity == name;
  });
  return taken ? field.name : name;
}

void FindKeys(InferredSource* source) {
  for (const InferredField& field : source->fields) {
    const FieldFacts& facts = *field.facts;
    const bool text = field.type && *field.type == Type::kString;
    const bool number = field.type && *field.type == Type::kInt;
    const int64_t values = facts.values();
    if ((!text && !number) || 2 * values < source->records) continue;
    if (text && facts.string_bytes > kLongText * values) continue;
    const bool named = IsIdName(OwnName(field));
    const auto different = static_cast<int64_t>(facts.different.size());
    const bool many = values >= kFewRecords;
    if (many && MostOf(different, values)) {
      if (named || (text && different == values)) source->ids.push_back(field.name);
      continue;
    }
    if (!named && (number || (many && different < 2))) continue;
    source->keys.push_back({EntityName(field, source->keys), field.name, different});
  }
}

}  // namespace

const InferredField* InferredSource::Find(absl::string_view field) const {
  for (const InferredField& known : fields) {
    if (known.name == field) return &known;
  }
  return nullptr;
}

InferredSource InferSource(const FieldFacts& rows) {
  InferredSource source;
  source.records = rows.objects;
  source.fields = InferFields(rows);
  for (const InferredField& field : source.fields) {
    if (auto candidate = JudgeTime(field)) source.times.push_back(*std::move(candidate));
  }
  std::stable_sort(
      source.times.begin(), source.times.end(),
      [](const TimeCandidate& a, const TimeCandidate& b) { return a.score > b.score; });
  if (!source.times.empty()) FindOtherTimes(&source);
  FindKeys(&source);
  return source;
}

}  // namespace millrace
