#include "serving/error_pages.h"

#include "absl/strings/str_cat.h"
#include "serving/errors.h"

namespace millrace {

std::optional<std::string> ErrorPage(absl::string_view code) {
  for (const ErrorKind& kind : ErrorKinds()) {
    if (ApiError{.code = kind.code}.code_text() != code) continue;
    return absl::StrCat(code, ": ", kind.title, "\n\nA request failed: ", kind.meaning, ".\nHTTP ",
                        kind.http_status, ", gRPC ", absl::StatusCodeToString(kind.status), ".\n");
  }
  return std::nullopt;
}

}  // namespace millrace
