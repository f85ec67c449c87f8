// Sealed bytes: the envelope of everything a learner writes (state, model, metrics): a magic
// number, what it is, its format version, the content and a CRC-32C of all before. Layout:
// docs/learners.md.

#ifndef MILLRACE_LEARNERS_SEALED_BYTES_H_
#define MILLRACE_LEARNERS_SEALED_BYTES_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace millrace {

// Appends `content` sealed as `kind` ("logistic/model") in `format`.
void Seal(absl::string_view kind, uint32_t format, absl::string_view content, std::string* out);

// The content, a view into `bytes`. DataLoss when the bytes are damaged, of another kind, of
// another format or followed by more.
absl::StatusOr<absl::string_view> Unseal(absl::string_view kind, uint32_t format,
                                         absl::string_view bytes);

}  // namespace millrace

#endif  // MILLRACE_LEARNERS_SEALED_BYTES_H_
