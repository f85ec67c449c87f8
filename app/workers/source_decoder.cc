#include "app/workers/source_decoder.h"

#include "stream/history/history_file.h"

namespace millrace {

std::unique_ptr<Decoder> MakeDecoder(const SourceSpec& source) {
  return MakeDecoder(source.decoder);
}

std::unique_ptr<Decoder> MakeHistoryDecoder(const SourceSpec& source) {
  return MakeDecoder(HistoryDecoderOptions(source.decoder, source.history->format));
}

}  // namespace millrace
