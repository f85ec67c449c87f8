#include "stream/decode/retract_header.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace millrace {
namespace {

class RetractHeaderDecoder final : public Decoder {
 public:
  explicit RetractHeaderDecoder(std::unique_ptr<Decoder> decoder) : decoder_(std::move(decoder)) {}

  std::optional<Rejection> Decode(const Record& record, DecodedRecord* out) override {
    std::optional<Rejection> rejection = decoder_->Decode(record, out);
    if (rejection || record.headers.empty()) return rejection;
    bool retract = false;
    for (const Header& header : record.headers) {
      if (header.name != kRetractHeader) continue;
      if (header.value != "true" && header.value != "false") {
        return Rejection{RejectCode::kMalformed, absl::StrCat("the header '", kRetractHeader,
                                                              "' is neither true nor false")};
      }
      retract = header.value == "true";
    }
    if (!retract) return std::nullopt;
    if (out->retracts) {
      return Rejection{RejectCode::kMalformed,
                       absl::StrCat("the header '", kRetractHeader,
                                    "' stands on a record whose envelope retracts by itself")};
    }
    if (out->inserts) std::swap(out->row, out->before);
    out->retracts = std::exchange(out->inserts, false);
    return std::nullopt;
  }

 private:
  const std::unique_ptr<Decoder> decoder_;
};

}  // namespace

std::unique_ptr<Decoder> HonourRetractHeader(std::unique_ptr<Decoder> decoder) {
  return std::make_unique<RetractHeaderDecoder>(std::move(decoder));
}

}  // namespace millrace
