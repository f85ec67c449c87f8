// ConfluentRegistry: a schema registry with Confluent's REST interface (Confluent's own, Apicurio,
// Karapace, Redpanda). Thread-safe.
//
// A schema is fetched once and kept. An id that the registry does not know is remembered for
// kForgetUnknownAfter. After a failure nothing is asked for a while that doubles from
// kFirstRetryAfter to kLastRetryAfter with every further one: whoever decodes tries often, the
// registry must not feel it. Nothing is logged, and no credential is ever part of a message.

#ifndef MILLRACE_APP_REGISTRY_CONFLUENT_REGISTRY_H_
#define MILLRACE_APP_REGISTRY_CONFLUENT_REGISTRY_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/clock.h"
#include "stream/decode/schema_registry.h"

namespace millrace {

struct RegistryOptions {
  std::string url;  // "http://host:8081", or with a path: "https://host/apis/ccompat/v7"
  std::string user, password;
  std::string token;                          // instead of user and password
  absl::Duration timeout = absl::Seconds(2);  // of all that one schema needs
};

class ConfluentRegistry final : public SchemaRegistry {
 public:
  static constexpr absl::Duration kForgetUnknownAfter = absl::Seconds(30);
  static constexpr absl::Duration kFirstRetryAfter = absl::Milliseconds(100);
  static constexpr absl::Duration kLastRetryAfter = absl::Seconds(10);

  struct Reply {
    int status = 0;  // of HTTP
    std::string body;
  };
  // GET of a path below the registry's URL. Errors: any, when there is no whole reply in time.
  using Get = std::function<absl::StatusOr<Reply>(const std::string& path, absl::Duration timeout)>;

  // Makes no connection. InvalidArgument when the URL is none.
  static absl::StatusOr<std::shared_ptr<SchemaRegistry>> Make(RegistryOptions options);
  ConfluentRegistry(Get get, absl::Duration timeout, Clock* clock)
      : get_(std::move(get)), timeout_(timeout), clock_(clock) {}

  absl::StatusOr<std::shared_ptr<const RegisteredSchema>> Fetch(const SchemaId& id) override;

 private:
  using Schema = std::shared_ptr<const RegisteredSchema>;
  struct Question;

  // What is known without asking; nullopt: ask.
  std::optional<absl::StatusOr<Schema>> Known(const std::string& id)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Remember(const std::string& id, const absl::StatusOr<Schema>& answer)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<Schema> Ask(const std::string& path);

  const Get get_;
  const absl::Duration timeout_;
  Clock* const clock_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Schema> schemas_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, absl::Time> unknown_until_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<std::string> asked_now_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  absl::Time retry_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  absl::Duration retry_after_ ABSL_GUARDED_BY(mutex_) = kFirstRetryAfter;
};

}  // namespace millrace

#endif  // MILLRACE_APP_REGISTRY_CONFLUENT_REGISTRY_H_
