#include "tests/featurestore/kept_limit_law.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "stream/tile_ladder.h"
#include "tests/oracle/store_values.h"

namespace millrace {
namespace {

using oracle::Datum;
using oracle::Members;
using Kind = oracle::WindowKind;

// The largest tile that is no longer; 0: there is none.
int64_t TileOfAtMost(int64_t length_ms) {
  int64_t tile = 0;
  for (const int64_t size : kTileSizesMs) tile = size <= length_ms ? size : tile;
  return tile;
}

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

bool LimitsRecords(const oracle::Window& window) {
  return window.kind == Kind::kEvents || window.max_events.has_value();
}

size_t MostRecords(const oracle::Window& window) {
  return static_cast<size_t>(window.kind == Kind::kEvents ? window.events
                                                          : window.max_events.value_or(0));
}

}  // namespace

KeptLimitLaw::KeptLimitLaw(const KeptLimitCase& c, const KeptLimitLife& life,
                           const oracle::Read& read, int64_t now_ms)
    : case_(c),
      life_(life),
      read_(read),
      now_ms_(now_ms),
      within_as_of_(read.at_ms >= now_ms - c.as_of_ms) {}

std::string KeptLimitLaw::Violation(const oracle::Feature& feature,
                                    const FeatureValue& value) const {
  const oracle::Window& window = feature.window;
  const Question q{feature, value, value.status == FeatureStatus::kTruncated,
                   TailTile(case_, window)};
  const std::optional<std::string> of_age = OfAge(q);
  const std::string why = of_age ? *of_age : OfValue(q);
  if (why.empty()) return why;
  return absl::StrCat(feature.name, " ", oracle::ToYaml(feature), " at ", read_.at_ms, " (now ",
                      now_ms_, ", known ", read_.known_ms.value_or(-1), ", kept from ",
                      life_.complete_from_ms, ", deleted late ", life_.deleted_ms.value_or(-1),
                      "): ", why, "; status ", absl::string_view(FeatureStatusName(value.status)),
                      ", asked ", SpanText(value.asked.begin_ms, value.asked.end_ms),
                      ", effective ", SpanText(value.effective.begin_ms, value.effective.end_ms),
                      ", completeness ", value.completeness, ", count ", value.count);
}

std::string KeptLimitLaw::OfValue(const Question& q) const {
  if (q.value.completeness == 0 && !q.truncated) {
    return "covers nothing of what was asked and does not say `truncated`";
  }
  if (q.feature.window.kind == Kind::kSession) return OfSession(q);
  return LimitsRecords(q.feature.window) ? OfNewest(q) : OfSpan(q);
}

std::optional<std::string> KeptLimitLaw::OfAge(const Question& q) const {
  if (!case_.view.ttl_ms && !case_.stale_after_ms) return std::nullopt;
  const bool expired = q.value.status == FeatureStatus::kExpired;
  const bool stale = q.value.status == FeatureStatus::kStale;
  std::optional<int64_t> newest;
  for (const oracle::Record& record : life_.after_deletion.live) {
    if (record.order.event_time_ms < read_.at_ms) newest = record.order.event_time_ms;
  }
  const auto is_older = [&](const std::optional<int64_t>& limit_ms) {
    return limit_ms && newest && read_.at_ms - *newest > *limit_ms;
  };
  // By a tile that the read cuts, by the end of what is kept, or by what was known before that.
  const int64_t from = CompleteFrom(q);
  const bool undecided =
      q.truncated && (read_.at_ms < from || !within_as_of_ ||
                      (read_.known_ms && newest.value_or(kBeginningOfTime) < from));
  if (undecided) return "";
  // A record that was taken back once it was no longer kept one by one may still count.
  if (!life_.retractions_beyond_ms.empty()) {
    return expired || stale ? std::make_optional(std::string()) : std::nullopt;
  }
  const std::string truth = absl::StrCat("the newest record is at ", newest.value_or(-1));
  if (expired) {
    const bool right = is_older(case_.view.ttl_ms) && q.value.max_event_time_ms == newest;
    return right ? "" : truth;
  }
  if (is_older(case_.view.ttl_ms)) return truth;
  if (stale) return is_older(case_.stale_after_ms) ? "" : truth;
  const bool overflows = q.value.status == FeatureStatus::kOverflow;
  if (is_older(case_.stale_after_ms) && !overflows) return truth;
  return std::nullopt;
}

Members KeptLimitLaw::Covered(const Question& q) const {
  const Span& span = q.value.effective;
  const auto in_span = [&span](const std::vector<oracle::Record>& records) {
    const auto first = [&records](int64_t time) {
      return std::lower_bound(
          records.begin(), records.end(), time,
          [](const oracle::Record& r, int64_t t) { return r.order.event_time_ms < t; });
    };
    if (span.begin_ms >= span.end_ms) return std::vector<oracle::Record>();
    return std::vector<oracle::Record>(first(span.begin_ms), first(span.end_ms));
  };
  return {in_span(life_.survivors.live), in_span(life_.survivors.unmatched)};
}

int64_t KeptLimitLaw::CompleteFrom(const Question& q) const {
  // What was known then is made of records, which lifetimes do not keep beyond `as_of`.
  if (!read_.known_ms || q.feature.window.kind != Kind::kLifetime) return life_.complete_from_ms;
  return std::max(life_.complete_from_ms, now_ms_ - case_.as_of_ms - q.feature.window.lag_ms);
}

bool KeptLimitLaw::RetractsInTiles(const Question& q) const {
  const Span& span = q.value.effective;
  return std::any_of(life_.retractions_beyond_ms.begin(), life_.retractions_beyond_ms.end(),
                     [&](int64_t time) { return time >= span.begin_ms && time < span.end_ms; });
}

bool KeptLimitLaw::MayCountRetracted(const Question& q) const {
  const bool subtracts = oracle::Subtracts(q.feature.aggregation);
  return RetractsInTiles(q) && (!subtracts || q.feature.window.kind == Kind::kSession);
}

bool KeptLimitLaw::IsBounded(const Question& q, const Members& members) const {
  return oracle::FoldedAnswer(q.feature, members, read_.at_ms).status == oracle::Status::kTruncated;
}

std::string KeptLimitLaw::Difference(const Question& q, const Members& members) const {
  const Datum value = oracle::ToDatum(q.value.value.view());
  if (q.truncated && (value.is_null() || MayCountRetracted(q))) return "";
  const oracle::Answer expected = oracle::FoldedAnswer(q.feature, members, read_.at_ms);
  // A map of none but such records is `{}`.
  const auto* map = value.As<oracle::DatumMap>();
  const bool none = map != nullptr && map->empty() && expected.value.is_null();
  if (none && RetractsInTiles(q)) return "";
  std::string why = oracle::Difference(
      expected, q.truncated ? expected.status : oracle::ToStatus(q.value.status), value);
  if (!why.empty()) return why;
  if (q.value.count != std::max<int64_t>(expected.count, 0) && !MayCountRetracted(q)) {
    return absl::StrCat("the records are ", expected.count);
  }
  if (q.value.max_event_time_ms != expected.max_event_time_ms && !RetractsInTiles(q)) {
    return absl::StrCat("the newest record is at ", expected.max_event_time_ms.value_or(-1));
  }
  return "";
}

std::string KeptLimitLaw::OfSpan(const Question& q) const {
  oracle::Span asked = oracle::SpanAt(q.feature.window, read_.at_ms);
  asked.start = std::max(asked.start, kBeginningOfTime);
  if (q.value.asked != Span{asked.start, asked.end}) {
    return absl::StrCat("asked for ", SpanText(asked.start, asked.end));
  }
  std::string why = SpanViolation(q, asked);
  if (why.empty()) why = Difference(q, Covered(q));
  return why;
}

std::string KeptLimitLaw::SpanViolation(const Question& q, const oracle::Span& asked) const {
  const Span& effective = q.value.effective;
  if (effective.end_ms > asked.end) return "sees the future";
  const bool whole = effective.begin_ms <= asked.start && effective.end_ms == asked.end;
  // An open beginning has no share: of for ever, all is covered.
  if ((q.value.completeness == 1) != whole && asked.start > kBeginningOfTime) {
    return "completeness is not that of the span";
  }
  int64_t begin = asked.start;
  if (ReachesDeletion(asked.start)) {
    begin = std::min(*life_.deleted_ms + 1, asked.end);
    if (!q.truncated) return "reaches back to a late tombstone and does not say `truncated`";
    if (within_as_of_ && effective.begin_ms <= begin - std::max<int64_t>(q.tile_ms, 1)) {
      return "counts more than a tile of what a late tombstone deleted";
    }
  }
  if (!within_as_of_) return "";
  const bool may_be_truncated = (q.truncated && IsBounded(q, Covered(q))) || MayCountRetracted(q) ||
                                ReachesDeletion(asked.start);
  if (begin >= CompleteFrom(q)) {
    const bool all = effective == Span{begin, asked.end} && (!q.truncated || may_be_truncated);
    return all ? "" : "all of it is kept";
  }
  if (q.truncated && read_.known_ms) {
    const bool most = case_.accuracy == Accuracy::kTiled ||
                      (effective.begin_ms <= CompleteFrom(q) && effective.end_ms == asked.end);
    return most ? "" : "more of what was known is kept";
  }
  if (q.tile_ms == 0) return "";
  if (q.truncated && !may_be_truncated) return "truncated, though there are tiles for it";
  if (asked.end >= now_ms_ && effective.end_ms != asked.end) return "does not reach now";
  const bool begins = effective.begin_ms <= begin && effective.begin_ms > begin - q.tile_ms;
  const bool ends = effective.end_ms > asked.end - q.tile_ms;
  return begins && ends ? ""
                        : absl::StrCat("an end is off by more than a tile of ", q.tile_ms, " ms");
}

std::string KeptLimitLaw::CoveredDifference(const Question& q) const {
  if (within_as_of_ && life_.deleted_ms && q.value.effective.begin_ms < q.value.effective.end_ms &&
      q.value.effective.begin_ms <= *life_.deleted_ms - q.tile_ms) {
    return "counts more than a tile of what a late tombstone deleted";
  }
  Members covered = Covered(q);
  covered.unmatched.clear();
  if (!LimitsRecords(q.feature.window)) return Difference(q, covered);
  Members newest = covered;
  const size_t more =
      newest.live.size() - std::min(newest.live.size(), MostRecords(q.feature.window));
  newest.live.erase(newest.live.begin(), newest.live.begin() + static_cast<std::ptrdiff_t>(more));
  std::string why = Difference(q, newest);
  // Where the newest are not kept one by one, there are only all of them.
  const bool all = q.truncated && q.feature.window.max_events &&
                   (RetractsInTiles(q) || Difference(q, covered).empty());
  return all ? "" : why;
}

std::string KeptLimitLaw::OfNewest(const Question& q) const {
  const oracle::Window& window = q.feature.window;
  const Members truth = oracle::MembersAt(life_.after_deletion, window, read_.at_ms);
  if (q.truncated) {
    const bool kept = truth.live.size() == MostRecords(window) &&
                      truth.live.front().order.event_time_ms >= CompleteFrom(q);
    if (kept && within_as_of_ && !IsBounded(q, truth) && Difference(q, truth).empty())
      return "all of it is kept";
    return CoveredDifference(q);
  }
  if (q.value.completeness == 1) return Difference(q, truth);
  if (within_as_of_) return "not whole, and not truncated";
  return CoveredDifference(q);
}

int64_t KeptLimitLaw::RunStart(const Question& q, const oracle::Record& last) const {
  oracle::Window run = q.feature.window;
  run.which = oracle::Which::kCurrent;
  run.max_length_ms.reset();
  const int64_t at = last.order.event_time_ms + run.lag_ms + 1;
  return oracle::MembersAt(life_.after_deletion, run, at).live.front().order.event_time_ms;
}

std::string KeptLimitLaw::OfSession(const Question& q) const {
  const oracle::Window& window = q.feature.window;
  const Members truth = oracle::MembersAt(life_.after_deletion, window, read_.at_ms);
  const FeatureValue& value = q.value;
  // Sessions are followed so far back.
  const int64_t oldest = read_.at_ms - ReachOf(window);
  if (q.truncated) {
    if (truth.live.empty()) return "";
    const int64_t first = truth.live.front().order.event_time_ms;
    const bool certain = life_.retractions_beyond_ms.empty() && !life_.deleted_ms;
    if (certain && value.completeness == 1 && value.effective.begin_ms > first) {
      return "misses the beginning, of which completeness says nothing";
    }
    if (!within_as_of_) return "";
    const int64_t depends_from = RunStart(q, truth.live.back()) - window.gap_ms;
    const bool known = depends_from >= std::max(CompleteFrom(q), oldest);
    return known && !IsBounded(q, truth) && !ReachesDeletion(depends_from) ? "all of it is kept"
                                                                           : "";
  }
  if (value.asked.begin_ms == value.asked.end_ms) return Difference(q, truth);
  if (value.effective == value.asked) return Difference(q, truth);
  if (truth.live.empty()) return "there is no session";
  if (value.asked.begin_ms != truth.live.front().order.event_time_ms) {
    return absl::StrCat("the session begins at ", truth.live.front().order.event_time_ms);
  }
  if (value.effective.begin_ms > value.asked.begin_ms ||
      value.effective.begin_ms <= value.asked.begin_ms - q.tile_ms ||
      value.effective.end_ms > value.asked.end_ms) {
    return "covers another span";
  }
  return CoveredDifference(q);
}

}  // namespace millrace
