// Load on a running server through gRPC; started by run_bus. See kUsage.
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstring>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "base/strings.h"
#include "bench/measure.h"
#include "bench/rpc_streams.h"
#include "blasty/v1/server.grpc.pb.h"
#include "blasty/v1/topics.grpc.pb.h"

namespace blasty::bench {
namespace {

constexpr char kUsage[] = R"(usage: rpc_bench ADDRESS WHAT [NUMBER]
  empty-server        serves empty calls on ADDRESS until stdin closes (the limit of the transport)
  empty N             N callers of an empty call, always in flight
  publish N           N callers, each publishes one 100-byte message and waits
  stream SIZE         one publish stream, frames of 1024 messages of SIZE bytes, 32 frames in flight
  fill GIB            a log of that size in 1,000 topics
  fanout CONNECTIONS  1,000 plain readers of one topic over that many connections
  inbox               one member consumes and acks what `stream` stores
  latency RATE        RATE messages a second, from publish to deliver
  connect N           N plain readers that stay until stdin closes (memory per stream)
)";

constexpr double kRunSeconds = 4;
constexpr char kPublish[] = "/blasty.v1.Topics/Publish";
constexpr char kPublishStream[] = "/blasty.v1.Topics/PublishStream";
constexpr char kConsume[] = "/blasty.v1.Topics/Consume";

class EmptyReactor : public grpc::ServerGenericBidiReactor {
  public:
    EmptyReactor() { StartRead(&request_); }
    void OnReadDone(bool ok) override {
        if (!ok) return Finish(grpc::Status::OK);
        StartWriteAndFinish(&response_, grpc::WriteOptions(), grpc::Status::OK);
    }
    void OnDone() override { delete this; }

  private:
    grpc::ByteBuffer request_, response_ = ToBuffer("");
};

class EmptyService : public grpc::CallbackGenericService {
  public:
    grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext*) override {
        return new EmptyReactor;
    }
};

void ServeEmpty(const std::string& address) {
    EmptyService service;
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, grpc::InsecureServerCredentials());
    builder.RegisterCallbackGenericService(&service);
    auto server = builder.BuildAndStart();
    BLASTY_CHECK(server != nullptr) << address;
    for (std::string line; std::getline(std::cin, line);) {
    }
    server->Shutdown();
}

std::string PublishBytes(const std::string& topic, int messages, size_t size) {
    v1::PublishRequest request;
    request.set_topic(topic);
    for (int i = 0; i < messages; ++i) request.add_messages()->set_payload(std::string(size, 'x'));
    return request.SerializeAsString();
}

std::string StartBytes(const std::string& topic, const std::string& inbox) {
    v1::ConsumeRequest request;
    request.mutable_start()->add_topics(topic);
    request.mutable_start()->set_inbox(inbox);
    return request.SerializeAsString();
}

void Unary(const std::string& address, const std::string& name, const std::string& method,
           const std::string& request, int callers) {
    double rate = 0;
    auto times = LoopUnary(address, method, request, callers, kRunSeconds, &rate);
    Report(StrCat(name, "_", callers), rate, "1/s");
    Report(StrCat(name, "_", callers, "_p50"), Percentile(times, 50), "us");
}

// A publish stream with a bounded number of frames in flight.
class Publisher {
  public:
    Publisher(const std::string& address, int window)
        : window_(window),
          stream_(NewChannel(address), kPublishStream,
                  [this](RawStream&, const grpc::ByteBuffer& bytes) {
                      v1::PublishStreamResponse response;
                      BLASTY_CHECK(response.ParseFromString(ToString(bytes)));
                      MutexLock lock(mutex_);
                      acknowledged_ = response.last_request();
                      changed_.SignalAll();
                  }) {}

    void Send(std::string_view frame) {
        {
            MutexLock lock(mutex_);
            while (sent_ - acknowledged_ >= static_cast<uint64_t>(window_)) changed_.Wait(mutex_);
            ++sent_;
        }
        stream_.Write(frame);
    }
    void Finish() {
        const grpc::Status status = stream_.Wait();
        BLASTY_CHECK(status.ok()) << status.error_message();
    }

  private:
    const int window_;
    Mutex mutex_;
    CondVar changed_;
    uint64_t sent_ ABSL_GUARDED_BY(mutex_) = 0;
    uint64_t acknowledged_ ABSL_GUARDED_BY(mutex_) = 0;
    RawStream stream_;
};

void Stream(const std::string& address, size_t size) {
    Publisher publisher(address, 32);
    const int per_frame = size <= 128 ? 1024 : 128;
    const std::string frame = PublishBytes("bench.stream", per_frame, size);
    uint64_t frames = 0;
    const double start = NowSeconds();
    for (; NowSeconds() < start + kRunSeconds; ++frames) publisher.Send(frame);
    publisher.Finish();
    Report(StrCat("publish_stream_", size),
           static_cast<double>(frames) * per_frame / (NowSeconds() - start), "1/s");
}

void Fill(const std::string& address, uint64_t gigabytes) {
    Publisher publisher(address, 32);
    constexpr uint64_t kFrameBytes = 128 * 1024;
    const uint64_t frames = (gigabytes << 30) / kFrameBytes;
    for (uint64_t i = 0; i < frames; ++i) {
        publisher.Send(PublishBytes(StrCat("bench.fill.", i % 1000), 128, 1024));
    }
    publisher.Finish();
}

using Streams = std::vector<std::unique_ptr<RawStream>>;

// Plain readers of `topic`, spread over `connections`; returns when each has begun.
Streams Subscribe(const std::string& address, const std::string& topic, int readers,
                  int connections, std::atomic<uint64_t>& deliveries) {
    static std::atomic<int> started;
    started = 0;
    std::vector<std::shared_ptr<grpc::Channel>> channels;
    for (int i = 0; i < connections; ++i) channels.push_back(NewChannel(address));
    Streams streams;
    for (int i = 0; i < readers; ++i) {
        streams.push_back(std::make_unique<RawStream>(
            channels[static_cast<size_t>(i % connections)], kConsume,
            [&deliveries](RawStream&, const grpc::ByteBuffer& response) {
                const uint64_t messages = CountMessages(response);
                if (messages == 0) {
                    started.fetch_add(1);
                } else {
                    deliveries.fetch_add(messages, std::memory_order_relaxed);
                }
            }));
        streams.back()->Write(StartBytes(topic, ""));
    }
    while (started.load() < readers) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return streams;
}

void Fanout(const std::string& address, int connections) {
    std::atomic<uint64_t> deliveries{0};
    const std::string topic = StrCat("bench.fanout.", RandomHex(4));
    Streams streams = Subscribe(address, topic, 1000, connections, deliveries);
    Publisher publisher(address, 32);  // fewer would make the way there and back set the pace
    const std::string frame = PublishBytes(topic, 64, 100);
    uint64_t published = 0;
    const double start = NowSeconds();
    while (NowSeconds() < start + kRunSeconds) {
        // Publishes as fast as the readers take it, 2,000 messages ahead of them on average.
        if (published * 1000 < deliveries.load() + 2'000'000) {
            publisher.Send(frame);
            published += 64;
        } else {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }
    while (deliveries.load() < published * 1000 && NowSeconds() < start + 60) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    BLASTY_CHECK(deliveries.load() == published * 1000)
        << deliveries.load() << " of " << published * 1000;
    Report(StrCat("fanout_1000_", connections),
           static_cast<double>(deliveries.load()) / (NowSeconds() - start), "1/s");
    publisher.Finish();
    for (auto& stream : streams) stream->Cancel();
}

void Inbox(const std::string& address) {
    const std::string topic = StrCat("bench.inbox.", RandomHex(4));
    constexpr uint64_t kMessages = 3'000'000;
    Publisher publisher(address, 32);
    const std::string frame = PublishBytes(topic, 1000, 100);
    for (uint64_t i = 0; i < kMessages / 1000; ++i) publisher.Send(frame);
    publisher.Finish();

    v1::ConsumeRequest start;
    start.mutable_start()->add_topics(topic);
    start.mutable_start()->set_inbox(topic);
    start.mutable_start()->mutable_inbox_config()->set_max_in_flight(65'536);
    std::atomic<uint64_t> delivered{0}, requests{0}, confirmed{0};
    const double begin = NowSeconds();
    RawStream stream(NewChannel(address), kConsume,
                     [&](RawStream& self, const grpc::ByteBuffer& read) {
                         const std::string bytes = ToString(read);
                         const BatchView batch = ParseBatch(bytes, false);
                         if (batch.messages > 0) {
                             v1::ConsumeRequest ack;
                             v1::SequenceRun* run = ack.mutable_ack()->add_runs();
                             run->set_first(batch.first);
                             run->set_count(static_cast<uint32_t>(batch.last - batch.first + 1));
                             requests.fetch_add(1);
                             delivered.fetch_add(batch.messages);
                             self.Write(ack.SerializeAsString());
                             return;
                         }
                         v1::ConsumeResponse response;
                         if (response.ParseFromString(bytes) && response.has_acked())
                             confirmed = response.acked().ack_requests();
                     });
    stream.Write(start.SerializeAsString());
    while ((delivered.load() < kMessages || confirmed.load() < requests.load()) &&
           NowSeconds() < begin + 60) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    BLASTY_CHECK(delivered.load() == kMessages) << delivered.load();
    Report("inbox_consume_ack", kMessages / (NowSeconds() - begin), "1/s");
    stream.Cancel();
}

void Latency(const std::string& address, int rate) {
    const std::string topic = StrCat("bench.latency.", RandomHex(4));
    Mutex mutex;
    std::vector<double> times;
    std::atomic<bool> started{false};
    RawStream reader(NewChannel(address), kConsume, [&](RawStream&, const grpc::ByteBuffer& read) {
        const double now = NowSeconds();
        const std::string bytes = ToString(read);
        const BatchView batch = ParseBatch(bytes, true);
        if (batch.messages == 0) started = true;
        MutexLock lock(mutex);
        for (const std::string_view payload : batch.payloads) {
            double sent = 0;
            std::memcpy(&sent, payload.data(), sizeof(sent));
            times.push_back((now - sent) * 1e3);
        }
    });
    reader.Write(StartBytes(topic, ""));
    while (!started) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    Publisher publisher(address, 1000);
    const double start = NowSeconds();
    uint64_t sent = 0;
    while (NowSeconds() < start + kRunSeconds) {
        // Every message that is due goes out; those due at once share a frame, as a client that
        // coalesces does.
        const double now = NowSeconds();
        const auto due = static_cast<uint64_t>((now - start) * rate);
        if (due > sent) {
            v1::PublishRequest request;
            request.set_topic(topic);
            std::string payload(100, 'x');
            for (; sent < due; ++sent) {
                const double at = start + static_cast<double>(sent) / rate;
                std::memcpy(payload.data(), &at, sizeof(at));
                request.add_messages()->set_payload(payload);
            }
            publisher.Send(request.SerializeAsString());
        }
        std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    publisher.Finish();
    const double end = NowSeconds() + 10;
    while (NowSeconds() < end) {
        {
            MutexLock lock(mutex);
            if (times.size() >= sent) break;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    MutexLock lock(mutex);
    BLASTY_CHECK(times.size() == sent) << times.size() << " of " << sent;
    for (const double percent : {50.0, 99.0, 99.9}) {
        Report(StrCat("latency_", rate, "_p",
                      percent == 99.9   ? "99.9"
                      : percent == 99.0 ? "99"
                                        : "50"),
               Percentile(times, percent), "ms");
    }
    reader.Cancel();
}

uint64_t ServerMemory(const std::string& address) {
    auto stub = v1::Server::NewStub(NewChannel(address));
    grpc::ClientContext context;
    v1::ServerInfo info;
    const grpc::Status status = stub->GetInfo(&context, v1::GetInfoRequest(), &info);
    BLASTY_CHECK(status.ok()) << status.error_message();
    return info.memory_bytes();
}

void Connect(const std::string& address, int connections) {
    std::atomic<uint64_t> deliveries{0};
    constexpr int kReaders = 1000;
    const uint64_t before = ServerMemory(address);
    Streams streams = Subscribe(address, "bench.idle", kReaders, connections, deliveries);
    const uint64_t after = ServerMemory(address);
    Report("idle_server_memory", static_cast<double>(before), "bytes");
    Report(StrCat("memory_per_stream_", connections),
           static_cast<double>(after - before) / kReaders, "bytes");
    for (auto& stream : streams) stream->Cancel();
}

}  // namespace
}  // namespace blasty::bench

int main(int argc, char** argv) {
    using namespace blasty::bench;  // NOLINT(google-build-using-namespace): a program, not a header
    if (argc < 3) {
        std::cerr << kUsage;
        return 2;
    }
    UseReleaseLocks();
    const std::string address = argv[1], what = argv[2];
    const int number = argc > 3 ? std::atoi(argv[3]) : 0;
    if (what == "empty-server") ServeEmpty(address);
    if (what == "empty")
        Unary(address, "empty_call", "/bench.Empty/Call", "", number > 0 ? number : 64);
    if (what == "publish") {
        Unary(address, "publish_waiting", kPublish, PublishBytes("bench.unary", 1, 100),
              number > 0 ? number : 64);
    }
    if (what == "stream") Stream(address, number > 0 ? static_cast<size_t>(number) : 100);
    if (what == "fill") Fill(address, static_cast<uint64_t>(number > 0 ? number : 10));
    if (what == "fanout") Fanout(address, number > 0 ? number : 1);
    if (what == "inbox") Inbox(address);
    if (what == "latency") Latency(address, number > 0 ? number : 20'000);
    if (what == "connect") Connect(address, number > 0 ? number : 1);
    return 0;
}
