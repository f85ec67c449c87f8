// How often values occur.
//
//   histogram       value → count of the k most frequent, ties: the smaller value; k = 0: of all
//   top_frequency   the k most frequent values, most frequent first, ties: the smaller first
//   top1_ratio      largest count / n
//   entropy         -sum of p log2 p over the shares p of the values
//
// Exact up to m different values: max_keys (1,024) where all are wanted, else max(64, 10 k), or
// max_keys if that is given. Beyond, the counts are those of Misra and Gries as merged by Agarwal
// et al., "Mergeable summaries", 2012: `truncated`, too low by at most N/(m+1), which is returned;
// entropy is then null. Keys of maps are texts of the values.
//
// Class E while exact, then R. Retracted by subtraction; where that is not exact, by folding the
// tile again.

#ifndef MILLRACE_STREAM_AGGREGATIONS_FREQUENCIES_H_
#define MILLRACE_STREAM_AGGREGATIONS_FREQUENCIES_H_

#include "stream/aggregations/aggregation.h"

namespace millrace {

absl::StatusOr<Aggregation> BindHistogram(const AggregationInput& input);
absl::StatusOr<Aggregation> BindTopFrequency(const AggregationInput& input);
absl::StatusOr<Aggregation> BindTop1Ratio(const AggregationInput& input);
absl::StatusOr<Aggregation> BindEntropy(const AggregationInput& input);

}  // namespace millrace

#endif  // MILLRACE_STREAM_AGGREGATIONS_FREQUENCIES_H_
