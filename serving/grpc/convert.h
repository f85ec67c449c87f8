// Messages of schemas/api.proto ↔ the plain requests and responses of serving/service.h. Pure
// functions.

#ifndef MILLRACE_SERVING_GRPC_CONVERT_H_
#define MILLRACE_SERVING_GRPC_CONVERT_H_

#include <vector>

#include "absl/status/statusor.h"
#include "schemas/api.pb.h"
#include "serving/service.h"

namespace millrace {

// InvalidArgument (an ApiError naming the field) when out of the limits that JSON has too.
absl::StatusOr<FeaturesRequest> FromProto(const v1::ReadFeaturesRequest& proto);
absl::StatusOr<ScoreRequest> FromProto(const v1::ScoreRequest& proto);
absl::StatusOr<std::vector<NewRecord>> FromProto(const v1::AppendRequest& proto);

void ToProto(const FeaturesResponse& response, v1::ReadFeaturesResponse* proto);
void ToProto(const ScoreResponse& response, v1::ScoreResponse* proto);
void ToProto(const std::vector<AppendPosition>& positions, v1::AppendResponse* proto);

}  // namespace millrace

#endif  // MILLRACE_SERVING_GRPC_CONVERT_H_
