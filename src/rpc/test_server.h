// For tests: a real engine in memory behind a real server on a free port of the loopback.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/strings.h"
#include "blasty/v1/server.grpc.pb.h"
#include "blasty/v1/topics.grpc.pb.h"
#include "engine/engine.h"
#include "exec/worker_pool.h"
#include "io/memory_file_system.h"
#include "rpc/grpc_status.h"
#include "rpc/rpc_server.h"

namespace blasty::rpc {

constexpr auto kTestDeadline = std::chrono::seconds(30);

// A context with a deadline, so that no test hangs.
class TestContext : public grpc::ClientContext {
  public:
    TestContext() { set_deadline(std::chrono::system_clock::now() + kTestDeadline); }
    // The reason word the server sent with the error.
    std::string Reason() const { return Trailer(kReasonMetadata); }
    // Empty when it is missing.
    std::string Trailer(const char* name) const {
        const auto& trailers = GetServerTrailingMetadata();
        const auto found = trailers.find(name);
        return found == trailers.end() ? ""
                                       : std::string(found->second.data(), found->second.size());
    }
};

// True when `condition` became true within the deadline.
inline bool Eventually(const std::function<bool()>& condition) {
    const auto until = std::chrono::steady_clock::now() + kTestDeadline;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::yield();
    }
    return true;
}

class TestServer {
  public:
    using Extra = std::function<std::vector<grpc::Service*>(engine::Engine&, exec::Executor&)>;

    explicit TestServer(const Extra& extra = nullptr, topics::TopicsOptions topics = {},
                        io::FileSystem* fs = nullptr, engine::EngineOptions options = {},
                        RpcServerOptions rpc = {}) {
        options.data_directory = "data";
        options.topics = std::move(topics);
        options.topics.log.segment_bytes = 4 << 20;
        options.health_probe_us = 10'000;
        auto opened =
            engine::Engine::Open(fs != nullptr ? *fs : memory_, options, pool_, SystemClock());
        BLASTY_CHECK(opened.ok()) << opened.status();
        engine_ = *std::move(opened);
        rpc.listen = "127.0.0.1:0";
        rpc.send_shards = 2;
        if (extra) rpc.extra_services = extra(*engine_, admin_);
        auto started = RpcServer::Start(*engine_, admin_, rpc);
        BLASTY_CHECK(started.ok()) << started.status();
        server_ = *std::move(started);
        channel_ = NewChannel();
        topics_ = v1::Topics::NewStub(channel_);
    }
    ~TestServer() {
        server_->Stop(std::chrono::milliseconds(0));
        server_.reset();
    }

    // A connection of its own.
    std::shared_ptr<grpc::Channel> NewChannel(grpc::ChannelArguments arguments = {}) {
        arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
        arguments.SetMaxReceiveMessageSize(-1);
        return grpc::CreateCustomChannel(StrCat("127.0.0.1:", server_->port()),
                                         grpc::InsecureChannelCredentials(), arguments);
    }

    RpcServer& server() { return *server_; }
    engine::Engine& engine() { return *engine_; }
    exec::Executor& admin() { return admin_; }
    v1::Topics::Stub& topics() { return *topics_; }
    std::shared_ptr<grpc::Channel> channel() { return channel_; }

    // Stores the payloads, one message each; returns the sequence of the first.
    uint64_t Publish(const std::string& topic, const std::vector<std::string>& payloads,
                     const std::string& key = "") {
        TestContext context;
        v1::PublishRequest request;
        request.set_topic(topic);
        for (const auto& payload : payloads) {
            auto* message = request.add_messages();
            message->set_payload(payload);
            message->set_key(key);
        }
        v1::PublishResponse response;
        const grpc::Status status = topics_->Publish(&context, request, &response);
        EXPECT_TRUE(status.ok()) << status.error_message();
        return response.sequences_size() > 0 ? response.sequences(0) : 0;
    }

  private:
    io::MemoryFileSystem memory_;
    exec::WorkerPool pool_{{"work", 2}};
    exec::WorkerPool admin_{{"admin", 4}};
    std::unique_ptr<engine::Engine> engine_;
    std::unique_ptr<RpcServer> server_;
    std::shared_ptr<grpc::Channel> channel_;
    std::unique_ptr<v1::Topics::Stub> topics_;
};

// A Consume call with blocking reads.
class TestConsumer {
  public:
    TestConsumer(v1::Topics::Stub& stub, const v1::ConsumeStart& start) {
        call_ = stub.Consume(&context_);
        v1::ConsumeRequest request;
        *request.mutable_start() = start;
        call_->Write(request);
    }
    ~TestConsumer() { context_.TryCancel(); }

    // The next answer; kind not set when the stream ended.
    v1::ConsumeResponse Read() {
        v1::ConsumeResponse response;
        if (!call_->Read(&response)) response.Clear();
        return response;
    }
    v1::Started Started() { return Read().started(); }
    // Reads batches until `count` messages came; other answers go to `others`.
    std::vector<v1::Delivered> Take(size_t count) {
        std::vector<v1::Delivered> out;
        while (out.size() < count) {
            const v1::ConsumeResponse response = Read();
            if (response.kind_case() == v1::ConsumeResponse::KIND_NOT_SET) break;
            if (response.has_batch()) {
                position = response.batch().position();
                ++batches;
                out.insert(out.end(), response.batch().messages().begin(),
                           response.batch().messages().end());
            } else {
                others.push_back(response);
            }
        }
        return out;
    }
    bool Write(const v1::ConsumeRequest& request) { return call_->Write(request); }
    void Credit(uint32_t messages) {
        v1::ConsumeRequest request;
        request.mutable_credit()->set_messages(messages);
        call_->Write(request);
    }
    void Ack(const std::vector<uint64_t>& sequences) {
        v1::ConsumeRequest request;
        for (const uint64_t sequence : sequences) request.mutable_ack()->add_sequences(sequence);
        if (sequences.empty()) request.mutable_ack();
        call_->Write(request);
    }
    void HalfClose() { call_->WritesDone(); }
    void Cancel() { context_.TryCancel(); }
    grpc::Status Finish() {
        v1::ConsumeResponse response;
        while (call_->Read(&response)) others.push_back(response);
        return call_->Finish();
    }
    std::string Reason() const { return context_.Reason(); }

    uint64_t position = 0;
    size_t batches = 0;
    std::vector<v1::ConsumeResponse> others;

  private:
    TestContext context_;
    std::unique_ptr<grpc::ClientReaderWriter<v1::ConsumeRequest, v1::ConsumeResponse>> call_;
};

inline v1::ConsumeStart ReadFrom(const std::string& topic, uint64_t sequence = 0) {
    v1::ConsumeStart start;
    start.add_topics(topic);
    if (sequence == 0) {
        start.mutable_start()->set_oldest(true);
    } else {
        start.mutable_start()->set_sequence(sequence);
    }
    return start;
}

inline v1::ConsumeStart JoinInbox(const std::string& topic, const std::string& inbox) {
    v1::ConsumeStart start;
    if (!topic.empty()) start.add_topics(topic);
    start.set_inbox(inbox);
    return start;
}

}  // namespace blasty::rpc
