// The version of this program.

#ifndef MILLRACE_APP_VERSION_H_
#define MILLRACE_APP_VERSION_H_

namespace millrace {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace millrace

#endif  // MILLRACE_APP_VERSION_H_
