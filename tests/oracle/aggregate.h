// The aggregations of windows-and-aggregations §3.2, one slow and plain function per family, over
// the items of one group. Pure functions; thread-safe.

#ifndef MILLRACE_TESTS_ORACLE_AGGREGATE_H_
#define MILLRACE_TESTS_ORACLE_AGGREGATE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "tests/oracle/answer.h"
#include "tests/oracle/feature.h"

namespace millrace::oracle {

// One input value: that of a record, or one of several in a record's list or map.
struct Item {
  Order order;
  int sign = 1;        // −1: an unmatched retraction
  Datum x;             // `true` for "*"; null counts in `count: "*"` only through that
  Datum y;             // of `with` or `order_by`
  bool passes = true;  // `where`; only `ratio` gets items that do not
};

// The value of an aggregation whose window is not empty, with status `present`, `null`,
// `truncated` or `overflow`. Items are in total order, without those that fail `where` (`ratio`
// apart), and not empty; nulls among them are skipped here.
Answer Aggregate(const Feature& feature, std::span<const Item> items, int64_t at_ms);

// The answer when no record is left: 0 for counts and rates, else `missing`.
Answer OfNothing(const Feature& feature);

// Families; the same contract, for items whose x is not null.
Answer SumFamily(const Feature& feature, std::span<const Item> items);        // exact_sums.cc
Answer MomentFamily(const Feature& feature, std::span<const Item> items);     // moments.cc
Answer OrderFamily(const Feature& feature, std::span<const Item> items);      // ordered.cc
Answer FrequencyFamily(const Feature& feature, std::span<const Item> items);  // frequency.cc
Answer QuantileFamily(const Feature& feature, std::span<const Item> items);   // quantiles.cc
Answer DecayFamily(const Feature& feature, std::span<const Item> items,
                   int64_t at_ms);  // decay.cc

}  // namespace millrace::oracle

#endif  // MILLRACE_TESTS_ORACLE_AGGREGATE_H_
