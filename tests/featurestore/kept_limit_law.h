// KeptLimitLaw: what an answer of a view that does not keep everything must hold to. Every answer
// is the truth over the span it says it covers, or says `truncated`; and it covers what was asked
// but for a tail tile at most, within `as_of`. The truth is the slow oracle's (tests/oracle).
// Immutable; thread-compatible.

#ifndef MILLRACE_TESTS_FEATURESTORE_KEPT_LIMIT_LAW_H_
#define MILLRACE_TESTS_FEATURESTORE_KEPT_LIMIT_LAW_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "featurestore/online_store.h"
#include "tests/featurestore/kept_limit_case.h"
#include "tests/oracle/surviving_records.h"
#include "tests/oracle/window_members.h"

namespace millrace {

class KeptLimitLaw {
 public:
  // Of the entity, after the first `arrivals` of the case came and time moved to `now_ms`. The case
  // outlives it.
  KeptLimitLaw(const KeptLimitCase& c, const std::string& key, size_t arrivals, int64_t now_ms);

  // What is wrong with the answer of a feature; empty: nothing.
  std::string Violation(const oracle::Feature& feature, int64_t at_ms,
                        const FeatureValue& value) const;

 private:
  struct Question {
    const oracle::Feature& feature;
    int64_t at_ms;
    const FeatureValue& value;
    bool within_as_of;
  };

  std::string OfSpan(const Question& q) const;
  std::string SpanViolation(const Question& q, const oracle::Span& asked) const;
  std::string OfNewest(const Question& q) const;
  std::string OfSession(const Question& q) const;
  // Of the run that goes on until a record, however sessions cut it.
  int64_t RunStart(const Question& q, const oracle::Record& last) const;
  // Against the truth over a span of live and, if wanted, unmatched records.
  std::string Difference(const Question& q, const oracle::Members& members) const;
  oracle::Members Within(const Span& span) const;
  // Whether the answer may count what was taken back after its record had become part of a tile.
  bool MayCountRetracted(const Question& q) const;

  const KeptLimitCase& case_;
  const int64_t now_ms_;
  oracle::Survivors survivors_;
  int64_t complete_from_ms_;                 // every record from here on is kept
  std::vector<int64_t> retractions_beyond_;  // times of retractions before it
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_FEATURESTORE_KEPT_LIMIT_LAW_H_
