// What gRPC and protobuf log goes through our log lines, a few a second: any client can make them
// write a line per message otherwise.

#ifndef MILLRACE_SERVING_GRPC_LIBRARY_LOG_H_
#define MILLRACE_SERVING_GRPC_LIBRARY_LOG_H_

namespace millrace {

// Process-wide; only the first call does anything. Thread-safe.
void CaptureLibraryLog();

}  // namespace millrace

#endif  // MILLRACE_SERVING_GRPC_LIBRARY_LOG_H_
