// A gRPC server over fake services and a client of it, for its tests.

#ifndef MILLRACE_TESTS_SERVING_GRPC_GRPC_SERVER_FIXTURE_H_
#define MILLRACE_TESTS_SERVING_GRPC_GRPC_SERVER_FIXTURE_H_

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "schemas/api.grpc.pb.h"
#include "serving/grpc/grpc_server.h"
#include "tests/serving/server_fixture.h"

namespace millrace {

class GrpcServerTest : public ServerFixture<GrpcServer, GrpcServerOptions> {
 protected:
  // Starts the server and opens the channel to it.
  void Start(const GrpcServerOptions& options) {
    ASSERT_NO_FATAL_FAILURE(ServerFixture::Start(options));
    grpc::ChannelArguments arguments;
    // Channels to one address share a connection otherwise, from test to test.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channel_ = grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", server_->port()),
                                         grpc::InsecureChannelCredentials(), arguments);
  }
  void Start() { Start(Options()); }

  grpc::Status ReadFeatures(const std::string& feature, int keys,
                            v1::ReadFeaturesResponse* response) {
    v1::ReadFeaturesRequest request;
    request.add_features(feature);
    for (int i = 0; i < keys; ++i) {
      (*request.add_keys()->mutable_fields())["k"].set_int_value(i);
    }
    grpc::ClientContext context;
    return v1::Features::NewStub(channel_)->Read(&context, request, response);
  }
  static v1::ScoreRequest ScoreOf(const std::string& task) {
    v1::ScoreRequest request;
    request.set_task(task);
    (*request.add_rows()->mutable_fields())["origin"].set_string_value("JFK");
    return request;
  }
  // A unary call by bytes; OK when the server answered OK.
  grpc::Status CallBytes(const std::string& method, const std::string& bytes, std::string* answer) {
    grpc::GenericStub stub(channel_);
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer request(&slice, 1);
    auto call = stub.PrepareUnaryCall(&context, method, request, &queue);
    call->StartCall();
    grpc::ByteBuffer response;
    grpc::Status status;
    call->Finish(&response, &status, nullptr);
    void* tag;
    bool ok;
    queue.Next(&tag, &ok);
    grpc::Slice whole;
    if (status.ok() && response.DumpToSingleSlice(&whole).ok()) {
      answer->assign(reinterpret_cast<const char*>(whole.begin()), whole.size());
    }
    queue.Shutdown();
    while (queue.Next(&tag, &ok)) {
    }
    return status;
  }

  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_SERVING_GRPC_GRPC_SERVER_FIXTURE_H_
