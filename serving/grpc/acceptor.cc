#include "serving/grpc/acceptor.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"

namespace millrace {
namespace {

union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

SocketAddress ToSocketAddress(const ListenAddress& address, socklen_t* size) {
  SocketAddress out{};
  if (inet_pton(AF_INET, address.host.c_str(), &out.v4.sin_addr) == 1) {
    out.v4.sin_family = AF_INET;
    out.v4.sin_port = htons(address.port);
    *size = sizeof(out.v4);
  } else {
    inet_pton(AF_INET6, address.host.c_str(), &out.v6.sin6_addr);
    out.v6.sin6_family = AF_INET6;
    out.v6.sin6_port = htons(address.port);
    *size = sizeof(out.v6);
  }
  return out;
}

std::string HostOf(const SocketAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* host = address.any.sa_family == AF_INET
                         ? static_cast<const void*>(&address.v4.sin_addr)
                         : static_cast<const void*>(&address.v6.sin6_addr);
  inet_ntop(address.any.sa_family, host, text.data(), text.size());
  return text.data();
}

int OpenNothing() { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

// After descriptors ran out and not even one connection could be refused.
constexpr int kPauseMs = 100;
constexpr int kAcceptedAtOnce = 8;

bool Watch(int events, int fd, uint32_t what) {
  epoll_event event{};
  event.events = what;
  event.data.fd = fd;
  return epoll_ctl(events, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    if (open()) close(fd_);
    fd_ = other.Release();
  }
  return *this;
}

Descriptor::~Descriptor() {
  if (open()) close(fd_);
}

int Descriptor::Release() { return std::exchange(fd_, -1); }

absl::StatusOr<std::unique_ptr<Acceptor>> Acceptor::Listen(const ListenAddress& address,
                                                           const AcceptorLimits& limits,
                                                           RequestMetrics& metrics) {
  std::unique_ptr<Acceptor> acceptor(new Acceptor(limits, metrics));
  RETURN_IF_ERROR(acceptor->Open(address));
  return acceptor;
}

Acceptor::~Acceptor() { Stop(); }

absl::Status Acceptor::Open(const ListenAddress& address) {
  const auto failed = [&](absl::string_view what) {
    return absl::UnavailableError(
        absl::StrCat("cannot ", what, " ", address.ToString(), ": ", std::strerror(errno)));
  };
  socklen_t size = 0;
  SocketAddress name = ToSocketAddress(address, &size);
  listening_ = Descriptor(
      socket(name.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  events_ = Descriptor(epoll_create1(EPOLL_CLOEXEC));
  stop_ = Descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  reserve_ = Descriptor(OpenNothing());
  if (!listening_.open() || !events_.open() || !stop_.open() || !reserve_.open()) {
    return failed("listen on");
  }
  const int yes = 1;
  setsockopt(listening_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  if (bind(listening_.get(), &name.any, size) != 0) return failed("bind");
  if (listen(listening_.get(), SOMAXCONN) != 0) return failed("listen on");
  if (getsockname(listening_.get(), &name.any, &size) != 0) return failed("listen on");
  port_ = ntohs(name.any.sa_family == AF_INET ? name.v4.sin_port : name.v6.sin6_port);
  if (!Watch(events_.get(), listening_.get(), EPOLLIN) ||
      !Watch(events_.get(), stop_.get(), EPOLLIN)) {
    return failed("listen on");
  }
  return absl::OkStatus();
}

void Acceptor::Start(std::function<void(int)> take) {
  take_ = std::move(take);
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "grpc-accept");
    Run();
  });
}

void Acceptor::Stop() {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    // A counter of 64 bits that is written once is never full.
    (void)!write(stop_.get(), &one, sizeof(one));
    thread_.join();
  }
  listening_ = Descriptor();
  open_.clear();
}

void Acceptor::Run() {
  std::array<epoll_event, 64> events;
  for (;;) {
    const int n = epoll_wait(events_.get(), events.data(), static_cast<int>(events.size()),
                             paused_ ? kPauseMs : -1);
    if (paused_ && n == 0) paused_ = !Watch(events_.get(), listening_.get(), EPOLLIN);
    bool more = false;
    for (int i = 0; i < n; ++i) {
      const int fd = events[static_cast<size_t>(i)].data.fd;
      if (fd == stop_.get()) return;
      if (fd == listening_.get()) {
        more = true;
      } else {
        Forget(fd);
      }
    }
    // After the ends, which make room, and a few at a time for the same reason.
    if (more) AcceptSome();
  }
}

void Acceptor::AcceptSome() {
  for (int i = 0; i < kAcceptedAtOnce; ++i) {
    SocketAddress peer{};
    socklen_t size = sizeof(peer);
    Descriptor connection(
        accept4(listening_.get(), &peer.any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!connection.open()) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno != EMFILE && errno != ENFILE) return;
      metrics_.Shed("accept");
      if (RefuseOne()) continue;
      // It stays in the kernel's queue; trying again at once would only burn the processor.
      epoll_ctl(events_.get(), EPOLL_CTL_DEL, listening_.get(), nullptr);
      paused_ = true;
      return;
    }
    const std::string address = HostOf(peer);
    Descriptor watched(Admit(address) ? fcntl(connection.get(), F_DUPFD_CLOEXEC, 0) : -1);
    if (!watched.open() || !Watch(events_.get(), watched.get(), EPOLLRDHUP)) {
      metrics_.Shed("connections");
      continue;
    }
    const int yes = 1;
    setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    ++by_address_[address];
    const int key = watched.get();
    open_.emplace(key, Watched{std::move(watched), address});
    metrics_.SetConnections(open_.size());
    take_(connection.Release());
  }
}

bool Acceptor::RefuseOne() {
  reserve_ = Descriptor();
  bool refused;
  {
    const Descriptor connection(accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    refused = connection.open();
  }
  reserve_ = Descriptor(OpenNothing());
  return refused;
}

bool Acceptor::Admit(const std::string& address) const {
  if (open_.size() >= limits_.max_connections) return false;
  const auto same = by_address_.find(address);
  return same == by_address_.end() || same->second < limits_.max_connections_per_address;
}

void Acceptor::Forget(int fd) {
  const auto found = open_.find(fd);
  if (found == open_.end()) return;
  const auto same = by_address_.find(found->second.address);
  if (--same->second == 0) by_address_.erase(same);
  open_.erase(found);
  metrics_.SetConnections(open_.size());
}

}  // namespace millrace
