#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/generic/generic_stub.h>

#include "grpc/health/v1/health.grpc.pb.h"
#include "io/faulty_file_system.h"
#include "rpc/internal/limits.h"
#include "rpc/test_server.h"

namespace blasty::rpc {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

HealthCheckRequest Asking(const std::string& service) {
    HealthCheckRequest request;
    request.set_service(service);
    return request;
}

// The status, or the reason word of the error.
std::string Health(TestServer& server, const std::string& service) {
    const auto stub = grpc::health::v1::Health::NewStub(server.channel());
    TestContext context;
    HealthCheckResponse response;
    if (!stub->Check(&context, Asking(service), &response).ok()) return context.Reason();
    return HealthCheckResponse::ServingStatus_Name(response.status());
}

// A Watch call with blocking reads.
class HealthWatcher {
  public:
    HealthWatcher(TestServer& server, const std::string& service)
        : stub_(grpc::health::v1::Health::NewStub(server.channel())),
          call_(stub_->Watch(&context_, Asking(service))) {}

    // The reason word when the call has ended.
    std::string Next() {
        HealthCheckResponse response;
        if (call_->Read(&response))
            return HealthCheckResponse::ServingStatus_Name(response.status());
        call_->Finish();
        return context_.Reason();
    }
    void Cancel() { context_.TryCancel(); }

  private:
    TestContext context_;
    std::unique_ptr<grpc::health::v1::Health::Stub> stub_;
    std::unique_ptr<grpc::ClientReader<HealthCheckResponse>> call_;
};

// The first answer of server reflection to a request in wire form.
std::string Reflection(TestServer& server, const std::string& request) {
    grpc::GenericStub stub(server.channel());
    grpc::CompletionQueue queue;
    TestContext context;
    const grpc::Slice slice(request);
    auto call = stub.PrepareUnaryCall(
        &context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        grpc::ByteBuffer(&slice, 1), &queue);
    call->StartCall();
    grpc::ByteBuffer response;
    grpc::Status status;
    call->Finish(&response, &status, nullptr);
    void* tag;
    bool ok;
    EXPECT_TRUE(queue.Next(&tag, &ok));
    grpc::Slice answer;
    EXPECT_TRUE(status.ok()) << status.error_message();
    if (!response.DumpToSingleSlice(&answer).ok()) return "";
    return std::string(reinterpret_cast<const char*>(answer.begin()), answer.size());
}

TEST(ServerTest, TellsAboutItself) {
    TestServer server;
    server.Publish("t", {"a"});
    auto stub = v1::Server::NewStub(server.channel());
    TestContext context;
    v1::ServerInfo info;
    ASSERT_TRUE(stub->GetInfo(&context, {}, &info).ok());
    EXPECT_EQ(info.version(), "0.1.0");
    EXPECT_FALSE(info.server_id().empty());
    EXPECT_TRUE(info.healthy());
    EXPECT_EQ(info.topics(), 1u);
    EXPECT_EQ(info.published(), 1u);
    EXPECT_GT(info.memory_bytes(), 1u << 20);
    EXPECT_GT(info.now_us(), info.started_us());
}

TEST(ServerTest, HealthFollowsTheLog) {
    io::MemoryFileSystem memory;
    io::FaultyFileSystem faulty(memory);
    TestServer server(nullptr, {}, &faulty);
    for (const char* service : {"", "blasty.v1.Topics", "blasty.v1.Sql", "blasty.v1.Live",
                                "blasty.v1.Search", "blasty.v1.Server", "proximo.MessageSource"}) {
        EXPECT_EQ(Health(server, service), "SERVING") << service;
    }
    EXPECT_EQ(Health(server, "blasty.v1.Nothing"), "SERVICE_NOT_FOUND");
    HealthWatcher watcher(server, "blasty.v1.Live");
    EXPECT_EQ(watcher.Next(), "SERVING");
    faulty.FailEverything();
    TestContext context;
    v1::PublishRequest request;
    request.set_topic("t");
    request.add_messages()->set_payload("x");
    v1::PublishResponse response;
    EXPECT_FALSE(server.topics().Publish(&context, request, &response).ok());
    EXPECT_FALSE(context.Reason().empty());
    EXPECT_EQ(watcher.Next(), "NOT_SERVING");
    EXPECT_EQ(Health(server, ""), "NOT_SERVING");
    EXPECT_EQ(Health(server, "blasty.v1.Topics"), "NOT_SERVING");
}

TEST(ServerTest, WatchersOfHealthAreToldOfTheEnd) {
    TestServer server;
    HealthWatcher known(server, ""), unknown(server, "blasty.v2.Topics");
    EXPECT_EQ(known.Next(), "SERVING");
    EXPECT_EQ(unknown.Next(), "SERVICE_UNKNOWN");
    server.server().Stop(std::chrono::seconds(30));
    EXPECT_EQ(known.Next(), "NOT_SERVING");
    EXPECT_EQ(known.Next(), "SERVER_STOPPING");
    EXPECT_EQ(unknown.Next(), "SERVER_STOPPING");
}

TEST(ServerTest, WatchersOfHealthAreBounded) {
    TestServer server;
    std::vector<std::unique_ptr<HealthWatcher>> watchers;
    for (size_t i = 0; i < kHealthWatchesMax; ++i) {
        watchers.push_back(std::make_unique<HealthWatcher>(server, ""));
    }
    for (const auto& watcher : watchers) ASSERT_EQ(watcher->Next(), "SERVING");
    EXPECT_EQ(HealthWatcher(server, "").Next(), "LIMIT_REACHED");
    for (const auto& watcher : watchers) watcher->Cancel();
    EXPECT_TRUE(Eventually([&] {
        HealthWatcher again(server, "");
        const bool admitted = again.Next() == "SERVING";
        again.Cancel();
        return admitted;
    }));
}

TEST(ServerTest, RefusesWrongAndUsedAddresses) {
    TestServer server;
    const auto start = [&](const std::string& listen) {
        RpcServerOptions options;
        options.listen = listen;
        return ReasonOf(RpcServer::Start(server.engine(), server.admin(), options).status());
    };
    EXPECT_EQ(start(StrCat("127.0.0.1:", server.server().port())), "ADDRESS_IN_USE");
    EXPECT_EQ(start("127.0.0.1"), "INVALID_ADDRESS");
    EXPECT_EQ(start("127.0.0.1:99999"), "INVALID_ADDRESS");
    EXPECT_EQ(start("::1:80"), "INVALID_ADDRESS");
    EXPECT_EQ(start("192.0.2.1:0"), "INVALID_ADDRESS");  // TEST-NET, of no machine
}

TEST(ServerTest, StopEndsOpenStreams) {
    TestServer server;
    server.Publish("t", {"a"});
    TestConsumer reader(server.topics(), ReadFrom("t"));
    reader.Take(1);
    TestConsumer member(server.topics(), JoinInbox("t", "in"));
    member.Take(1);
    TestContext context, idle_context;
    auto publisher = server.topics().PublishStream(&context);
    auto never_started = server.topics().Consume(&idle_context);
    ASSERT_TRUE(publisher->Write([] {
        v1::PublishRequest request;
        request.set_topic("t");
        request.add_messages();
        return request;
    }()));
    v1::PublishStreamResponse response;
    ASSERT_TRUE(publisher->Read(&response));
    // A client that reads nothing: only the end of the grace gets rid of it.
    TestConsumer stalled(server.topics(), ReadFrom("big"));
    stalled.Started();
    for (int i = 0; i < 4; ++i) server.Publish("big", {std::string(1 << 20, 'x')});
    server.server().Stop(std::chrono::milliseconds(200));
    EXPECT_EQ(reader.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(reader.Reason(), "SERVER_STOPPING");
    EXPECT_EQ(member.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(publisher->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_FALSE(stalled.Finish().ok());
}

TEST(ServerTest, ToleratesPingsWithoutCalls) {
    TestServer server;
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 30'000);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    auto channel = server.NewChannel(arguments);
    ASSERT_TRUE(channel->WaitForConnected(std::chrono::system_clock::now() + kTestDeadline));
    // Long enough for a server that counts strikes to hang up.
    EXPECT_FALSE(channel->WaitForStateChange(
        GRPC_CHANNEL_READY, std::chrono::system_clock::now() + std::chrono::milliseconds(700)));
}

TEST(ServerTest, ServesReflection) {
    TestServer server;
    // ServerReflectionRequest{list_services: "*"}.
    const std::string services = Reflection(server, "\x3a\x01*");
    for (const char* service : {"blasty.v1.Topics", "blasty.v1.Sql", "blasty.v1.Live",
                                "blasty.v1.Search", "blasty.v1.Server", "grpc.health.v1.Health"}) {
        EXPECT_NE(services.find(service), std::string::npos) << service;
    }
    // ServerReflectionRequest{file_containing_symbol: "grpc.health.v1.Health"}.
    const std::string file = Reflection(server, "\x22\x15grpc.health.v1.Health");
    for (const char* name : {"health.proto", "HealthCheckResponse", "SERVICE_UNKNOWN", "Watch"}) {
        EXPECT_NE(file.find(name), std::string::npos) << name;
    }
}

}  // namespace
}  // namespace blasty::rpc
