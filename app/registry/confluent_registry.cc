#include "app/registry/confluent_registry.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "app/commands/http_client.h"
#include "core/status_macros.h"
#include "stream/decode/json_document.h"

namespace millrace {
namespace {

// Bounds of what an id from outside can make us keep and ask for.
constexpr size_t kMaxSchemas = 10'000;
constexpr size_t kMaxUnknown = 10'000;
constexpr size_t kMaxReferences = 100;
constexpr JsonLimits kReplyLimits = {.max_bytes = 8 << 20};

absl::string_view TextAt(const JsonValue& object, absl::string_view key) {
  const JsonValue* value = object.Find(key);
  return value != nullptr && value->kind() == JsonKind::kString ? value->string_value()
                                                                : absl::string_view();
}

absl::StatusOr<SchemaLanguage> LanguageOf(const JsonValue& reply) {
  const absl::string_view type = TextAt(reply, "schemaType");
  if (type.empty() || type == "AVRO") return SchemaLanguage::kAvro;
  if (type == "PROTOBUF") return SchemaLanguage::kProtobuf;
  if (type == "JSON") return SchemaLanguage::kJson;
  return absl::InvalidArgumentError(absl::StrCat("it is of the unknown type '", type, "'"));
}

}  // namespace

// The requests that one schema takes: its own, then those of what it refers to.
struct ConfluentRegistry::Question {
  const ConfluentRegistry& registry;
  const int64_t begun_nanos;
  std::vector<NamedText> references = {};
  std::vector<std::string> asked = {};  // names of references

  absl::StatusOr<JsonValue> Get(const std::string& path) const {
    const absl::Duration left =
        registry.timeout_ - absl::Nanoseconds(registry.clock_->MonotonicNanos() - begun_nanos);
    if (left <= absl::ZeroDuration()) {
      return absl::UnavailableError("the registry took too long");
    }
    const absl::StatusOr<Reply> reply = registry.get_(path, left);
    if (!reply.ok()) return absl::UnavailableError(reply.status().message());
    if (reply->status == 404) return absl::NotFoundError("the registry does not know it");
    if (reply->status == 401 || reply->status == 403) {
      return absl::UnavailableError(
          absl::StrCat("the registry refuses the credentials (", reply->status, ")"));
    }
    if (reply->status != 200) {
      return absl::UnavailableError(absl::StrCat("the registry answers ", reply->status));
    }
    absl::StatusOr<JsonValue> json = ParseJson(reply->body, kReplyLimits);
    if (!json.ok() || TextAt(*json, "schema").empty()) {
      return absl::UnavailableError("what answers is no schema registry");
    }
    return json;
  }

  // Adds what `reply` refers to, dependencies first.
  absl::Status Follow(const JsonValue& reply) {
    const JsonValue* list = reply.Find("references");
    if (list == nullptr || list->kind() != JsonKind::kArray) return absl::OkStatus();
    for (const JsonValue& reference : list->items()) {
      const std::string name(TextAt(reference, "name"));
      const absl::string_view subject = TextAt(reference, "subject");
      const JsonValue* version = reference.Find("version");
      if (subject.empty() || version == nullptr || version->kind() != JsonKind::kInt) {
        return absl::InvalidArgumentError(
            absl::StrCat("its reference '", name, "' names no subject"));
      }
      if (std::find(asked.begin(), asked.end(), name) != asked.end()) continue;
      if (asked.size() == kMaxReferences) {
        return absl::InvalidArgumentError(
            absl::StrCat("it refers to more than ", kMaxReferences, " others"));
      }
      asked.push_back(name);
      const absl::StatusOr<JsonValue> found = Get(
          absl::StrCat("/subjects/", PercentEncode(subject), "/versions/", version->int_value()));
      if (!found.ok()) {
        return absl::UnavailableError(
            absl::StrCat("its reference '", name, "': ", found.status().message()));
      }
      RETURN_IF_ERROR(Follow(*found));
      references.push_back({name, std::string(TextAt(*found, "schema"))});
    }
    return absl::OkStatus();
  }
};

absl::StatusOr<std::shared_ptr<SchemaRegistry>> ConfluentRegistry::Make(RegistryOptions options) {
  const HttpClientOptions http = {.url_path = HttpClientOptions::UrlPath::kAllowed,
                                  .user = options.user,
                                  .password = options.password,
                                  .token = options.token};
  absl::string_view host = options.url;
  if (!(absl::ConsumePrefix(&host, "http://") || absl::ConsumePrefix(&host, "https://")) ||
      host.empty() || host[0] == '/') {
    return absl::InvalidArgumentError("the URL of a registry begins with http:// or https://");
  }
  RETURN_IF_ERROR(HttpClient::Make(options.url, http).status());
  // A connection for each schema: there are few, and any thread may ask.
  Get get = [url = options.url, http](const std::string& path,
                                      absl::Duration timeout) -> absl::StatusOr<Reply> {
    ASSIGN_OR_RETURN(const std::unique_ptr<HttpClient> client, HttpClient::Make(url, http));
    ASSIGN_OR_RETURN(HttpReply reply, client->Get(path, timeout));
    return Reply{reply.status, std::move(reply.body)};
  };
  return std::make_shared<ConfluentRegistry>(std::move(get), options.timeout, &Clock::Real());
}

std::optional<absl::StatusOr<ConfluentRegistry::Schema>> ConfluentRegistry::Known(
    const std::string& id) {
  const auto schema = schemas_.find(id);
  if (schema != schemas_.end()) return schema->second;
  const absl::Time now = clock_->Now();
  const auto unknown = unknown_until_.find(id);
  if (unknown != unknown_until_.end() && now < unknown->second) {
    return absl::NotFoundError("the registry does not know it");
  }
  if (now < retry_at_) return failure_;
  return std::nullopt;
}

void ConfluentRegistry::Remember(const std::string& id, const absl::StatusOr<Schema>& answer) {
  const absl::Time now = clock_->Now();
  if (absl::IsUnavailable(answer.status())) {
    failure_ = answer.status();
    retry_at_ = now + retry_after_;
    retry_after_ = std::min(2 * retry_after_, kLastRetryAfter);
    return;
  }
  retry_after_ = kFirstRetryAfter;
  if (answer.ok()) {
    if (schemas_.size() >= kMaxSchemas) schemas_.clear();
    schemas_[id] = *answer;
    unknown_until_.erase(id);
  } else if (absl::IsNotFound(answer.status())) {
    if (unknown_until_.size() >= kMaxUnknown) unknown_until_.clear();
    unknown_until_[id] = now + kForgetUnknownAfter;
  }
}

absl::StatusOr<ConfluentRegistry::Schema> ConfluentRegistry::Ask(const std::string& path) {
  Question question = {*this, clock_->MonotonicNanos()};
  ASSIGN_OR_RETURN(const JsonValue reply, question.Get(path));
  ASSIGN_OR_RETURN(const SchemaLanguage language, LanguageOf(reply));
  RETURN_IF_ERROR(question.Follow(reply));
  return std::make_shared<RegisteredSchema>(RegisteredSchema{
      language, std::string(TextAt(reply, "schema")), std::move(question.references)});
}

absl::StatusOr<ConfluentRegistry::Schema> ConfluentRegistry::Fetch(const SchemaId& id) {
  const std::string name = SchemaIdText(id);
  {
    absl::MutexLock lock(&mutex_);
    // Who asks for the same waits for the answer of who asked first.
    const auto settled = [this, &name]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return !asked_now_.contains(name);
    };
    if (!clock_->AwaitWithTimeout(mutex_, absl::Condition(&settled), timeout_)) {
      return absl::UnavailableError("the registry took too long");
    }
    if (auto known = Known(name)) return *known;
    asked_now_.insert(name);
  }
  const bool number = std::holds_alternative<uint32_t>(id);
  const absl::StatusOr<Schema> answer =
      Ask(absl::StrCat(number ? "/schemas/ids/" : "/schemas/guids/", name));
  absl::MutexLock lock(&mutex_);
  asked_now_.erase(name);
  Remember(name, answer);
  return answer;
}

}  // namespace millrace
