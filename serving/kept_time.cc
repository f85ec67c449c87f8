#include "serving/kept_time.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "serving/errors.h"

namespace millrace {
namespace {

std::string Rfc3339(int64_t epoch_ms) {
  return absl::FormatTime("%E4Y-%m-%dT%H:%M:%E3SZ", absl::FromUnixMillis(epoch_ms),
                          absl::UTCTimeZone());
}

}  // namespace

absl::Status ExplainRead(const absl::Status& status, const OnlineStore& store, int32_t view,
                         int64_t at_ms) {
  const int64_t newest_ms = store.StreamTime();
  if (!absl::IsOutOfRange(status) || newest_ms == INT64_MIN) return status;
  const ViewSpec& spec = *store.views()[static_cast<size_t>(view)];
  ApiError error;
  error.code = ErrorCode::kOutOfRange;
  error.field = "at";
  error.detail = absl::StrCat("view '", spec.name, "' keeps nothing of ", Rfc3339(at_ms),
                              " any more; the oldest time that can be read in full is ",
                              Rfc3339(newest_ms - spec.as_of_ms));
  error.hint = "`as_of` of a view says how far back it can be read";
  return error.ToStatus();
}

}  // namespace millrace
