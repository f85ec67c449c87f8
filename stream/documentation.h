// Documentation: what people say of a part of a configuration; it changes nothing that is computed.
// Plain values.

#ifndef MILLRACE_STREAM_DOCUMENTATION_H_
#define MILLRACE_STREAM_DOCUMENTATION_H_

#include <string>

namespace millrace {

struct Documentation {
  std::string description;  // what it is; may be empty
  std::string owner;        // who answers for it; may be empty
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_DOCUMENTATION_H_
