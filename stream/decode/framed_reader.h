// FramedReader: reads records with Confluent framing, each by the schema that its framing names.
// Schemas are fetched when they are first met; then a record costs a comparison more than without
// framing. Owned by one thread.

#ifndef MILLRACE_STREAM_DECODE_FRAMED_READER_H_
#define MILLRACE_STREAM_DECODE_FRAMED_READER_H_

#include <memory>

#include "stream/decode/decoder.h"
#include "stream/decode/field_reader.h"
#include "stream/decode/projection.h"

namespace millrace {

// Rejections besides those of the format: unknown_schema when the registry does not know the id,
// and the same, but transient, when it does not answer; schema when the named schema cannot give
// the fields. JSON needs no schema, hence no registry. REQUIRES: a registry in the options unless
// the format is JSON. `projection` must outlive the reader.
std::unique_ptr<FieldReader> MakeFramedReader(const Projection& projection,
                                              const DecoderOptions& options);

}  // namespace millrace

#endif  // MILLRACE_STREAM_DECODE_FRAMED_READER_H_
