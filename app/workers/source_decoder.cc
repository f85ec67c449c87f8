#include "app/workers/source_decoder.h"

#include "stream/decode/retract_header.h"

namespace millrace {

std::unique_ptr<Decoder> MakeDecoder(const SourceSpec& source) {
  return HonourRetractHeader(MakeJsonDecoder(source.decoder));
}

std::unique_ptr<Decoder> MakeHistoryDecoder(const SourceSpec& source) {
  return MakeJsonDecoder(source.decoder);
}

}  // namespace millrace
