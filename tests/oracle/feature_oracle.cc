#include "tests/oracle/feature_oracle.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "tests/oracle/aggregate.h"
#include "tests/oracle/groups.h"

namespace millrace::oracle {
namespace {

// The entity in one text; types and ends of the parts are part of it.
std::string EntityOf(const View& view, const DatumMap& fields) {
  DatumList parts;
  for (const std::string& name : view.key) {
    const auto field = fields.find(name);
    parts.push_back(field == fields.end() ? Datum() : field->second);
  }
  return ToText(Datum(parts));
}

bool HasNull(const View& view, const DatumMap& key) {
  return std::any_of(view.key.begin(), view.key.end(), [&](const std::string& name) {
    const auto field = key.find(name);
    return field == key.end() || field->second.is_null();
  });
}

bool Enters(const View& view, const Record& record) {
  if (HasNull(view, record.fields)) return false;
  for (const auto& [name, dim] : view.vectors) {
    const auto* vector = record.Field(name).As<DatumVector>();
    if (vector == nullptr) continue;
    if (vector->size() != dim) return false;
    if (!std::all_of(vector->begin(), vector->end(), [](double v) { return std::isfinite(v); })) {
      return false;
    }
  }
  return true;
}

// Without the records that `exclude_current` leaves out.
std::vector<Record> WithoutCurrent(const Feature& feature, const Read& read,
                                   std::vector<Record> records) {
  std::erase_if(records, [&](const Record& record) {
    switch (feature.exclude_current) {
      case ExcludeCurrent::kNo: return false;
      case ExcludeCurrent::kTime: return record.order.event_time_ms == read.at_ms;
      case ExcludeCurrent::kRow: return read.deciding && record.order == *read.deciding;
    }
    return false;
  });
  return records;
}

Record VirtualRecord(const Read& read) {
  constexpr int kLast = std::numeric_limits<int>::max();
  return {{read.at_ms, kLast, kLast, std::numeric_limits<int64_t>::max()},
          Change::kInsert,
          *read.request};
}

// The request's record is the newest of all; a window that counts records counts it too.
void AddRequest(const Window& window, const Read& read, const Survivors& survivors,
                Members* members) {
  const Record request = VirtualRecord(read);
  if (window.kind == WindowKind::kSession) {
    // It joins the session that is open just before T, else it is one of its own.
    Survivors with = survivors;
    std::erase_if(with.live, [&](const Record& r) { return r.order.event_time_ms >= read.at_ms; });
    with.live.push_back(request);
    Window closed = window;
    closed.end_closed = true;
    *members = MembersAt(with, closed, read.at_ms);
    return;
  }
  members->live.push_back(request);
  const std::optional<int64_t> most =
      window.kind == WindowKind::kEvents ? std::optional(window.events) : window.max_events;
  if (most && static_cast<int64_t>(members->live.size()) > *most) {
    members->live.erase(members->live.begin());
  }
}

std::optional<int64_t> NewestBefore(std::span<const Record> records, int64_t at_ms) {
  std::optional<int64_t> newest;
  for (const Record& record : records) {
    const int64_t t = record.order.event_time_ms;
    if (t < at_ms && (!newest || t > *newest)) newest = t;
  }
  return newest;
}

}  // namespace

int64_t KnownMs(const View& view, const Record& record) {
  if (record.change == Change::kRetract) return record.appended_ms;
  const auto* known = record.Field(view.known_at).As<int64_t>();
  return known == nullptr ? record.appended_ms : *known;
}

Answer FoldedAnswer(const Feature& feature, const Members& members, int64_t at_ms) {
  Answer answer = AnswerOf(feature, members, at_ms);
  const auto add = [&](const Record& record, int sign) {
    if (feature.where && feature.aggregation != "ratio" &&
        !feature.where->test(record).value_or(false)) {
      return;
    }
    answer.count += sign;
    if (sign < 0) return;
    const int64_t t = record.order.event_time_ms;
    answer.max_event_time_ms = std::max(answer.max_event_time_ms.value_or(t), t);
  };
  for (const Record& record : members.live) add(record, 1);
  if (Subtracts(feature.aggregation)) {
    for (const Record& record : members.unmatched) add(record, -1);
  }
  if (answer.max_event_time_ms) answer.age_ms = at_ms - *answer.max_event_time_ms;
  return answer;
}

FeatureOracle::FeatureOracle(const View& view, std::span<const Record> records) : view_(view) {
  for (const Record& record : records) {
    if (Enters(view_, record)) entities_[EntityOf(view_, record.fields)].push_back(record);
  }
}

Answer FeatureOracle::At(const Feature& feature, const Read& read) const {
  return Of(feature, read, SurvivorsAt(read));
}

std::vector<Answer> FeatureOracle::At(const Read& read) const {
  const Survivors survivors = SurvivorsAt(read);
  std::vector<Answer> answers;
  for (const Feature& feature : view_.features) answers.push_back(Of(feature, read, survivors));
  return answers;
}

Survivors FeatureOracle::SurvivorsAt(const Read& read) const {
  const auto entity = entities_.find(EntityOf(view_, read.key));
  if (entity == entities_.end()) return {};
  std::optional<Order> deleted;
  for (const Record& record : entity->second) {
    if (record.change != Change::kDelete || record.order.event_time_ms >= read.at_ms) continue;
    deleted = std::max(deleted.value_or(record.order), record.order);
  }
  std::vector<Record> known;
  for (const Record& record : entity->second) {
    if (read.known_ms && KnownMs(view_, record) > *read.known_ms) continue;
    known.push_back(record);
  }
  Survivors survivors = Surviving(known);
  if (deleted) {
    std::erase_if(survivors.live, [&](const Record& r) { return r.order < *deleted; });
    std::erase_if(survivors.unmatched,
                  [&](const Record& r) { return r.order.event_time_ms <= deleted->event_time_ms; });
  }
  return survivors;
}

Answer FeatureOracle::Of(const Feature& feature, const Read& read,
                         const Survivors& survivors) const {
  if (HasNull(view_, read.key)) {
    Answer answer = Missing();
    if (feature.default_value) answer.value = *feature.default_value;
    return answer;
  }
  if (view_.ttl_ms) {
    const std::optional<int64_t> newest = NewestBefore(survivors.live, read.at_ms);
    if (newest && read.at_ms - *newest > *view_.ttl_ms) {
      Answer expired;
      expired.status = Status::kExpired;
      expired.max_event_time_ms = newest;
      expired.age_ms = read.at_ms - *newest;
      return expired;
    }
  }
  const Survivors seen = {WithoutCurrent(feature, read, survivors.live),
                          WithoutCurrent(feature, read, survivors.unmatched)};
  Members members = MembersAt(seen, feature.window, read.at_ms);
  if (feature.with_request && read.request) {
    AddRequest(feature.window, read, seen, &members);
  }
  Answer answer = FoldedAnswer(feature, members, read.at_ms);
  if (answer.status == Status::kMissing && feature.default_value) {
    answer.value = *feature.default_value;
  }
  return answer;
}

}  // namespace millrace::oracle
