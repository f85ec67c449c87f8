#include "serving/http/router.h"

#include <memory>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "serving/error_pages.h"
#include "serving/json_requests.h"
#include "serving/json_responses.h"

namespace millrace {
namespace {

constexpr absl::string_view kRecordsPrefix = "/api/v1/records/";
constexpr absl::string_view kErrorsPrefix = "/errors/";
// A waiting read looks this often whether the server stops.
constexpr absl::Duration kWaitSlice = absl::Milliseconds(200);

absl::string_view PathOf(const HttpCall& call) {
  const absl::string_view target = call.target;
  return target.substr(0, target.find('?'));
}

absl::string_view QueryOf(const HttpCall& call) {
  const absl::string_view target = call.target;
  const size_t mark = target.find('?');
  return mark == absl::string_view::npos ? absl::string_view() : target.substr(mark + 1);
}

PreparedCall Answered(const char* method, HttpAnswer answer) {
  PreparedCall prepared;
  prepared.method = method;
  prepared.run = [answer = std::move(answer)](const std::atomic<bool>&) { return answer; };
  return prepared;
}

PreparedCall Failed(const char* method, const HttpCall& call, const ApiError& error) {
  return Answered(method, ProblemAnswer(error, PathOf(call)));
}

PreparedCall Failed(const char* method, const HttpCall& call, const absl::Status& status) {
  return Failed(method, call, ErrorOf(status));
}

PreparedCall NotServed(const char* method, const HttpCall& call) {
  ApiError error;
  error.code = ErrorCode::kNotServed;
  error.detail = "this process does not serve that";
  return Failed(method, call, error);
}

HttpAnswer Json(std::string body) {
  HttpAnswer answer;
  answer.body = std::move(body);
  return answer;
}

HttpAnswer Text(int status, std::string body) {
  HttpAnswer answer;
  answer.status = status;
  answer.content_type = "text/plain; charset=utf-8";
  answer.body = std::move(body);
  return answer;
}

// JSON by its media type. A form is what `curl -d` says of any body; that a browser says so too is
// covered by the server's check of Origin.
bool IsJsonMedia(absl::string_view content_type) {
  const std::string media = absl::AsciiStrToLower(
      absl::StripAsciiWhitespace(content_type.substr(0, content_type.find(';'))));
  return media.empty() || media == "application/json" || media == "application/problem+json" ||
         media == "application/x-www-form-urlencoded" ||
         (absl::StartsWith(media, "application/") && absl::EndsWith(media, "+json"));
}

}  // namespace

HttpAnswer ProblemAnswer(const ApiError& error, absl::string_view instance) {
  HttpAnswer answer;
  answer.status = error.kind().http_status;
  answer.content_type = "application/problem+json";
  answer.body = ProblemJson(error, instance);
  if (answer.status == 429 || answer.status == 503) answer.headers.emplace_back("Retry-After", "1");
  return answer;
}

struct Router::Route {
  absl::string_view method;
  absl::string_view path;  // "/livez"; "/errors/{code}" for all that begin with "/errors/"
  const char* label;
  PreparedCall (Router::*prepare)(HttpCall&) const;
  const char* help;
};

const std::vector<Router::Route>& Router::Routes() {
  static const std::vector<Route>* const kRoutes = new std::vector<Route>{
      {"POST", "/api/v1/features", "features", &Router::Features, "read features"},
      {"POST", "/api/v1/score", "score", &Router::Score, "score decisions"},
      {"POST", "/api/v1/records/{topic}", "records_append", &Router::Append,
       "append records to {topic}"},
      {"GET", "/api/v1/records/{topic}", "records_read", &Router::ReadRecords,
       "read {topic}: ?partition&offset&limit&wait"},
      {"GET", "/api/v1/topics", "topics", &Router::Topics, "the topics of the log"},
      {"GET", "/api/v1/catalog", "catalog", &Router::Catalog, "features, sources, who uses them"},
      {"GET", "/api/v1/status", "status", &Router::Status, "positions, models, health"},
      {"GET", "/livez", "health", &Router::Probe, "is the process alive"},
      {"GET", "/healthz", "health", &Router::Probe, "as /livez"},
      {"GET", "/readyz", "health", &Router::Probe, "may requests be sent here; ?verbose"},
      {"GET", "/startupz", "health", &Router::Probe, "is the start over"},
      {"GET", "/metrics", "metrics", &Router::Metrics, "Prometheus text"},
      {"GET", "/errors/{code}", "errors", &Router::ErrorText, "what an error code means"},
      {"GET", "/", "index", &Router::Index, "this page"},
  };
  return *kRoutes;
}

Router::Router(const Services& services, const Registry& registry)
    : services_(services), registry_(registry) {}

PreparedCall Router::Prepare(HttpCall call) const {
  const absl::string_view path = PathOf(call);
  const Route* other_method = nullptr;
  std::string allowed;
  for (const Route& route : Routes()) {
    const absl::string_view prefix = route.path.substr(0, route.path.find('{'));
    const bool matches = prefix.size() < route.path.size()
                             ? path.size() > prefix.size() && absl::StartsWith(path, prefix)
                             : path == route.path;
    if (!matches) continue;
    if (route.method != call.method && !(route.method == "GET" && call.method == "HEAD")) {
      other_method = &route;
      absl::StrAppend(&allowed, allowed.empty() ? "" : ", ", route.method);
      continue;
    }
    if (route.method == "POST") {
      ApiError error;
      error.code = ErrorCode::kUnsupportedMedia;
      if (!call.content_encoding.empty() && call.content_encoding != "identity") {
        error.detail = "compressed bodies are not accepted";
        return Failed(route.label, call, error);
      }
      if (!IsJsonMedia(call.content_type)) {
        error.detail = absl::StrCat("'", call.content_type, "' is not JSON");
        error.hint = "send Content-Type: application/json";
        return Failed(route.label, call, error);
      }
    }
    return (this->*route.prepare)(call);
  }
  ApiError error;
  if (other_method != nullptr) {
    error.code = ErrorCode::kMethodNotAllowed;
    error.detail = absl::StrCat(path, " takes ", allowed);
    HttpAnswer answer = ProblemAnswer(error, path);
    answer.headers.emplace_back("Allow", allowed);
    return Answered(other_method->label, std::move(answer));
  }
  error.code = ErrorCode::kUnknownRoute;
  error.detail = "nothing is served at this path";
  error.hint = "GET / lists what is";
  return Failed("other", call, error);
}

PreparedCall Router::Features(HttpCall& call) const {
  if (services_.features == nullptr) return NotServed("features", call);
  absl::StatusOr<FeaturesRequest> request = ParseFeaturesRequest(call.body);
  if (!request.ok()) return Failed("features", call, request.status());
  PreparedCall prepared;
  prepared.method = "features";
  if (services_.features->MayBlock(*request)) prepared.lane = Lane::kWaiting;
  prepared.run = [port = services_.features, request = *std::move(request),
                  path = std::string(PathOf(call))](const std::atomic<bool>&) {
    const absl::StatusOr<FeaturesResponse> response = port->ReadFeatures(request);
    HttpAnswer answer = response.ok() ? Json(FeaturesJson(*response))
                                      : ProblemAnswer(ErrorOf(response.status()), path);
    answer.rows = request.keys.size();
    return answer;
  };
  return prepared;
}

PreparedCall Router::Score(HttpCall& call) const {
  if (services_.scores == nullptr) return NotServed("score", call);
  absl::StatusOr<ScoreRequest> request = ParseScoreRequest(call.body);
  if (!request.ok()) return Failed("score", call, request.status());
  PreparedCall prepared;
  prepared.method = "score";
  if (services_.scores->MayBlock(*request)) prepared.lane = Lane::kBlocking;
  prepared.run = [port = services_.scores, request = *std::move(request),
                  path = std::string(PathOf(call))](const std::atomic<bool>&) {
    const absl::StatusOr<ScoreResponse> response = port->Score(request);
    HttpAnswer answer = response.ok() ? Json(ScoresJson(*response))
                                      : ProblemAnswer(ErrorOf(response.status()), path);
    answer.rows = request.rows.size();
    return answer;
  };
  return prepared;
}

PreparedCall Router::Append(HttpCall& call) const {
  if (services_.records == nullptr) return NotServed("records_append", call);
  const absl::StatusOr<std::string> topic =
      DecodePercent(PathOf(call).substr(kRecordsPrefix.size()));
  if (!topic.ok()) return Failed("records_append", call, topic.status());
  PreparedCall prepared;
  prepared.lane = Lane::kBlocking;
  prepared.method = "records_append";
  // Parsed where it runs: a body of many megabytes would hold up the thread that reads connections.
  prepared.run = [port = services_.records, topic = *topic, body = std::move(call.body),
                  path = std::string(PathOf(call))](const std::atomic<bool>&) {
    const absl::StatusOr<std::vector<NewRecord>> records = ParseAppendRequest(body);
    if (!records.ok()) return ProblemAnswer(ErrorOf(records.status()), path);
    const auto positions = port->Append(topic, *records);
    HttpAnswer answer = positions.ok() ? Json(PositionsJson(*positions))
                                       : ProblemAnswer(ErrorOf(positions.status()), path);
    answer.rows = records->size();
    return answer;
  };
  return prepared;
}

PreparedCall Router::ReadRecords(HttpCall& call) const {
  if (services_.records == nullptr) return NotServed("records_read", call);
  const absl::StatusOr<std::string> topic =
      DecodePercent(PathOf(call).substr(kRecordsPrefix.size()));
  if (!topic.ok()) return Failed("records_read", call, topic.status());
  absl::StatusOr<ReadRecordsRequest> request = ParseReadQuery(*topic, QueryOf(call));
  if (!request.ok()) return Failed("records_read", call, request.status());
  PreparedCall prepared;
  prepared.method = "records_read";
  prepared.lane = request->wait > absl::ZeroDuration() ? Lane::kWaiting : Lane::kBlocking;
  prepared.run = [port = services_.records, request = *std::move(request),
                  path = std::string(PathOf(call))](const std::atomic<bool>& stopping) {
    // In slices, so that a stop is not held up by those who wait. Slices are counted rather than
    // measured: the port waits each out unless records come.
    ReadRecordsRequest slice = request;
    absl::Duration left = request.wait;
    for (;;) {
      slice.wait = std::min(left, kWaitSlice);
      const absl::StatusOr<ReadRecordsResponse> response = port->Read(slice);
      if (!response.ok()) return ProblemAnswer(ErrorOf(response.status()), path);
      left -= slice.wait;
      if (!response->records.empty() || left <= absl::ZeroDuration() || stopping.load()) {
        return Json(RecordsJson(*response));
      }
    }
  };
  return prepared;
}

PreparedCall Router::Topics(HttpCall& call) const {
  if (services_.records == nullptr) return NotServed("topics", call);
  PreparedCall prepared;
  prepared.lane = Lane::kBlocking;
  prepared.method = "topics";
  prepared.run = [port = services_.records,
                  path = std::string(PathOf(call))](const std::atomic<bool>&) {
    const auto topics = port->Topics();
    return topics.ok() ? Json(TopicsJson(*topics)) : ProblemAnswer(ErrorOf(topics.status()), path);
  };
  return prepared;
}

PreparedCall Router::Catalog(HttpCall& call) const {
  if (services_.catalog == nullptr) return NotServed("catalog", call);
  return Answered("catalog", Json(*services_.catalog));
}

PreparedCall Router::Status(HttpCall& call) const {
  if (services_.status == nullptr) return NotServed("status", call);
  PreparedCall prepared;
  prepared.lane = Lane::kBlocking;
  prepared.method = "status";
  prepared.run = [port = services_.status,
                  path = std::string(PathOf(call))](const std::atomic<bool>&) {
    const auto json = port->StatusJson();
    return json.ok() ? Json(*json) : ProblemAnswer(ErrorOf(json.status()), path);
  };
  return prepared;
}

PreparedCall Router::Probe(HttpCall& call) const {
  if (services_.status == nullptr) return NotServed("health", call);
  const Health health = services_.status->GetHealth();
  const absl::string_view path = PathOf(call);
  const bool ok = path == "/readyz"     ? health.ready
                  : path == "/startupz" ? health.started
                                        : health.live;
  std::string body;
  if (QueryOf(call) == "verbose" || !ok) {
    for (const HealthCheck& check : health.checks) {
      absl::StrAppend(&body, check.ok ? "[+]" : "[-]", check.name, " ", check.detail, "\n");
    }
  }
  absl::StrAppend(&body, ok ? "ok\n" : "not ok\n");
  return Answered("health", Text(ok ? 200 : 503, std::move(body)));
}

PreparedCall Router::Metrics(HttpCall&) const {
  if (services_.status != nullptr) services_.status->RefreshMetrics();
  HttpAnswer answer = Text(200, registry_.Text());
  answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return Answered("metrics", std::move(answer));
}

PreparedCall Router::ErrorText(HttpCall& call) const {
  std::optional<std::string> page = ErrorPage(PathOf(call).substr(kErrorsPrefix.size()));
  if (page) return Answered("errors", Text(200, *std::move(page)));
  ApiError error;
  error.code = ErrorCode::kUnknownRoute;
  error.detail = "there is no error of this code";
  error.hint = "`millrace help errors` lists them";
  return Failed("errors", call, error);
}

PreparedCall Router::Index(HttpCall&) const {
  std::string body = "Millrace\n\n";
  for (const Route& route : Routes()) {
    absl::StrAppend(&body, route.method, route.method == "GET" ? "   " : "  ", route.path,
                    std::string(route.path.size() < 28 ? 28 - route.path.size() : 1, ' '),
                    route.help, "\n");
  }
  return Answered("index", Text(200, std::move(body)));
}

}  // namespace millrace
