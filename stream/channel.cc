#include "stream/channel.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace millrace {

absl::StatusOr<std::optional<ChannelMark>> ReadChannelMark(const Record& record) {
  ChannelMark mark;
  bool has_channel = false, has_n = false;
  for (const Header& header : record.headers) {
    bool parsed = true;
    if (header.name == "channel") {
      mark.channel = std::string(header.value);
      has_channel = true;
    } else if (header.name == "n") {
      parsed = absl::SimpleAtoi(header.value, &mark.n);
      has_n = true;
    } else if (header.name == "epoch") {
      parsed = absl::SimpleAtoi(header.value, &mark.epoch);
    }
    if (!parsed) {
      return absl::InvalidArgumentError(absl::StrCat("partition ", record.partition, " offset ",
                                                     record.offset, ": header '", header.name,
                                                     "' is not a number"));
    }
  }
  if (!has_channel || !has_n) return std::optional<ChannelMark>();
  return std::optional<ChannelMark>(std::move(mark));
}

absl::StatusOr<bool> ChannelFilter::Accept(const ChannelMark& mark) {
  const auto [epoch, unknown] = epoch_.try_emplace(mark.channel, mark.epoch);
  if (mark.epoch < epoch->second) return false;
  const bool new_owner = !unknown && mark.epoch > epoch->second;
  epoch->second = mark.epoch;
  const auto [it, first] = last_.try_emplace(mark.channel, mark.n);
  if (first) return true;
  if (new_owner && mark.n == 1) {
    it->second = 1;
    return true;
  }
  if (mark.n <= it->second) return false;
  if (mark.n != it->second + 1) {
    return absl::DataLossError(absl::StrCat("channel ", mark.channel, ": records ", it->second + 1,
                                            " to ", mark.n - 1, " are missing"));
  }
  it->second = mark.n;
  return true;
}

}  // namespace millrace
