#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/generic/generic_stub.h>

#include "io/faulty_file_system.h"
#include "rpc/test_server.h"

namespace blasty::rpc {
namespace {

// grpc.health.v1.Health/Check in wire form: 1 is SERVING, 2 NOT_SERVING, -1 an error.
int Health(TestServer& server, const std::string& service) {
    grpc::GenericStub stub(server.channel());
    grpc::CompletionQueue queue;
    TestContext context;
    std::string wire;
    if (!service.empty()) {
        wire = StrCat('\x0a', static_cast<char>(service.size()), service);
    }
    const grpc::Slice slice(wire);
    auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check",
                                      grpc::ByteBuffer(&slice, 1), &queue);
    call->StartCall();
    grpc::ByteBuffer response;
    grpc::Status status;
    call->Finish(&response, &status, nullptr);
    void* tag;
    bool ok;
    EXPECT_TRUE(queue.Next(&tag, &ok));
    grpc::Slice answer;
    if (!status.ok() || !response.DumpToSingleSlice(&answer).ok() || answer.size() != 2) return -1;
    return answer.begin()[1];
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
    EXPECT_EQ(Health(server, ""), 1);
    EXPECT_EQ(Health(server, "blasty.v1.Topics"), 1);
    faulty.FailEverything();
    TestContext context;
    v1::PublishRequest request;
    request.set_topic("t");
    request.add_messages()->set_payload("x");
    v1::PublishResponse response;
    EXPECT_FALSE(server.topics().Publish(&context, request, &response).ok());
    EXPECT_FALSE(context.Reason().empty());
    EXPECT_TRUE(Eventually([&] { return Health(server, "") == 2; }));
    EXPECT_EQ(Health(server, "blasty.v1.Topics"), 2);
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
    grpc::GenericStub stub(server.channel());
    grpc::CompletionQueue queue;
    TestContext context;
    // ServerReflectionRequest{list_services: "*"}.
    const grpc::Slice slice(std::string("\x3a\x01*"));
    auto call = stub.PrepareUnaryCall(
        &context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        grpc::ByteBuffer(&slice, 1), &queue);
    call->StartCall();
    grpc::ByteBuffer response;
    grpc::Status status;
    call->Finish(&response, &status, nullptr);
    void* tag;
    bool ok;
    ASSERT_TRUE(queue.Next(&tag, &ok));
    grpc::Slice answer;
    ASSERT_TRUE(status.ok()) << status.error_message();
    ASSERT_TRUE(response.DumpToSingleSlice(&answer).ok());
    const std::string text(reinterpret_cast<const char*>(answer.begin()), answer.size());
    EXPECT_NE(text.find("blasty.v1.Topics"), std::string::npos);
}

}  // namespace
}  // namespace blasty::rpc
