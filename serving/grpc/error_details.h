// Errors on the gRPC wire: a status whose details are a google.rpc.Status with ErrorInfo (reason =
// our code, domain = "millrace"), BadRequest where a field is at fault and RetryInfo where backing
// off helps. Debian ships no C++ code for those messages, so their few fields are written by hand;
// any google.rpc client reads them. Pure functions.

#ifndef MILLRACE_SERVING_GRPC_ERROR_DETAILS_H_
#define MILLRACE_SERVING_GRPC_ERROR_DETAILS_H_

#include <string>

#include "grpcpp/support/status.h"
#include "serving/errors.h"

namespace millrace {

// The bytes of google.rpc.Status (google/rpc/status.proto, error_details.proto).
std::string EncodeRpcStatus(const ApiError& error);

grpc::Status ToGrpcStatus(const ApiError& error);

}  // namespace millrace

#endif  // MILLRACE_SERVING_GRPC_ERROR_DETAILS_H_
