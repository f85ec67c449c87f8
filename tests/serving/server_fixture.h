// A server of either protocol over fake services, for its tests.

#ifndef MILLRACE_TESTS_SERVING_SERVER_FIXTURE_H_
#define MILLRACE_TESTS_SERVING_SERVER_FIXTURE_H_

#include <memory>
#include <utility>

#include "core/clock.h"
#include "core/metrics.h"
#include "gtest/gtest.h"
#include "tests/serving/fake_services.h"

namespace millrace {

// `Server::Start(options, services, registry, clock)` listens at `options.address`.
template <typename Server, typename ServerOptions>
class ServerFixture : public testing::Test {
 protected:
  // Any free port of this machine.
  ServerOptions Options() {
    ServerOptions options;
    options.address = "127.0.0.1:0";
    return options;
  }
  void Start(const ServerOptions& options) {
    auto server = Server::Start(options, {&features_, &scores_, &records_, &status_}, registry_,
                                Clock::Real());
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  FakeFeatures features_;
  FakeScores scores_;
  FakeRecords records_;
  FakeStatus status_;
  Registry registry_;
  std::unique_ptr<Server> server_;
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_SERVING_SERVER_FIXTURE_H_
