#include "tests/featurestore/kept_limit_history.h"

#include <algorithm>
#include <limits>

namespace millrace {
namespace {

using oracle::Change;
using oracle::Datum;
using oracle::Order;
using oracle::Record;

constexpr int64_t kForEver = std::numeric_limits<int64_t>::max();
constexpr size_t kKept = 4'096;  // docs/windows.md: what `auto` keeps of an entity
constexpr int64_t kDayMs = 86'400'000;

// From when on all of these are kept.
int64_t CompleteFrom(Accuracy accuracy, std::vector<Record> records) {
  if (accuracy == Accuracy::kTiled) return kForEver;
  if (accuracy == Accuracy::kExact) return -kForEver;
  if (records.size() <= kKept) return -kForEver;
  const auto dropped = records.begin() + static_cast<std::ptrdiff_t>(records.size() - kKept - 1);
  std::nth_element(records.begin(), dropped, records.end(),
                   [](const Record& a, const Record& b) { return a.order < b.order; });
  return dropped->order.event_time_ms + 1;
}

// From when on nothing is behind the horizon, at that time.
int64_t HorizonAt(const KeptLimitCase& c, int64_t now_ms) {
  int64_t reach = 0;
  for (const oracle::Feature& feature : c.view.features) {
    reach = std::max(reach, ReachOf(feature.window));
  }
  return now_ms - c.as_of_ms - reach;
}

// From when on nothing is in the base of a lifetime, at that time.
int64_t BaseEndAt(const KeptLimitCase& c, int64_t now_ms) {
  const bool has_base =
      std::any_of(c.view.features.begin(), c.view.features.end(),
                  [](const auto& f) { return f.window.kind == oracle::WindowKind::kLifetime; });
  return has_base ? now_ms - c.as_of_ms - c.retention_ms : -kForEver;
}

// The newest of the places before a time.
std::optional<Order> NewestBefore(const std::vector<Order>& places, int64_t time_ms) {
  std::optional<Order> newest;
  for (const Order& place : places) {
    if (place.event_time_ms < time_ms) newest = std::max(newest.value_or(place), place);
  }
  return newest;
}

oracle::Survivors After(int64_t time_ms, oracle::Survivors survivors) {
  const auto until = [time_ms](const Record& r) { return r.order.event_time_ms <= time_ms; };
  std::erase_if(survivors.live, until);
  std::erase_if(survivors.unmatched, until);
  return survivors;
}

}  // namespace

int64_t ReachOf(const oracle::Window& window) {
  switch (window.kind) {
    case oracle::WindowKind::kLifetime:
    case oracle::WindowKind::kEvents: return window.lag_ms;
    case oracle::WindowKind::kSession:
      return window.lag_ms +
             std::max({kDayMs, 128 * window.gap_ms, 2 * window.max_length_ms.value_or(0)});
    case oracle::WindowKind::kTumbling:
      return window.lag_ms +
             (window.which == oracle::Which::kComplete ? 2 * window.size_ms : window.size_ms);
    default: return window.lag_ms + window.size_ms + window.hop_ms;
  }
}

bool MayBeLate(const KeptLimitCase& c, size_t tombstone, int64_t now_ms) {
  const Record& deletion = c.arrivals[tombstone];
  const int64_t time = deletion.order.event_time_ms;
  std::vector<Record> before;
  for (size_t i = 0; i < tombstone; ++i) {
    const Record& record = c.arrivals[i];
    if (record.change != Change::kDelete && record.Field("k") == deletion.Field("k")) {
      before.push_back(record);
    }
  }
  if (std::none_of(before.begin(), before.end(),
                   [time](const Record& r) { return r.order.event_time_ms >= time; })) {
    return false;
  }
  return time < std::max(CompleteFrom(c.accuracy, std::move(before)), HorizonAt(c, now_ms));
}

KeptLimitHistory::KeptLimitHistory(const KeptLimitCase& c, const std::string& key, size_t arrivals,
                                   const std::set<size_t>& late, int64_t now_ms)
    : case_(c), tiles_until_ms_(std::max(HorizonAt(c, now_ms), BaseEndAt(c, now_ms))) {
  for (size_t i = 0; i < arrivals; ++i) {
    const Record& record = c.arrivals[i];
    if (record.Field("k") != Datum(key)) continue;
    if (record.change != Change::kDelete) {
      own_.push_back(record);
    } else {
      (late.contains(i) ? late_ : lives_begin_).push_back(record.order);
    }
  }
}

const KeptLimitLife& KeptLimitHistory::LifeAt(const oracle::Read& read) {
  const std::optional<Order> begin = NewestBefore(lives_begin_, read.at_ms);
  std::optional<Order> late = NewestBefore(late_, read.at_ms);
  if (late && begin && *late < *begin) late.reset();
  const Key key = {{begin, late}, read.known_ms};
  const auto found = lives_.find(key);
  if (found != lives_.end()) return found->second;
  return lives_.emplace(key, MakeLife(begin, late, read.known_ms)).first->second;
}

KeptLimitLife KeptLimitHistory::MakeLife(const std::optional<Order>& begin,
                                         const std::optional<Order>& late,
                                         std::optional<int64_t> known_ms) const {
  std::vector<Record> own, known;
  for (const Record& record : own_) {
    // A retraction of the deletion's very time goes with its record, wherever it stands itself.
    const bool goes_along = begin && record.change == Change::kRetract &&
                            record.order.event_time_ms == begin->event_time_ms;
    if (begin && record.order < *begin && !goes_along) continue;
    own.push_back(record);
    if (known_ms && oracle::KnownMs(case_.view, record) > *known_ms) continue;
    known.push_back(record);
  }
  KeptLimitLife life;
  life.survivors = oracle::Surviving(known);
  if (begin) {
    std::erase_if(life.survivors.unmatched, [&](const Record& record) {
      return record.order.event_time_ms <= begin->event_time_ms;
    });
  }
  life.after_deletion = life.survivors;
  if (late) {
    life.deleted_ms = late->event_time_ms;
    life.after_deletion = After(late->event_time_ms, life.survivors);
  }
  life.complete_from_ms = CompleteFrom(case_.accuracy, own);
  const int64_t meet_from_ms = std::max(life.complete_from_ms, tiles_until_ms_);
  for (const Record& record : own) {
    const int64_t time = record.order.event_time_ms;
    if (record.change == Change::kRetract && time < meet_from_ms) {
      life.retractions_beyond_ms.push_back(time);
    }
  }
  return life;
}

}  // namespace millrace
