#include "serving/listen_address.h"

#include <arpa/inet.h>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace millrace {

std::string ListenAddress::ToString() const {
  const bool v6 = absl::StrContains(host, ":");
  return v6 ? absl::StrCat("[", host, "]:", port) : absl::StrCat(host, ":", port);
}

absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text, NetworkTrust trust) {
  const auto invalid = [&](absl::string_view why) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' is no address to listen on: ", why));
  };
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return invalid("expected HOST:PORT");
  absl::string_view host = text.substr(0, colon);
  int32_t port;
  if (!absl::SimpleAtoi(text.substr(colon + 1), &port) || port < 0 || port > 65535) {
    return invalid("the port is not a number from 0 to 65535");
  }
  ListenAddress address;
  address.port = static_cast<uint16_t>(port);
  if (host == "localhost") host = "127.0.0.1";
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  address.host = std::string(bracketed ? host.substr(1, host.size() - 2) : host);
  in_addr v4;
  in6_addr v6;
  if (!bracketed && inet_pton(AF_INET, address.host.c_str(), &v4) == 1) {
    address.loopback = (ntohl(v4.s_addr) >> 24) == 127;
  } else if (bracketed && inet_pton(AF_INET6, address.host.c_str(), &v6) == 1) {
    address.loopback = IN6_IS_ADDR_LOOPBACK(&v6);
  } else {
    return invalid("the host is no IP address (IPv6 in brackets)");
  }
  if (!address.loopback && trust != NetworkTrust::kTrustedNetwork) {
    return absl::FailedPreconditionError(absl::StrCat(
        "'", text, "' is not a loopback address; only server.trusted_network: true allows plain ",
        "text beyond this machine"));
  }
  return address;
}

}  // namespace millrace
