// Whether stored state fits the project and the log that a node is opened with, and what to do when
// it does not. Free functions; the errors name the way out.

#ifndef MILLRACE_APP_STATE_FIT_H_
#define MILLRACE_APP_STATE_FIT_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "app/project.h"
#include "stream/state_store.h"

namespace millrace {

// Signs a new state with what the project means and with the log's identity; compares those of an
// older one. FailedPrecondition names what differs: sources, views and their features, tasks.
absl::Status CheckStateFits(const Project& project, absl::string_view log_identity,
                            StateStore* state);

// FailedPrecondition of Outbox::Begin (a newer state has gone on with the log) with the way out;
// any other status as it is.
absl::Status WithSuccessorAdvice(const absl::Status& status, const Project& project);

// Damage of the state, or another format (DataLoss and FailedPrecondition that begin with "state"
// or "feature state"), with the way out; any other status as it is.
absl::Status WithStateAdvice(const absl::Status& status, const Project& project);

}  // namespace millrace

#endif  // MILLRACE_APP_STATE_FIT_H_
