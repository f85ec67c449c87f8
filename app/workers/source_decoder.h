// MakeDecoder: the decoder of a source's records, as its format and envelope ask. Thread-safe; a
// decoder is owned by one thread.

#ifndef MILLRACE_APP_WORKERS_SOURCE_DECODER_H_
#define MILLRACE_APP_WORKERS_SOURCE_DECODER_H_

#include <memory>

#include "app/project.h"
#include "stream/decode/decoder.h"

namespace millrace {

// REQUIRES: the source has a topic.
std::unique_ptr<Decoder> MakeDecoder(const SourceSpec& source);
// The same for records of its history files, which are plain rows of JSON whatever the topic
// holds. REQUIRES: the source has a history.
std::unique_ptr<Decoder> MakeHistoryDecoder(const SourceSpec& source);

}  // namespace millrace

#endif  // MILLRACE_APP_WORKERS_SOURCE_DECODER_H_
