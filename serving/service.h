// The ports between those who ask (HTTP, gRPC) and those who answer (feature store, scorer, log,
// node): plain values, free of any protocol. serving/http and serving/grpc translate to and from
// them; app and serving implement them; tests fake them.
//
// All ports are thread-safe. Errors are absl::Status, made with serving/errors.h where a stable
// code and a suggestion help the caller; any other status is answered with its generic code.

#ifndef MILLRACE_SERVING_SERVICE_H_
#define MILLRACE_SERVING_SERVICE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "serving/feature_service.h"
#include "serving/record_service.h"
#include "serving/score_service.h"

namespace millrace {

// One line of /readyz?verbose: "[+]log ok", "[-]restore 63%".
struct HealthCheck {
  std::string name;
  bool ok = false;
  std::string detail;
};

struct Health {
  bool live = true;      // the loop turns and the store answers; never depends on Kafka
  bool started = false;  // the start (open, restore) is over
  bool ready = false;    // send requests here
  std::vector<HealthCheck> checks;
};

class StatusService {
 public:
  virtual ~StatusService() = default;
  // One JSON object, for GET /api/v1/status. May block on the log.
  virtual absl::StatusOr<std::string> StatusJson() = 0;
  // Cheap; never blocks.
  virtual Health GetHealth() = 0;
  // Brings the metrics that are derived from other counts up to date, for GET /metrics. Cheap;
  // never blocks on the log.
  virtual void RefreshMetrics() = 0;
};

// What a server serves. A null port answers Unimplemented (HTTP 501). The ports outlive the server.
struct Services {
  FeatureService* features = nullptr;
  ScoreService* scores = nullptr;
  RecordService* records = nullptr;
  StatusService* status = nullptr;
  // One JSON object, for GET /api/v1/catalog; never changes.
  const std::string* catalog = nullptr;
};

}  // namespace millrace

#endif  // MILLRACE_SERVING_SERVICE_H_
