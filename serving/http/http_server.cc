#include "serving/http/http_server.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <thread>
#include <unordered_set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/asio/thread_pool.hpp"
#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/core/tcp_stream.hpp"
#include "boost/beast/http.hpp"
#include "core/log_line.h"
#include "core/status_macros.h"
#include "serving/errors.h"
#include "serving/http/router.h"
#include "serving/request_metrics.h"

namespace millrace {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr absl::string_view kRecordsPrefix = "/api/v1/records/";
using boost::system::error_code;
using tcp = asio::ip::tcp;

std::chrono::nanoseconds ToStd(absl::Duration d) { return absl::ToChronoNanoseconds(d); }

absl::string_view View(beast::string_view s) { return {s.data(), s.size()}; }

// The host of a Host header without its port.
absl::string_view HostName(absl::string_view host) {
  if (!host.empty() && host[0] == '[') return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

// Whether a browser may have been tricked: a page elsewhere sends an Origin of its own; a name that
// was rebound to this address arrives as Host. Addresses cannot be rebound.
bool ComesFromElsewhere(absl::string_view host, absl::string_view origin, NetworkTrust trust) {
  if (!origin.empty() && origin != absl::StrCat("http://", host)) return true;
  if (trust == NetworkTrust::kTrustedNetwork) return false;
  const std::string name = absl::AsciiStrToLower(HostName(host));
  if (name == "localhost" || (!name.empty() && name[0] == '[')) return false;
  error_code error;
  asio::ip::make_address_v4(std::string(name), error);
  return static_cast<bool>(error);
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(const HttpServerOptions& options, const Services& services, Registry& registry, Clock& clock)
      : options_(options),
        clock_(clock),
        metrics_(registry, "http"),
        router_(services, registry),
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
  class Connection;

  void Accept();
  void OnAccept(error_code error, tcp::socket socket);
  bool Admit(const tcp::socket& socket, std::string* address);
  // Runs the call where it belongs and gives the answer back on the I/O thread.
  void Run(std::shared_ptr<Connection> connection, PreparedCall call);
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

  // The I/O thread's.
  bool draining_ = false;
  std::map<std::string, size_t> by_address_;
  std::unordered_set<Connection*> connections_;
  size_t large_bodies_ = 0;

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

// One connection: read a request, answer it, again. Lives as long as an operation of its own is
// under way. Owned by the I/O thread.
class HttpServer::Impl::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Impl& server, tcp::socket socket, std::string address)
      : server_(server), stream_(std::move(socket)), address_(std::move(address)) {
    server_.connections_.insert(this);
    ++server_.by_address_[address_];
    server_.CountOpen();
  }

  ~Connection() {
    LeaveLargeBodies();
    server_.connections_.erase(this);
    const auto mine = server_.by_address_.find(address_);
    if (--mine->second == 0) server_.by_address_.erase(mine);
    server_.CountOpen();
  }

  void Start() { WaitForRequest(); }

  void CloseIfIdle() {
    if (idle_) Close();
  }

  void Close() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    stream_.close();
  }

  // Gives the answer to the request read last.
  void Answer(HttpAnswer answer, const char* method) {
    const double seconds =
        static_cast<double>(server_.clock_.MonotonicNanos() - start_nanos_) * 1e-9;
    server_.metrics_.Answered(method, answer.status, seconds);
    LeaveLargeBodies();
    Write(std::move(answer), keep_alive_ && !server_.draining_);
  }

  bool head() const { return head_; }

 private:
  void WaitForRequest() {
    parser_.emplace();
    parser_->header_limit(static_cast<uint32_t>(server_.options_.max_header_bytes));
    // The parser refuses by Content-Length before the path is known to us: OnHeader does the rest.
    parser_->body_limit(
        std::max(server_.options_.max_body_bytes, server_.options_.max_append_body_bytes));
    if (buffer_.size() > 0) {  // pipelined
      ReadHeader();
      return;
    }
    if (server_.draining_) {
      Close();
      return;
    }
    idle_ = true;
    stream_.expires_after(ToStd(server_.options_.idle_timeout));
    stream_.async_read_some(buffer_.prepare(4096),
                            [self = shared_from_this()](error_code error, size_t bytes) {
                              self->idle_ = false;
                              if (error) return;  // closed, or idle for too long: nothing is owed
                              self->buffer_.commit(bytes);
                              self->ReadHeader();
                            });
  }

  void ReadHeader() {
    stream_.expires_after(ToStd(server_.options_.header_timeout));
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = shared_from_this()](error_code error, size_t) {
                              if (error) {
                                self->ReadFailed(error);
                              } else {
                                self->OnHeader();
                              }
                            });
  }

  void OnHeader() {
    const auto& request = parser_->get();
    size_t headers = 0;
    for (const auto& field : request) {
      (void)field;
      ++headers;
    }
    ApiError problem;
    if (headers > server_.options_.max_headers) {
      problem.code = ErrorCode::kHeadersTooLarge;
      problem.detail = absl::StrCat(headers, " headers, at most ", server_.options_.max_headers);
      return Refuse(problem);
    }
    if (request.count(http::field::host) != 1) {
      problem.code = ErrorCode::kMalformed;
      problem.detail = "a request has exactly one Host header";
      return Refuse(problem);
    }
    if (ComesFromElsewhere(View(request[http::field::host]), View(request[http::field::origin]),
                           server_.options_.trust)) {
      problem.code = ErrorCode::kForbidden;
      problem.detail = "a page of another origin, or a name that is not this server's";
      return Refuse(problem);
    }
    if (!AdmitBody(&problem)) return Refuse(problem);
    if (absl::EqualsIgnoreCase(View(request[http::field::expect]), "100-continue")) {
      return WriteContinue();
    }
    ReadBody();
  }

  // The limit of the body by what is asked; false with the problem when it is beyond that.
  bool AdmitBody(ApiError* problem) {
    const auto length = parser_->content_length();
    if (!length || *length <= server_.options_.max_body_bytes) {
      parser_->body_limit(server_.options_.max_body_bytes);  // of chunks too
      return true;
    }
    const absl::string_view target = View(parser_->get().target());
    if (parser_->get().method() != http::verb::post || !absl::StartsWith(target, kRecordsPrefix)) {
      *problem = TooLarge(server_.options_.max_body_bytes);
      return false;
    }
    if (server_.large_bodies_ >= server_.options_.max_large_bodies) {
      server_.metrics_.Shed("busy");
      problem->code = ErrorCode::kOverloaded;
      problem->detail = "as many large requests are under way as may be";
      return false;
    }
    ++server_.large_bodies_;
    large_body_ = true;
    return true;
  }

  void LeaveLargeBodies() {
    if (large_body_) --server_.large_bodies_;
    large_body_ = false;
  }

  static ApiError TooLarge(size_t limit) {
    ApiError problem;
    problem.code = ErrorCode::kTooLarge;
    problem.detail = absl::StrCat("the body exceeds ", limit, " bytes");
    return problem;
  }

  void WriteContinue() {
    continue_.emplace(http::status::continue_, 11);
    stream_.expires_after(ToStd(server_.options_.request_timeout));
    http::async_write(stream_, *continue_, [self = shared_from_this()](error_code error, size_t) {
      if (!error) self->ReadBody();
    });
  }

  void ReadBody() {
    const auto length = parser_->content_length();
    absl::Duration budget = server_.options_.request_timeout;
    if (length) {
      budget = std::min(
          budget, server_.options_.header_timeout +
                      absl::Seconds(static_cast<double>(*length) /
                                    static_cast<double>(server_.options_.min_body_bytes_per_s)));
    }
    stream_.expires_after(ToStd(budget));
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](error_code error, size_t) {
                       if (error) {
                         self->ReadFailed(error);
                       } else {
                         self->OnRequest();
                       }
                     });
  }

  void OnRequest() {
    stream_.expires_never();
    start_nanos_ = server_.clock_.MonotonicNanos();
    http::request<http::string_body> request = parser_->release();
    keep_alive_ = request.keep_alive();
    HttpCall call;
    call.method = std::string(View(request.method_string()));
    call.target = std::string(View(request.target()));
    call.content_type = std::string(View(request[http::field::content_type]));
    call.content_encoding = std::string(View(request[http::field::content_encoding]));
    call.body = std::move(request.body());
    head_ = call.method == "HEAD";
    server_.Run(shared_from_this(), server_.router_.Prepare(std::move(call)));
  }

  void ReadFailed(error_code error) {
    if (error == beast::error::timeout) {
      // The stream is closed already: a client that slow is not waited for.
      server_.metrics_.Shed("timeout");
      return;
    }
    // Only what the parser says is worth an answer; the rest is a connection that is gone.
    ApiError problem;
    if (error == http::error::header_limit) {
      problem.code = ErrorCode::kHeadersTooLarge;
      problem.detail = absl::StrCat("the request line and headers exceed ",
                                    server_.options_.max_header_bytes, " bytes");
    } else if (error == http::error::body_limit) {
      // By its Content-Length, which ends the header as an error, or in chunks.
      const bool append = !parser_->is_header_done() &&
                          absl::StartsWith(View(parser_->get().target()), kRecordsPrefix);
      problem = TooLarge(append ? server_.options_.max_append_body_bytes
                                : server_.options_.max_body_bytes);
    } else if (error.category() == http::make_error_code(http::error::bad_method).category() &&
               error != http::error::end_of_stream && error != http::error::partial_message) {
      problem.code = ErrorCode::kMalformed;
      problem.detail = absl::StrCat("not HTTP/1.1: ", error.message());
    } else {
      return;
    }
    Refuse(problem);
  }

  // Answers without having read the request to its end, and closes.
  void Refuse(const ApiError& problem) {
    start_nanos_ = server_.clock_.MonotonicNanos();
    const absl::string_view target = View(parser_->get().target());
    HttpAnswer answer =
        ProblemAnswer(problem, target.substr(0, std::min<size_t>(target.find('?'), 256)));
    server_.metrics_.Answered("other", answer.status, 0);
    Write(std::move(answer), false);
  }

  void Write(HttpAnswer answer, bool keep_alive) {
    response_.emplace(static_cast<http::status>(answer.status), 11);
    response_->set(http::field::server, "millrace");
    response_->set(http::field::content_type, answer.content_type);
    response_->set(http::field::cache_control, "no-store");
    response_->set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : answer.headers) response_->set(name, value);
    response_->keep_alive(keep_alive);
    const size_t size = answer.body.size();
    if (!head_) response_->body() = std::move(answer.body);
    response_->content_length(size);
    stream_.expires_after(ToStd(server_.options_.request_timeout));
    http::async_write(stream_, *response_,
                      [self = shared_from_this(), keep_alive](error_code error, size_t) {
                        self->head_ = false;
                        if (error) return;
                        if (keep_alive) {
                          self->WaitForRequest();
                        } else {
                          self->Linger();
                        }
                      });
  }

  // Closes our side and reads what is still on its way, a little: closing with unread bytes would
  // reset the connection and could destroy the answer before the client has read it.
  void Linger() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.expires_after(std::chrono::seconds(1));
    Discard(16);
  }

  void Discard(int reads) {
    if (reads == 0) return Close();
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(64 << 10),
                            [self = shared_from_this(), reads](error_code error, size_t) {
                              if (!error) self->Discard(reads - 1);
                            });
  }

  Impl& server_;
  beast::tcp_stream stream_;
  const std::string address_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::string_body>> response_;
  std::optional<http::response<http::empty_body>> continue_;
  int64_t start_nanos_ = 0;
  bool keep_alive_ = false;
  bool idle_ = false;
  bool head_ = false;
  bool large_body_ = false;  // counted in large_bodies_
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
    std::make_shared<Connection>(*this, std::move(socket), std::move(address))->Start();
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
  if (connections_.size() >= options_.max_connections) return false;
  const auto same = by_address_.find(*address);
  return same == by_address_.end() || same->second < options_.max_connections_per_address;
}

void HttpServer::Impl::CountOpen() {
  metrics_.SetConnections(connections_.size());
  absl::MutexLock lock(&mutex_);
  open_ = connections_.size();
}

void HttpServer::Impl::Run(std::shared_ptr<Connection> connection, PreparedCall call) {
  if (call.rows > 0) metrics_.Rows(call.method, call.rows);
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
    draining_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    accept_again_.cancel();
    // Closing only cancels what is under way, so the set stays as it is meanwhile.
    for (Connection* connection : connections_) connection->CloseIfIdle();
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
      draining_ = true;
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
  registry
      .GetGauge("millrace_server_plaintext",
                "1 while plain text is served beyond this machine (server.trusted_network).",
                {{"protocol", "http"}})
      .Set(address.loopback ? 0 : 1);
  if (!address.loopback) {
    LogLine(LogLevel::kWarn, "plaintext_beyond_loopback").With("http", address.ToString());
  }
  auto impl = std::make_unique<Impl>(options, services, registry, clock);
  RETURN_IF_ERROR(impl->Listen(address));
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

uint16_t HttpServer::port() const { return impl_->port(); }
void HttpServer::Drain(absl::Duration timeout) { impl_->Drain(timeout); }
void HttpServer::Stop() { impl_->Stop(); }

}  // namespace millrace
