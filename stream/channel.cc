#include "stream/channel.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace millrace {

std::optional<ChannelMark> ReadChannelMark(const Record& record) {
  const auto first = [&record](absl::string_view name) -> std::optional<absl::string_view> {
    for (const Header& header : record.headers) {
      if (header.name == name) return header.value;
    }
    return std::nullopt;
  };
  const auto channel = first("channel"), n = first("n"), epoch = first("epoch");
  ChannelMark mark;
  if (!channel || !n || !epoch || !absl::SimpleAtoi(*n, &mark.n) ||
      !absl::SimpleAtoi(*epoch, &mark.epoch)) {
    return std::nullopt;
  }
  mark.channel = std::string(*channel);
  return mark;
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
