#include "serving/http/connection.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "boost/asio/ip/address_v4.hpp"

namespace millrace {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr absl::string_view kRecordsPrefix = "/api/v1/records/";
// Read ahead at most. Also what a chunk's extension or a trailer may hold, which no other limit
// counts.
constexpr size_t kReadAheadBytes = 64 << 10;
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

// The authority of a target in absolute form ("http://host/path"); empty for other forms.
absl::string_view AuthorityOf(absl::string_view target) {
  constexpr absl::string_view kScheme = "http://";
  if (!absl::StartsWithIgnoreCase(target, kScheme)) return {};
  target.remove_prefix(kScheme.size());
  return target.substr(0, target.find_first_of("/?"));
}

// The target as a path, whichever form it has.
absl::string_view PathOf(absl::string_view target) {
  const absl::string_view authority = AuthorityOf(target);
  if (authority.empty()) return target;
  const absl::string_view path =
      target.substr(static_cast<size_t>(authority.end() - target.begin()));
  return path.empty() ? "/" : path;
}

constexpr absl::string_view kUnreadAnswers = "answers that clients have not read yet hold";

HttpAnswer ShedAnswer(RequestMetrics& metrics, absl::string_view what) {
  metrics.Shed("memory");
  ApiError problem;
  problem.code = ErrorCode::kOverloaded;
  problem.detail = absl::StrCat(what, " as much memory as they may");
  return ProblemAnswer(problem, "");
}

ApiError TooLarge(size_t limit) {
  ApiError problem;
  problem.code = ErrorCode::kTooLarge;
  problem.detail = absl::StrCat("the body exceeds ", limit, " bytes");
  return problem;
}

}  // namespace

Connection::Connection(ConnectionGroup& group, tcp::socket socket, std::string address)
    : group_(group),
      stream_(std::move(socket)),
      address_(std::move(address)),
      buffer_(kReadAheadBytes) {
  group_.open.insert(this);
  ++group_.by_address[address_];
  group_.changed();
}

Connection::~Connection() {
  ForgetBody();
  group_.answer_bytes -= answer_bytes_;
  group_.open.erase(this);
  const auto mine = group_.by_address.find(address_);
  if (--mine->second == 0) group_.by_address.erase(mine);
  group_.changed();
}

void Connection::CloseIfIdle() {
  if (idle_) Close();
}

void Connection::Close() {
  error_code ignored;
  stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
  stream_.close();
}

void Connection::Answer(HttpAnswer answer, const char* method) {
  const double seconds = static_cast<double>(group_.clock.MonotonicNanos() - start_nanos_) * 1e-9;
  if (group_.answer_bytes + answer.body.size() > group_.options.max_answer_bytes) {
    answer = ShedAnswer(group_.metrics, kUnreadAnswers);
  }
  group_.metrics.Answered(method, answer.status, seconds);
  if (answer.rows > 0) group_.metrics.Rows(method, answer.rows);
  ForgetBody();
  Write(std::move(answer), keep_alive_ && !group_.draining);
}

void Connection::WaitForRequest() {
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(group_.options.max_header_bytes));
  // The parser refuses by Content-Length before the path is known to us: OnHeader does the rest.
  parser_->body_limit(
      std::max(group_.options.max_body_bytes, group_.options.max_append_body_bytes));
  if (buffer_.size() > 0) {  // pipelined
    ReadHeader();
    return;
  }
  if (group_.draining) {
    Close();
    return;
  }
  idle_ = true;
  stream_.expires_after(ToStd(group_.options.idle_timeout));
  stream_.async_read_some(buffer_.prepare(4096),
                          [self = shared_from_this()](error_code error, size_t bytes) {
                            self->idle_ = false;
                            if (error) return;  // closed, or idle for too long: nothing is owed
                            self->buffer_.commit(bytes);
                            self->ReadHeader();
                          });
}

void Connection::ReadHeader() {
  stream_.expires_after(ToStd(group_.options.header_timeout));
  http::async_read_header(stream_, buffer_, *parser_,
                          [self = shared_from_this()](error_code error, size_t) {
                            if (error) {
                              self->ReadFailed(error);
                            } else {
                              self->OnHeader();
                            }
                          });
}

void Connection::OnHeader() {
  const auto& request = parser_->get();
  ApiError problem;
  if (!AdmitHeader(&problem) || !AdmitBody(&problem)) return Refuse(problem);
  if (request.version() >= 11 &&
      absl::EqualsIgnoreCase(View(request[http::field::expect]), "100-continue")) {
    return WriteContinue();
  }
  ReadBody();
}

bool Connection::AdmitHeader(ApiError* problem) {
  const auto& request = parser_->get();
  const auto headers = static_cast<size_t>(std::distance(request.begin(), request.end()));
  if (headers > group_.options.max_headers) {
    problem->code = ErrorCode::kHeadersTooLarge;
    problem->detail = absl::StrCat(headers, " headers, at most ", group_.options.max_headers);
    return false;
  }
  if (request.count(http::field::host) != 1) {
    problem->code = ErrorCode::kMalformed;
    problem->detail = "a request has exactly one Host header";
    return false;
  }
  // A coding that is not undone here would leave the end of the body to guesses (RFC 9112, 6.3).
  const size_t codings = request.count(http::field::transfer_encoding);
  if (codings > 1 ||
      (codings == 1 &&
       !absl::EqualsIgnoreCase(View(request[http::field::transfer_encoding]), "chunked"))) {
    problem->code = ErrorCode::kMalformed;
    problem->detail = "a Transfer-Encoding other than chunked";
    return false;
  }
  const absl::string_view authority = AuthorityOf(View(request.target()));
  const absl::string_view host = authority.empty() ? View(request[http::field::host]) : authority;
  if (ComesFromElsewhere(host, View(request[http::field::origin]), group_.options.trust)) {
    problem->code = ErrorCode::kForbidden;
    problem->detail = "a page of another origin, or a name that is not this server's";
    return false;
  }
  return true;
}

bool Connection::AdmitBody(ApiError* problem) {
  const auto length = parser_->content_length();
  if (!length || *length <= group_.options.max_body_bytes) {
    parser_->body_limit(group_.options.max_body_bytes);  // of chunks too
    return true;
  }
  const absl::string_view target = PathOf(View(parser_->get().target()));
  if (parser_->get().method() != http::verb::post || !absl::StartsWith(target, kRecordsPrefix)) {
    *problem = TooLarge(group_.options.max_body_bytes);
    return false;
  }
  if (group_.large_bodies >= group_.options.max_large_bodies) {
    group_.metrics.Shed("busy");
    problem->code = ErrorCode::kOverloaded;
    problem->detail = "as many large requests are under way as may be";
    return false;
  }
  ++group_.large_bodies;
  large_body_ = true;
  return true;
}

void Connection::ForgetBody() {
  if (large_body_) --group_.large_bodies;
  large_body_ = false;
  group_.request_bytes -= std::exchange(request_bytes_, 0);
}

void Connection::WriteContinue() {
  continue_.emplace(http::status::continue_, 11);
  stream_.expires_after(ToStd(group_.options.request_timeout));
  http::async_write(stream_, *continue_, [self = shared_from_this()](error_code error, size_t) {
    if (!error) self->ReadBody();
  });
}

void Connection::ReadBody() {
  const auto length = parser_->content_length();
  absl::Duration budget = group_.options.request_timeout;
  if (length) {
    budget = std::min(budget,
                      group_.options.header_timeout +
                          absl::Seconds(static_cast<double>(*length) /
                                        static_cast<double>(group_.options.min_body_bytes_per_s)));
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

void Connection::OnRequest() {
  stream_.expires_never();
  start_nanos_ = group_.clock.MonotonicNanos();
  http::request<http::string_body> request = parser_->release();
  keep_alive_ = request.keep_alive();
  HttpCall call;
  call.method = std::string(View(request.method_string()));
  call.target = std::string(PathOf(View(request.target())));
  call.content_type = std::string(View(request[http::field::content_type]));
  call.content_encoding = std::string(View(request[http::field::content_encoding]));
  call.body = std::move(request.body());
  head_ = call.method == "HEAD";
  request_bytes_ = large_body_ ? 0 : call.body.size();
  group_.request_bytes += request_bytes_;
  if (group_.request_bytes > group_.options.max_request_bytes_under_way) {
    return Answer(ShedAnswer(group_.metrics, "the requests under way hold"), "other");
  }
  // Before the work rather than after it, while hardly any answer would fit.
  if (group_.answer_bytes > group_.options.max_answer_bytes / 8 * 7) {
    return Answer(ShedAnswer(group_.metrics, kUnreadAnswers), "other");
  }
  group_.run(shared_from_this(), std::move(call));
}

void Connection::ReadFailed(error_code error) {
  if (error == beast::error::timeout) {
    // The stream is closed already: a client that slow is not waited for.
    group_.metrics.Shed("timeout");
    return;
  }
  // Only what the parser says is worth an answer; the rest is a connection that is gone.
  ApiError problem;
  if (error == http::error::header_limit) {
    problem.code = ErrorCode::kHeadersTooLarge;
    problem.detail = absl::StrCat("the request line and headers exceed ",
                                  group_.options.max_header_bytes, " bytes");
  } else if (error == http::error::body_limit) {
    // By its Content-Length, which ends the header as an error, or in chunks.
    const bool append = !parser_->is_header_done() &&
                        absl::StartsWith(PathOf(View(parser_->get().target())), kRecordsPrefix);
    problem =
        TooLarge(append ? group_.options.max_append_body_bytes : group_.options.max_body_bytes);
  } else if (error == http::error::buffer_overflow) {
    problem.code = ErrorCode::kHeadersTooLarge;
    problem.detail =
        absl::StrCat("the extension of a chunk or the trailer exceeds ", kReadAheadBytes, " bytes");
  } else if (error.category() == http::make_error_code(http::error::bad_method).category() &&
             error != http::error::end_of_stream && error != http::error::partial_message) {
    problem.code = ErrorCode::kMalformed;
    problem.detail = absl::StrCat("not HTTP/1.1: ", error.message());
  } else {
    return;
  }
  Refuse(problem);
}

void Connection::Refuse(const ApiError& problem) {
  start_nanos_ = group_.clock.MonotonicNanos();
  head_ = parser_->get().method() == http::verb::head;
  const absl::string_view target = View(parser_->get().target());
  HttpAnswer answer =
      ProblemAnswer(problem, target.substr(0, std::min<size_t>(target.find('?'), 256)));
  group_.metrics.Answered("other", answer.status, 0);
  Write(std::move(answer), false);
}

void Connection::Write(HttpAnswer answer, bool keep_alive) {
  response_.emplace(static_cast<http::status>(answer.status), 11);
  response_->set(http::field::server, "millrace");
  response_->set(http::field::content_type, answer.content_type);
  response_->set(http::field::cache_control, "no-store");
  response_->set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : answer.headers) response_->set(name, value);
  response_->keep_alive(keep_alive);
  const size_t size = answer.body.size();
  if (!head_) response_->body() = std::move(answer.body);
  group_.answer_bytes += response_->body().size() - answer_bytes_;
  answer_bytes_ = response_->body().size();
  response_->content_length(size);
  stream_.expires_after(ToStd(group_.options.request_timeout));
  http::async_write(stream_, *response_,
                    [self = shared_from_this(), keep_alive](error_code error, size_t) {
                      self->head_ = false;
                      self->response_.reset();
                      self->group_.answer_bytes -= std::exchange(self->answer_bytes_, 0);
                      if (error) return;
                      if (keep_alive) {
                        self->WaitForRequest();
                      } else {
                        self->Linger();
                      }
                    });
}

void Connection::Linger() {
  error_code ignored;
  stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  stream_.expires_after(std::chrono::seconds(1));
  Discard(16);
}

void Connection::Discard(int reads) {
  if (reads == 0) return Close();
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(kReadAheadBytes),
                          [self = shared_from_this(), reads](error_code error, size_t) {
                            if (!error) self->Discard(reads - 1);
                          });
}

}  // namespace millrace
