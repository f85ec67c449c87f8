#include "app/descriptors.h"

#include <sys/resource.h>

#include <algorithm>

namespace millrace {
namespace {

// Two databases of 512 files each, and what else a process opens: logs, the broker, pools.
constexpr size_t kReserved = 1280;
constexpr size_t kUseful = 8192;

}  // namespace

ConnectionLimits ConnectionsWithin(size_t descriptors) {
  ConnectionLimits limits;
  const size_t wanted = limits.http + 2 * limits.grpc;
  const size_t left = descriptors > kReserved ? descriptors - kReserved : 0;
  if (left >= wanted) return limits;
  limits.http = std::max<size_t>(8, limits.http * left / wanted);
  limits.grpc = std::max<size_t>(8, limits.grpc * left / wanted);
  return limits;
}

size_t RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return kReserved;
  if (limit.rlim_cur < kUseful) {
    rlimit raised = limit;
    raised.rlim_cur = std::min<rlim_t>(kUseful, limit.rlim_max);
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return static_cast<size_t>(std::min<rlim_t>(limit.rlim_cur, kUseful));
}

}  // namespace millrace
