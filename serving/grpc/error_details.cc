#include "serving/grpc/error_details.h"

#include "absl/strings/str_cat.h"
#include "core/coding.h"

namespace millrace {
namespace {

// Wire types of the protobuf encoding: 0 varint, 2 length-delimited.
void PutInt(std::string* out, uint32_t field, uint64_t v) {
  PutVarint(out, field << 3);
  PutVarint(out, v);
}

void PutBytes(std::string* out, uint32_t field, absl::string_view bytes) {
  PutVarint(out, (field << 3) | 2);
  PutLengthPrefixed(out, bytes);
}

void PutEntry(std::string* out, uint32_t field, absl::string_view key, absl::string_view value) {
  std::string entry;
  PutBytes(&entry, 1, key);
  PutBytes(&entry, 2, value);
  PutBytes(out, field, entry);
}

// google.protobuf.Any{type_url = 1, value = 2} as google.rpc.Status.details = 3.
void PutDetail(std::string* out, absl::string_view type, absl::string_view message) {
  std::string any;
  PutBytes(&any, 1, absl::StrCat("type.googleapis.com/google.rpc.", type));
  PutBytes(&any, 2, message);
  PutBytes(out, 3, any);
}

std::string Message(const ApiError& error) {
  return error.did_you_mean.empty()
             ? error.detail
             : absl::StrCat(error.detail, " (did you mean '", error.did_you_mean, "'?)");
}

}  // namespace

std::string EncodeRpcStatus(const ApiError& error) {
  std::string out;
  PutInt(&out, 1, static_cast<uint64_t>(error.kind().status));
  PutBytes(&out, 2, Message(error));

  std::string info;  // ErrorInfo{reason = 1, domain = 2, metadata = 3}
  PutBytes(&info, 1, error.code_text());
  PutBytes(&info, 2, "millrace");
  PutEntry(&info, 3, "title", error.kind().title);
  if (!error.did_you_mean.empty()) PutEntry(&info, 3, "did_you_mean", error.did_you_mean);
  if (!error.hint.empty()) PutEntry(&info, 3, "hint", error.hint);
  if (error.applied_offset) PutEntry(&info, 3, "applied", absl::StrCat(*error.applied_offset));
  PutDetail(&out, "ErrorInfo", info);

  if (!error.field.empty()) {
    std::string violation;  // FieldViolation{field = 1, description = 2}
    PutBytes(&violation, 1, error.field);
    PutBytes(&violation, 2, error.detail);
    std::string request;
    PutBytes(&request, 1, violation);
    PutDetail(&out, "BadRequest", request);
  }
  if (error.code == ErrorCode::kOverloaded || error.code == ErrorCode::kUnavailable) {
    std::string delay;  // Duration{seconds = 1}
    PutInt(&delay, 1, 1);
    std::string retry;
    PutBytes(&retry, 1, delay);
    PutDetail(&out, "RetryInfo", retry);
  }
  return out;
}

grpc::Status ToGrpcStatus(const ApiError& error) {
  // absl's canonical codes are gRPC's.
  return grpc::Status(static_cast<grpc::StatusCode>(error.kind().status), Message(error),
                      EncodeRpcStatus(error));
}

}  // namespace millrace
