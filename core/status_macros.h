// RETURN_IF_ERROR and ASSIGN_OR_RETURN: early return for absl::Status and absl::StatusOr.
//
//   RETURN_IF_ERROR(log->Append(batch));
//   ASSIGN_OR_RETURN(auto reader, log->OpenReader(options));

#ifndef MILLRACE_CORE_STATUS_MACROS_H_
#define MILLRACE_CORE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define RETURN_IF_ERROR(expr)                           \
  do {                                                  \
    if (absl::Status status_ = (expr); !status_.ok()) { \
      return status_;                                   \
    }                                                   \
  } while (false)

#define MILLRACE_CONCAT_INNER(a, b) a##b
#define MILLRACE_CONCAT(a, b) MILLRACE_CONCAT_INNER(a, b)

#define ASSIGN_OR_RETURN(lhs, expr) \
  MILLRACE_ASSIGN_OR_RETURN(MILLRACE_CONCAT(status_or_, __LINE__), lhs, expr)
// NOLINTBEGIN(bugprone-macro-parentheses): names and declarations do not stand in parentheses.
#define MILLRACE_ASSIGN_OR_RETURN(tmp, lhs, expr) \
  auto tmp = (expr);                              \
  if (!tmp.ok()) return std::move(tmp).status();  \
  lhs = *std::move(tmp)
// NOLINTEND(bugprone-macro-parentheses)

#endif  // MILLRACE_CORE_STATUS_MACROS_H_
