// UnaryCall: one call of the gRPC server, from its request's bytes to its answer's, and what the
// calls of a server share: the completion queue, the threads that may block, and the limits on what
// they hold in memory. Messages are parsed and serialised here rather than by gRPC, so that a
// message that does not parse gets our error and is counted, and the size of an answer is known.

#ifndef MILLRACE_SERVING_GRPC_UNARY_CALL_H_
#define MILLRACE_SERVING_GRPC_UNARY_CALL_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "core/clock.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/support/async_unary_call.h"
#include "serving/errors.h"
#include "serving/grpc/call_queue.h"
#include "serving/grpc/grpc_server.h"
#include "serving/request_metrics.h"

namespace millrace {

// What stands behind a tag of the completion queue.
class CallTag {
 public:
  virtual ~CallTag() = default;
  // The operation is over; `ok` as gRPC says. May delete itself. On the polling thread.
  virtual void Proceed(bool ok) = 0;
};

using CallWriter = grpc::ServerAsyncResponseWriter<grpc::ByteBuffer>;

// Where a call is answered.
enum class CallLane : uint8_t {
  kInline,    // from memory or local state: on the polling thread
  kBlocking,  // waits for a disk or a broker
  kWaiting,   // waits for records that may not come: seconds
};

// A call that was parsed.
struct PreparedCallWork {
  size_t rows = 0;  // keys, decisions or records asked for
  CallLane lane = CallLane::kInline;
  std::function<absl::StatusOr<grpc::ByteBuffer>()> answer;
};

// One method of a service.
struct UnaryMethod {
  const char* label;
  // Asks gRPC for the next call of it.
  std::function<void(grpc::ServerContext*, grpc::ByteBuffer*, CallWriter*,
                     grpc::ServerCompletionQueue*, void* tag)>
      listen;
  // Not OK: the answer.
  std::function<absl::StatusOr<PreparedCallWork>(grpc::ByteBuffer*)> prepare;
};

class UnaryCall;

// What the calls of a server share. Members without a mutex are the polling thread's.
struct CallGroup {
  CallGroup(const GrpcServerOptions& options, RequestMetrics& metrics, Clock& clock)
      : options(options),
        metrics(metrics),
        clock(clock),
        blocking(options.blocking_threads, options.max_blocking_calls),
        waiting(options.waiting_threads, static_cast<size_t>(options.waiting_threads)) {}

  // Cancels calls whose answer nobody has read for too long.
  void CancelUnread();

  const GrpcServerOptions& options;
  RequestMetrics& metrics;
  Clock& clock;
  CallQueue blocking;
  CallQueue waiting;
  std::unique_ptr<grpc::ServerCompletionQueue> queue;
  bool closed = false;  // the queue takes no more operations
  size_t open = 0;      // calls that have begun and are not over
  size_t request_bytes = 0;
  std::atomic<size_t> answer_bytes{0};

  absl::Mutex mutex;
  std::list<UnaryCall*> unread ABSL_GUARDED_BY(mutex);  // answered; the oldest first
};

// Waits for a request, answers it, deletes itself; a new one takes its place as soon as it has its
// request. Owned by the polling thread, but while its answer is made.
class UnaryCall final : public CallTag {
 public:
  // REQUIRES: group and method outlive the call.
  static void Listen(CallGroup* group, const UnaryMethod* method);

  void Proceed(bool ok) override;

 private:
  friend struct CallGroup;
  UnaryCall(CallGroup* group, const UnaryMethod* method);
  ~UnaryCall() override;
  void Begin();
  void Answer(const PreparedCallWork& work);
  // After these the polling thread owns the call.
  void Finish(absl::StatusOr<grpc::ByteBuffer> answer);
  void Refuse(const char* reason, const char* detail);

  CallGroup* const group_;
  const UnaryMethod* const method_;
  grpc::ServerContext context_;
  grpc::ByteBuffer request_;
  CallWriter writer_;
  int64_t start_nanos_ = 0;
  size_t request_bytes_ = 0;  // counted in the group
  size_t answer_bytes_ = 0;   // counted in the group
  bool begun_ = false;
  // Set once answered.
  bool answered_ = false;
  int64_t answered_nanos_ = 0;
  std::list<UnaryCall*>::iterator unread_;
};

}  // namespace millrace

#endif  // MILLRACE_SERVING_GRPC_UNARY_CALL_H_
