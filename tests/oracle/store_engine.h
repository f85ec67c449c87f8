// StoreEngine: the real feature store behind the Engine of the comparison. A view is written as a
// configuration, read back by the product's own loader, and its records are applied as events.

#ifndef MILLRACE_TESTS_ORACLE_STORE_ENGINE_H_
#define MILLRACE_TESTS_ORACLE_STORE_ENGINE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "tests/oracle/engine.h"

namespace millrace::oracle {

// The state is kept in memory. Errors: InvalidArgument with the loader's messages.
absl::StatusOr<std::unique_ptr<Engine>> MakeStoreEngine(const View& view, int sources);

}  // namespace millrace::oracle

#endif  // MILLRACE_TESTS_ORACLE_STORE_ENGINE_H_
