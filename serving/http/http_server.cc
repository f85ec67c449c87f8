#include "serving/http/http_server.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/asio/thread_pool.hpp"
#include "core/status_macros.h"
#include "serving/errors.h"
#include "serving/http/connection.h"
#include "serving/http/router.h"
#include "serving/request_metrics.h"

namespace millrace {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

}  // namespace

class HttpServer::Impl {
 public:
  Impl(const HttpServerOptions& options, const Services& services, Registry& registry, Clock& clock)
      : options_(options),
        clock_(clock),
        metrics_(registry, "http"),
        router_(services, registry),
        group_{.options = options_,
               .clock = clock,
               .metrics = metrics_,
               .run = [this](std::shared_ptr<Connection> connection,
                             HttpCall call) { Run(std::move(connection), std::move(call)); },
               .changed = [this] { CountOpen(); }},
        blocking_(static_cast<size_t>(std::max(options.blocking_threads, 1))),
        waiting_(static_cast<size_t>(std::max(options.waiting_threads, 1))),
        acceptor_(io_),
        accept_again_(io_) {}

  ~Impl() { Stop(); }

  absl::Status Listen(const ListenAddress& address);
  uint16_t port() const { return port_; }
  void Drain(absl::Duration timeout);
  void Stop();

 private:
  void Accept();
  void OnAccept(error_code error, tcp::socket socket);
  bool Admit(const tcp::socket& socket, std::string* address);
  // Runs the call where it belongs and gives the answer back on the I/O thread.
  void Run(std::shared_ptr<Connection> connection, HttpCall http_call);
  void RunOn(asio::thread_pool& pool, std::atomic<size_t>& under_way, size_t limit,
             std::shared_ptr<Connection> connection, PreparedCall call);
  void CountOpen();

  const HttpServerOptions options_;
  Clock& clock_;
  RequestMetrics metrics_;
  const Router router_;
  uint16_t port_ = 0;

  std::atomic<bool> stopping_{false};
  std::atomic<size_t> blocking_calls_{0};
  std::atomic<size_t> waiting_calls_{0};
  absl::Mutex mutex_;
  size_t open_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopped_ = false;  // the owner's thread

  ConnectionGroup group_;  // the I/O thread's

  // io_ comes last of what connections use: destroying it destroys them.
  asio::thread_pool blocking_;
  asio::thread_pool waiting_;
  asio::io_context io_{1};
  // A connection whose call runs elsewhere is no work that io_ knows of.
  const asio::executor_work_guard<asio::io_context::executor_type> has_work_{io_.get_executor()};
  tcp::acceptor acceptor_;
  asio::steady_timer accept_again_;
  std::thread thread_;
};

absl::Status HttpServer::Impl::Listen(const ListenAddress& address) {
  const auto failed = [&](absl::string_view what, const error_code& error) {
    return absl::UnavailableError(
        absl::StrCat("cannot ", what, " ", address.ToString(), ": ", error.message()));
  };
  error_code error;
  const tcp::endpoint endpoint(asio::ip::make_address(address.host, error), address.port);
  if (error) return failed("use", error);
  acceptor_.open(endpoint.protocol(), error);
  if (error) return failed("open", error);
  acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  acceptor_.bind(endpoint, error);
  if (error) return failed("bind", error);
  acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) return failed("listen on", error);
  port_ = acceptor_.local_endpoint(error).port();
  if (error) return failed("listen on", error);
  metrics_.Listening(address);
  Accept();
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "http");
    io_.run();
  });
  return absl::OkStatus();
}

void HttpServer::Impl::Accept() {
  acceptor_.async_accept(
      [this](error_code error, tcp::socket socket) { OnAccept(error, std::move(socket)); });
}

void HttpServer::Impl::OnAccept(error_code error, tcp::socket socket) {
  if (!acceptor_.is_open()) return;
  if (error) {
    if (error == asio::error::operation_aborted) return;
    // Out of descriptors, most likely. The connection stays in the kernel's queue; trying again at
    // once would only burn the processor.
    metrics_.Shed("accept");
    accept_again_.expires_after(std::chrono::milliseconds(100));
    accept_again_.async_wait([this](error_code cancelled) {
      if (!cancelled && acceptor_.is_open()) Accept();
    });
    return;
  }
  std::string address;
  if (Admit(socket, &address)) {
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    std::make_shared<Connection>(group_, std::move(socket), std::move(address))->Start();
  } else {
    metrics_.Shed("connections");
  }
  Accept();
}

bool HttpServer::Impl::Admit(const tcp::socket& socket, std::string* address) {
  error_code error;
  const tcp::endpoint peer = socket.remote_endpoint(error);
  if (error) return false;  // gone already
  *address = peer.address().to_string();
  if (group_.open.size() >= options_.max_connections) return false;
  const auto same = group_.by_address.find(*address);
  return same == group_.by_address.end() || same->second < options_.max_connections_per_address;
}

void HttpServer::Impl::CountOpen() {
  metrics_.SetConnections(group_.open.size());
  absl::MutexLock lock(&mutex_);
  open_ = group_.open.size();
}

void HttpServer::Impl::Run(std::shared_ptr<Connection> connection, HttpCall http_call) {
  PreparedCall call = router_.Prepare(std::move(http_call));
  switch (call.lane) {
    case Lane::kInline: connection->Answer(call.run(stopping_), call.method); return;
    case Lane::kBlocking:
      RunOn(blocking_, blocking_calls_, options_.max_blocking_calls, std::move(connection),
            std::move(call));
      return;
    case Lane::kWaiting:
      RunOn(waiting_, waiting_calls_, static_cast<size_t>(std::max(options_.waiting_threads, 1)),
            std::move(connection), std::move(call));
      return;
  }
}

void HttpServer::Impl::RunOn(asio::thread_pool& pool, std::atomic<size_t>& under_way, size_t limit,
                             std::shared_ptr<Connection> connection, PreparedCall call) {
  if (under_way.load() >= limit || stopping_.load()) {
    metrics_.Shed("busy");
    ApiError error;
    error.code = ErrorCode::kOverloaded;
    error.detail = "as many calls of this kind are under way as may be";
    connection->Answer(ProblemAnswer(error, ""), call.method);
    return;
  }
  ++under_way;
  asio::post(pool, [this, &under_way, connection = std::move(connection),
                    call = std::move(call)]() mutable {
    HttpAnswer answer = call.run(stopping_);
    --under_way;
    const char* method = call.method;
    // The connection goes home: only the I/O thread may end it.
    asio::post(io_, [connection = std::move(connection), answer = std::move(answer),
                     method]() mutable { connection->Answer(std::move(answer), method); });
  });
}

void HttpServer::Impl::Drain(absl::Duration timeout) {
  asio::post(io_, [this] {
    group_.draining = true;
    error_code ignored;
    acceptor_.close(ignored);
    accept_again_.cancel();
    // Closing only cancels what is under way, so the set stays as it is meanwhile.
    for (Connection* connection : group_.open) connection->CloseIfIdle();
  });
  {
    absl::MutexLock lock(&mutex_);
    clock_.AwaitWithTimeout(mutex_,
                            absl::Condition(
                                +[](size_t* open) { return *open == 0; }, &open_),
                            timeout);
  }
  Stop();
}

void HttpServer::Impl::Stop() {
  if (stopped_) return;
  stopped_ = true;
  if (thread_.joinable()) {
    // On the I/O thread, so that after this none of it goes to the pools any more.
    absl::Notification told;
    asio::post(io_, [this, &told] {
      stopping_ = true;
      group_.draining = true;
      error_code ignored;
      acceptor_.close(ignored);
      accept_again_.cancel();
      told.Notify();
    });
    told.WaitForNotification();
  }
  // Then those who may still hand answers to the I/O thread.
  blocking_.join();
  waiting_.join();
  io_.stop();
  if (thread_.joinable()) thread_.join();
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpServerOptions& options,
                                                              const Services& services,
                                                              Registry& registry, Clock& clock) {
  ASSIGN_OR_RETURN(const ListenAddress address, ParseListenAddress(options.address, options.trust));
  auto impl = std::make_unique<Impl>(options, services, registry, clock);
  RETURN_IF_ERROR(impl->Listen(address));
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

uint16_t HttpServer::port() const { return impl_->port(); }
void HttpServer::Drain(absl::Duration timeout) { impl_->Drain(timeout); }
void HttpServer::Stop() { impl_->Stop(); }

}  // namespace millrace
