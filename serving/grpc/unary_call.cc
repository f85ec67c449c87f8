#include "serving/grpc/unary_call.h"

#include <utility>

#include "absl/time/time.h"
#include "serving/grpc/error_details.h"

namespace millrace {
namespace {

constexpr char kUnreadAnswers[] =
    "answers that clients have not read yet hold as much memory as they may";

}  // namespace

void CallGroup::CancelUnread() {
  const int64_t oldest = clock.MonotonicNanos() - absl::ToInt64Nanoseconds(options.answer_timeout);
  absl::MutexLock lock(&mutex);
  for (UnaryCall* call : unread) {
    if (call->answered_nanos_ > oldest) return;
    // Its tag comes back as soon as gRPC has let go of it; only this thread deletes calls.
    call->context_.TryCancel();
  }
}

UnaryCall::UnaryCall(CallGroup* group, const UnaryMethod* method)
    : group_(group), method_(method), writer_(&context_) {}

UnaryCall::~UnaryCall() {
  if (!begun_) return;
  --group_->open;
  group_->request_bytes -= request_bytes_;
  group_->answer_bytes -= answer_bytes_;
  if (!answered_) return;
  absl::MutexLock lock(&group_->mutex);
  group_->unread.erase(unread_);
}

void UnaryCall::Listen(CallGroup* group, const UnaryMethod* method) {
  auto* call = new UnaryCall(group, method);
  method->listen(&call->context_, &call->request_, &call->writer_, group->queue.get(), call);
}

void UnaryCall::Proceed(bool ok) {
  if (answered_ || !ok || group_->closed) {  // written, or the server stops
    delete this;
    return;
  }
  Listen(group_, method_);
  Begin();
}

void UnaryCall::Begin() {
  begun_ = true;
  ++group_->open;
  start_nanos_ = group_->clock.MonotonicNanos();
  request_bytes_ = request_.Length();
  group_->request_bytes += request_bytes_;
  if (group_->open > group_->options.max_calls) {
    return Refuse("busy", "as many calls are under way as may be");
  }
  if (group_->request_bytes > group_->options.max_request_bytes_under_way) {
    return Refuse("memory", "the requests under way hold as much memory as they may");
  }
  // Before the work rather than after it, while hardly any answer would fit.
  if (group_->answer_bytes.load() > group_->options.max_answer_bytes / 8 * 7) {
    return Refuse("memory", kUnreadAnswers);
  }
  absl::StatusOr<PreparedCallWork> work = method_->prepare(&request_);
  request_.Clear();
  if (!work.ok()) return Finish(work.status());
  if (work->rows > 0) group_->metrics.Rows(method_->label, work->rows);
  if (work->lane == CallLane::kInline) return Answer(*work);
  CallQueue& queue = work->lane == CallLane::kWaiting ? group_->waiting : group_->blocking;
  if (!queue.Add([this, work = *std::move(work)] { Answer(work); })) {
    Refuse("busy", "as many calls of this kind are under way as may be");
  }
}

void UnaryCall::Answer(const PreparedCallWork& work) {
  // An answer that nobody waits for any more is not worth its work.
  if (absl::FromChrono(context_.deadline()) <= group_->clock.Now()) {
    return Finish(absl::DeadlineExceededError("the deadline passed before the call was begun"));
  }
  absl::StatusOr<grpc::ByteBuffer> answer = work.answer();
  if (answer.ok()) {
    answer_bytes_ = answer->Length();
    if (group_->answer_bytes.fetch_add(answer_bytes_) + answer_bytes_ >
        group_->options.max_answer_bytes) {
      return Refuse("memory", kUnreadAnswers);
    }
  }
  Finish(std::move(answer));
}

void UnaryCall::Refuse(const char* reason, const char* detail) {
  group_->metrics.Shed(reason);
  Finish(ApiError{.code = ErrorCode::kOverloaded,
                  .detail = detail,
                  .field = "",
                  .did_you_mean = "",
                  .hint = "",
                  .applied_offset = {}}
             .ToStatus());
}

void UnaryCall::Finish(absl::StatusOr<grpc::ByteBuffer> answer) {
  const int64_t now_nanos = group_->clock.MonotonicNanos();
  group_->metrics.Answered(method_->label, static_cast<int>(answer.status().code()),
                           static_cast<double>(now_nanos - start_nanos_) * 1e-9);
  answered_nanos_ = now_nanos;
  {
    absl::MutexLock lock(&group_->mutex);
    unread_ = group_->unread.insert(group_->unread.end(), this);
  }
  answered_ = true;
  // The last touch: the polling thread may delete this from here on.
  if (answer.ok()) {
    writer_.Finish(*answer, grpc::Status::OK, this);
  } else {
    writer_.FinishWithError(ToGrpcStatus(ErrorOf(answer.status())), this);
  }
}

}  // namespace millrace
