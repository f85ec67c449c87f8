// How many connections the servers may hold so that the databases, which share the process's file
// descriptors, never run out of them.

#ifndef MILLRACE_APP_DESCRIPTORS_H_
#define MILLRACE_APP_DESCRIPTORS_H_

#include <cstddef>

namespace millrace {

struct ConnectionLimits {
  size_t http = 1024;
  size_t grpc = 256;  // each takes two descriptors
};

// The default limits, or as much of them as `descriptors` leave room for; at least 8 of each.
ConnectionLimits ConnectionsWithin(size_t descriptors);

// Raises this process's soft limit of open files to what is useful, as far as the hard one allows,
// and returns it. Process-wide.
size_t RaiseDescriptorLimit();

}  // namespace millrace

#endif  // MILLRACE_APP_DESCRIPTORS_H_
