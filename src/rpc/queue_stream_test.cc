// The streams of gRPC's asynchronous API: refusal of unknown methods, cancels at every moment,
// stopping under way.
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "base/random.h"
#include "rpc/sql_test_server.h"

namespace blasty::rpc {
namespace {

v1::SubscribeRequest Subscribe(uint64_t id) {
    v1::SubscribeRequest request;
    request.mutable_subscribe()->set_subscription(id);
    request.mutable_subscribe()->mutable_query()->set_sql("SELECT * FROM t");
    return request;
}

TEST(QueueStreamTest, UnknownMethodsAreRefusedWithAReason) {
    SqlServer server;
    for (const char* method : {"/blasty.v1.Live/Nothing", "/nobody.Here/Call", "/x"}) {
        grpc::GenericStub stub(server.channel());
        TestContext context;
        const grpc::Slice nothing("x");
        const grpc::ByteBuffer request(&nothing, 1);
        grpc::ByteBuffer response;
        std::atomic<bool> done{false};
        grpc::Status status;
        stub.UnaryCall(&context, method, {}, &request, &response, [&](const grpc::Status& got) {
            status = got;
            done = true;
        });
        ASSERT_TRUE(Eventually([&] { return done.load(); }));
        EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
        EXPECT_EQ(context.Reason(), "UNKNOWN_METHOD");
        EXPECT_NE(status.error_message().find(method), std::string::npos) << status.error_message();
    }
}

TEST(QueueStreamTest, CancelsAtEveryMomentLeaveNothingBehind) {
    SqlServer server;
    server.Do("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
    server.Do("INSERT INTO t VALUES(1, 'one')");
    std::vector<std::thread> clients;
    for (int c = 0; c < 4; ++c) {
        clients.emplace_back([&server, c] {
            const auto channel = server.NewChannel();
            const auto stub = v1::Live::NewStub(channel);
            Random random(static_cast<uint64_t>(c));
            for (int i = 0; i < 150; ++i) {
                TestContext context;
                auto call = stub->Subscribe(&context);
                const uint64_t steps = random.Below(5);
                v1::SubscribeResponse response;
                if (steps > 0) call->Write(Subscribe(1));
                if (steps > 1) {
                    ASSERT_TRUE(call->Read(&response));
                }
                if (steps > 2) call->Write(Subscribe(2));
                if (steps > 3) {
                    call->WritesDone();
                    while (response.events_size() > 0 && call->Read(&response) &&
                           response.events(0).subscription() != 2) {
                    }
                }
                context.TryCancel();
                EXPECT_EQ(call->Finish().error_code(), grpc::StatusCode::CANCELLED);
            }
        });
    }
    for (std::thread& client : clients) client.join();
    EXPECT_TRUE(Eventually([&] { return server.engine().live().stats().subscriptions == 0; }));
}

TEST(QueueStreamTest, StoppingEndsTheStreamsWithAReason) {
    auto server = std::make_unique<SqlServer>();
    server->Do("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
    constexpr size_t kStreams = 200;
    const auto stub = v1::Live::NewStub(server->NewChannel());
    std::vector<std::unique_ptr<TestContext>> contexts;
    std::vector<
        std::unique_ptr<grpc::ClientReaderWriter<v1::SubscribeRequest, v1::SubscribeResponse>>>
        calls;
    for (size_t i = 0; i < kStreams; ++i) {
        contexts.push_back(std::make_unique<TestContext>());
        calls.push_back(stub->Subscribe(contexts.back().get()));
        ASSERT_TRUE(calls.back()->Write(Subscribe(1)));
    }
    v1::SubscribeResponse response;
    for (const auto& call : calls) ASSERT_TRUE(call->Read(&response));
    server->server().Stop(std::chrono::seconds(20));
    for (size_t i = 0; i < kStreams; ++i) {
        while (calls[i]->Read(&response)) {
        }
        EXPECT_EQ(calls[i]->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
        EXPECT_EQ(contexts[i]->Reason(), "SERVER_STOPPING");
    }
}

}  // namespace
}  // namespace blasty::rpc
