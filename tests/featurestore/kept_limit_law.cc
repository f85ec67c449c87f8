#include "tests/featurestore/kept_limit_law.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/collection.h"
#include "stream/tile_ladder.h"
#include "tests/oracle/groups.h"

namespace millrace {
namespace {

using oracle::Datum;
using oracle::Members;
using Kind = oracle::WindowKind;

constexpr int64_t kForEver = std::numeric_limits<int64_t>::max();
constexpr size_t kKept = 4'096;  // docs/windows.md: what `auto` keeps of an entity
constexpr int64_t kDayMs = 86'400'000;

Datum ToDatum(const Value& value) {
  switch (value.type()) {
    case Type::kInt: return Datum(value.int_value());
    case Type::kDouble: return Datum(value.double_value());
    case Type::kList: {
      oracle::DatumList list;
      ForEachItem(value, [&list](const Value& item) { list.push_back(ToDatum(item)); });
      return Datum(std::move(list));
    }
    default: return Datum();
  }
}

oracle::Status ToStatus(FeatureStatus status) {
  if (status == FeatureStatus::kNull) return oracle::Status::kNull;
  if (status == FeatureStatus::kMissing) return oracle::Status::kMissing;
  return oracle::Status::kPresent;
}

// The largest tile that is no longer; 0: there is none.
int64_t TileOfAtMost(int64_t length_ms) {
  int64_t tile = 0;
  for (const int64_t size : kTileSizesMs) tile = size <= length_ms ? size : tile;
  return tile;
}

// By which an end may be off.
int64_t TailTile(const KeptLimitCase& c, const oracle::Window& window) {
  switch (window.kind) {
    case Kind::kLifetime: return TileOfAtMost(std::max(c.as_of_ms, int64_t{3'600'000}) / 128);
    case Kind::kSession: return TileOfAtMost(window.gap_ms);
    default: return TileOfAtMost(window.size_ms / 128);
  }
}

std::string SpanText(int64_t begin, int64_t end) {
  return absl::StrCat("[", begin, ", ", end, ")");
}

}  // namespace

KeptLimitLaw::KeptLimitLaw(const KeptLimitCase& c, const std::string& key, size_t arrivals,
                           int64_t now_ms)
    : case_(c), now_ms_(now_ms) {
  std::vector<oracle::Record> own;
  for (size_t i = 0; i < arrivals; ++i) {
    if (c.arrivals[i].Field("k") == Datum(key)) own.push_back(c.arrivals[i]);
  }
  survivors_ = oracle::Surviving(own);
  complete_from_ms_ = c.accuracy == Accuracy::kTiled ? kForEver : -kForEver;
  if (c.accuracy == Accuracy::kAuto && own.size() > kKept) {
    const auto dropped = own.begin() + static_cast<std::ptrdiff_t>(own.size() - kKept - 1);
    std::nth_element(
        own.begin(), dropped, own.end(),
        [](const oracle::Record& a, const oracle::Record& b) { return a.order < b.order; });
    complete_from_ms_ = dropped->order.event_time_ms + 1;
  }
  for (const oracle::Record& r : own) {
    if (r.change == oracle::Change::kRetract && r.order.event_time_ms < complete_from_ms_) {
      retractions_beyond_.push_back(r.order.event_time_ms);
    }
  }
}

std::string KeptLimitLaw::Violation(const oracle::Feature& feature, int64_t at_ms,
                                    const FeatureValue& value) const {
  const Question q{feature, at_ms, value, at_ms >= now_ms_ - case_.as_of_ms};
  const oracle::Window& window = feature.window;
  std::string why;
  if (value.completeness == 0 && value.status != FeatureStatus::kTruncated) {
    why = "covers nothing of what was asked and does not say `truncated`";
  } else if (window.kind == Kind::kSession) {
    why = OfSession(q);
  } else if (window.kind == Kind::kEvents || window.max_events) {
    why = OfNewest(q);
  } else {
    why = OfSpan(q);
  }
  if (why.empty()) return why;
  return absl::StrCat(feature.name, " ", oracle::ToYaml(feature), " at ", at_ms, " (now ", now_ms_,
                      ", kept from ", complete_from_ms_, "): ", why, "; status ",
                      absl::string_view(FeatureStatusName(value.status)), ", asked ",
                      SpanText(value.asked.begin_ms, value.asked.end_ms), ", effective ",
                      SpanText(value.effective.begin_ms, value.effective.end_ms), ", completeness ",
                      value.completeness, ", count ", value.count);
}

Members KeptLimitLaw::Within(const Span& span) const {
  const auto in_span = [&span](const std::vector<oracle::Record>& records) {
    const auto first = [&records](int64_t time) {
      return std::lower_bound(
          records.begin(), records.end(), time,
          [](const oracle::Record& r, int64_t t) { return r.order.event_time_ms < t; });
    };
    if (span.begin_ms >= span.end_ms) return std::vector<oracle::Record>();
    return std::vector<oracle::Record>(first(span.begin_ms), first(span.end_ms));
  };
  return {in_span(survivors_.live), in_span(survivors_.unmatched)};
}

bool KeptLimitLaw::MayCountRetracted(const Question& q) const {
  if (oracle::Subtracts(q.feature.aggregation) && q.feature.window.kind != Kind::kSession) {
    return false;
  }
  const Span& span = q.value.effective;
  return std::any_of(retractions_beyond_.begin(), retractions_beyond_.end(),
                     [&](int64_t time) { return time >= span.begin_ms && time < span.end_ms; });
}

std::string KeptLimitLaw::Difference(const Question& q, const Members& members) const {
  const oracle::Answer expected = oracle::AnswerOf(q.feature, members, q.at_ms);
  const Datum value = ToDatum(q.value.value.view());
  const bool truncated = q.value.status == FeatureStatus::kTruncated;
  if (truncated && (value.is_null() || MayCountRetracted(q))) return "";
  return oracle::Difference(expected, truncated ? expected.status : ToStatus(q.value.status),
                            value);
}

std::string KeptLimitLaw::OfSpan(const Question& q) const {
  oracle::Span asked = oracle::SpanAt(q.feature.window, q.at_ms);
  asked.start = std::max(asked.start, kBeginningOfTime);
  if (q.value.asked != Span{asked.start, asked.end}) {
    return absl::StrCat("asked for ", SpanText(asked.start, asked.end));
  }
  std::string why = SpanViolation(q, asked);
  if (why.empty()) why = Difference(q, Within(q.value.effective));
  return why;
}

std::string KeptLimitLaw::SpanViolation(const Question& q, const oracle::Span& asked) const {
  const Span& effective = q.value.effective;
  const bool truncated = q.value.status == FeatureStatus::kTruncated;
  if (effective.end_ms > asked.end) return "sees the future";
  const bool whole = effective.begin_ms <= asked.start && effective.end_ms == asked.end;
  // An open beginning has no share: of for ever, all is covered.
  if ((q.value.completeness == 1) != whole && asked.start > kBeginningOfTime) {
    return "completeness is not that of the span";
  }
  if (!q.within_as_of) return "";
  if (asked.start >= complete_from_ms_) {
    return effective == Span{asked.start, asked.end} && !truncated ? "" : "all of it is kept";
  }
  const int64_t tile = TailTile(case_, q.feature.window);
  if (tile == 0) return "";
  if (truncated) {
    return MayCountRetracted(q) ? "" : "truncated, though there are tiles for it";
  }
  if (asked.end >= now_ms_ && effective.end_ms != asked.end) return "does not reach now";
  const bool begins = effective.begin_ms <= asked.start && effective.begin_ms > asked.start - tile;
  const bool ends = effective.end_ms > asked.end - tile;
  return begins && ends ? "" : absl::StrCat("an end is off by more than a tile of ", tile, " ms");
}

std::string KeptLimitLaw::OfNewest(const Question& q) const {
  const oracle::Window& window = q.feature.window;
  const auto most = static_cast<size_t>(
      window.kind == Kind::kEvents ? window.events : window.max_events.value_or(0));
  if (q.value.status == FeatureStatus::kTruncated) {
    const Members truth = oracle::MembersAt(survivors_, window, q.at_ms);
    const bool kept =
        truth.live.size() == most && truth.live.front().order.event_time_ms >= complete_from_ms_;
    return kept && q.within_as_of ? "all of it is kept" : "";
  }
  if (q.value.completeness == 1) {
    return Difference(q, oracle::MembersAt(survivors_, window, q.at_ms));
  }
  if (q.within_as_of) return "not whole, and not truncated";
  Members covered = Within(q.value.effective);
  covered.unmatched.clear();
  const size_t more = covered.live.size() - std::min(covered.live.size(), most);
  covered.live.erase(covered.live.begin(),
                     covered.live.begin() + static_cast<std::ptrdiff_t>(more));
  return Difference(q, covered);
}

int64_t KeptLimitLaw::RunStart(const Question& q, const oracle::Record& last) const {
  oracle::Window run = q.feature.window;
  run.which = oracle::Which::kCurrent;
  run.max_length_ms.reset();
  const int64_t at = last.order.event_time_ms + run.lag_ms + 1;
  return oracle::MembersAt(survivors_, run, at).live.front().order.event_time_ms;
}

std::string KeptLimitLaw::OfSession(const Question& q) const {
  const oracle::Window& window = q.feature.window;
  const Members truth = oracle::MembersAt(survivors_, window, q.at_ms);
  const FeatureValue& value = q.value;
  // Sessions are followed so far back.
  const int64_t reach =
      std::max({kDayMs, 128 * window.gap_ms, 2 * window.max_length_ms.value_or(0)});
  const int64_t oldest = q.at_ms - window.lag_ms - reach;
  const bool known = !truth.live.empty() && RunStart(q, truth.live.back()) - window.gap_ms >=
                                                std::max(complete_from_ms_, oldest);
  if (value.status == FeatureStatus::kTruncated) {
    return known && q.within_as_of ? "all of it is kept" : "";
  }
  if (value.asked.begin_ms == value.asked.end_ms) {
    const bool beyond = window.which == oracle::Which::kComplete && !truth.live.empty() &&
                        truth.live.back().order.event_time_ms < oldest;
    return beyond ? "" : Difference(q, truth);
  }
  if (value.effective == value.asked) return Difference(q, truth);
  if (truth.live.empty()) return "there is no session";
  if (value.asked.begin_ms != truth.live.front().order.event_time_ms) {
    return absl::StrCat("the session begins at ", truth.live.front().order.event_time_ms);
  }
  const int64_t tile = TailTile(case_, window);
  if (value.effective.begin_ms > value.asked.begin_ms ||
      value.effective.begin_ms <= value.asked.begin_ms - tile ||
      value.effective.end_ms > value.asked.end_ms) {
    return "covers another span";
  }
  Members covered = Within(value.effective);
  covered.unmatched.clear();
  return Difference(q, covered);
}

}  // namespace millrace
