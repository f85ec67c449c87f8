#include "app/commands/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

namespace millrace {
namespace {

constexpr size_t kMaxReplyBytes = size_t{256} << 20;
constexpr absl::Duration kConnectTimeout = absl::Seconds(3);

size_t TakeBody(char* data, size_t size, size_t count, void* to) {
  auto* body = static_cast<std::string*>(to);
  const size_t bytes = size * count;
  if (bytes > kMaxReplyBytes - body->size()) return 0;  // ends the transfer with an error
  body->append(data, bytes);
  return bytes;
}

struct FreeHeaders {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpClient>> HttpClient::Make(absl::string_view base_url,
                                                             HttpClientOptions options) {
  std::string url(absl::StripSuffix(base_url, "/"));
  if (!absl::StrContains(url, "://")) url = absl::StrCat("http://", url);
  const char* const never =
      options.url_path == HttpClientOptions::UrlPath::kAllowed ? " ?#@" : " /?#@";
  const size_t host = url.find("://") + 3;
  const bool http = absl::StartsWith(url, "http://") || absl::StartsWith(url, "https://");
  if (!http || host == url.size() || url.find_first_of(never, host) != std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", base_url, "' is no server such as http://127.0.0.1:7470"));
  }
  auto client = std::unique_ptr<HttpClient>(new HttpClient(std::move(url), std::move(options)));
  if (client->curl_ == nullptr) return absl::ResourceExhaustedError("cannot make an HTTP client");
  return client;
}

HttpClient::HttpClient(std::string base_url, HttpClientOptions options)
    : base_url_(std::move(base_url)), options_(std::move(options)), curl_(curl_easy_init()) {}

HttpClient::~HttpClient() {
  if (curl_ != nullptr) curl_easy_cleanup(static_cast<CURL*>(curl_));
}

absl::StatusOr<HttpReply> HttpClient::Get(absl::string_view path, absl::Duration timeout) {
  return Call(path, nullptr, timeout);
}

absl::StatusOr<HttpReply> HttpClient::Post(absl::string_view path, absl::string_view json,
                                           absl::Duration timeout) {
  return Call(path, &json, timeout);
}

absl::StatusOr<HttpReply> HttpClient::Call(absl::string_view path, const absl::string_view* json,
                                           absl::Duration timeout) {
  CURL* curl = static_cast<CURL*>(curl_);
  curl_easy_reset(curl);  // keeps the connection
  const std::string url = absl::StrCat(base_url_, path);
  HttpReply reply;
  char problem[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, problem);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
  curl_easy_setopt(
      curl, CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(absl::ToInt64Milliseconds(std::min(timeout, kConnectTimeout))));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(timeout)));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &TakeBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply.body);
  if (!options_.user.empty()) {
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(curl, CURLOPT_USERNAME, options_.user.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, options_.password.c_str());
  }
  if (!options_.token.empty()) {
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, options_.token.c_str());
  }
  std::unique_ptr<curl_slist, FreeHeaders> headers;
  if (json != nullptr) {
    // Without "Expect:" curl waits for a 100 before it sends a large body.
    headers.reset(curl_slist_append(nullptr, "Content-Type: application/json"));
    curl_slist_append(headers.get(), "Expect:");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(json->size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, json->data());
  }
  const CURLcode code = curl_easy_perform(curl);
  const std::string why = problem[0] != 0 ? problem : curl_easy_strerror(code);
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return absl::DeadlineExceededError(absl::StrCat(base_url_, ": ", why));
  }
  if (code == CURLE_WRITE_ERROR) {
    return absl::ResourceExhaustedError(
        absl::StrCat(base_url_, ": the reply is larger than ", kMaxReplyBytes, " bytes"));
  }
  // "Received HTTP/0.9 when not allowed".
  if (code == CURLE_UNSUPPORTED_PROTOCOL) {
    return absl::UnavailableError(
        absl::StrCat(base_url_, ": what answers there is no HTTP server; is it a gRPC port?"));
  }
  if (code != CURLE_OK) return absl::UnavailableError(absl::StrCat(base_url_, ": ", why));
  long status = 0;  // NOLINT(google-runtime-int): what libcurl writes
  const char* type = nullptr;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
  reply.status = static_cast<int>(status);
  if (type != nullptr) reply.content_type = type;
  return reply;
}

std::string PercentEncode(absl::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || absl::StrContains("-._~", absl::string_view(&c, 1))) {
      out.push_back(c);
    } else {
      absl::StrAppendFormat(&out, "%%%02X", byte);
    }
  }
  return out;
}

}  // namespace millrace
