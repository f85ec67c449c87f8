// The bodies of /api/v1 answers: the plain responses of serving/service.h → JSON text. Pure
// functions; docs/reference/http.md shows each.

#ifndef MILLRACE_SERVING_JSON_RESPONSES_H_
#define MILLRACE_SERVING_JSON_RESPONSES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "serving/service.h"

namespace millrace {

// {"rows":[{"features":{"view.f":{"value","status","age_ms","error"?,"effective"?,"completeness"?,
// "count"?,"max_event_time"?}}}],"service"?,"service_version"?,"at","generation","offsets",
// "watermark"}. `error` stands beside estimates, `effective` [begin, end) in milliseconds (null: no
// beginning) and `completeness` where the span covered is not the span asked for; with metadata all
// do, and `count` and `max_event_time`.
std::string FeaturesJson(const FeaturesResponse& response);

// {"scores":[{"value","status","prediction_id","features","explain"?}],"model":{…}}
std::string ScoresJson(const ScoreResponse& response);

// {"offsets":[{"partition","offset"}]}
std::string PositionsJson(const std::vector<AppendPosition>& positions);

// {"records":[{"partition","offset","timestamp","key","value" or "value_base64","headers"?}],
//  "begin","end","next_offset"}
std::string RecordsJson(const ReadRecordsResponse& response);

// {"topics":[{"name","partitions"}]}
std::string TopicsJson(const std::vector<TopicInfo>& topics);

}  // namespace millrace

#endif  // MILLRACE_SERVING_JSON_RESPONSES_H_
