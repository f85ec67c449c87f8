// KeptLimitLaw: what an answer of a view that does not keep everything must hold to. Every answer
// is the truth over the span it says it covers, or says `truncated`; and it covers what was asked
// but for a tail tile at most, within `as_of`. What a tombstone that came too late leaves out is at
// most a tile too little. The age that `ttl` and `freshness` go by is that of the newest record of
// all, however much of them is kept. The truth is the slow oracle's (tests/oracle). Immutable;
// thread-compatible.

#ifndef MILLRACE_TESTS_FEATURESTORE_KEPT_LIMIT_LAW_H_
#define MILLRACE_TESTS_FEATURESTORE_KEPT_LIMIT_LAW_H_

#include <cstdint>
#include <optional>
#include <string>

#include "featurestore/online_store.h"
#include "tests/featurestore/kept_limit_case.h"
#include "tests/featurestore/kept_limit_history.h"
#include "tests/oracle/window_members.h"

namespace millrace {

class KeptLimitLaw {
 public:
  // For a read that sees that life of an entity, after time moved to `now_ms`. All of them outlive
  // it.
  KeptLimitLaw(const KeptLimitCase& c, const KeptLimitLife& life, const oracle::Read& read,
               int64_t now_ms);

  // What is wrong with the answer of a feature; empty: nothing.
  std::string Violation(const oracle::Feature& feature, const FeatureValue& value) const;

 private:
  struct Question {
    const oracle::Feature& feature;
    const FeatureValue& value;
    bool truncated;
    int64_t tile_ms;  // by which an end may be off; 0: there are no tiles for it
  };

  std::string OfValue(const Question& q) const;
  std::string OfSpan(const Question& q) const;
  std::string SpanViolation(const Question& q, const oracle::Span& asked) const;
  std::string OfNewest(const Question& q) const;
  std::string OfSession(const Question& q) const;
  // Of `expired` and `stale`; nullopt: the answer is neither, and the age is no reason for what it
  // says.
  std::optional<std::string> OfAge(const Question& q) const;
  // Of the run that goes on until a record, however sessions cut it.
  int64_t RunStart(const Question& q, const oracle::Record& last) const;
  // Whether the answer over all of these is `truncated` already: there is room for fewer values.
  bool IsBounded(const Question& q, const oracle::Members& members) const;
  // Against the truth over a span of live and, if wanted, unmatched records.
  std::string Difference(const Question& q, const oracle::Members& members) const;
  // The records of the span that the answer covers.
  oracle::Members Covered(const Question& q) const;
  // Of a window that counts records, or of a session.
  std::string CoveredDifference(const Question& q) const;
  // Whether a tombstone that came too late concerns a window that begins there.
  bool ReachesDeletion(int64_t begin_ms) const {
    return life_.deleted_ms && begin_ms <= *life_.deleted_ms;
  }
  // From when on a read has every record, one by one.
  int64_t CompleteFrom(const Question& q) const;
  // Whether something was taken back, in the span that is covered, whose record may be part of a
  // tile by then.
  bool RetractsInTiles(const Question& q) const;
  // Whether the answer may count that.
  bool MayCountRetracted(const Question& q) const;

  const KeptLimitCase& case_;
  const KeptLimitLife& life_;
  const oracle::Read& read_;
  const int64_t now_ms_;
  const bool within_as_of_;
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_FEATURESTORE_KEPT_LIMIT_LAW_H_
