// The peer: the same work on a nats-server, through its C client. nats_bench URL WHAT [NUMBER]
//
//   js-publish SIZE   JetStream file storage, asynchronous publish (it does not fsync before it
//   acknowledges) js-consume        pull consumer with explicit acks, batches of 500 fanout core
//   NATS: 100 connections with 10 subscribers each, deliveries counted
#include <nats/nats.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/strings.h"
#include "bench/measure.h"

namespace blasty::bench {
namespace {

constexpr double kRunSeconds = 4;

void Must(natsStatus status) { BLASTY_CHECK(status == NATS_OK) << natsStatus_GetText(status); }

natsConnection* Connect(const std::string& url) {
    natsConnection* connection = nullptr;
    Must(natsConnection_ConnectTo(&connection, url.c_str()));
    return connection;
}

void AddStream(jsCtx* js) {
    jsStreamConfig config;
    jsStreamConfig_Init(&config);
    const char* subjects[] = {"bench.js"};
    config.Name = "BENCH";
    config.Subjects = subjects;
    config.SubjectsLen = 1;
    config.Storage = js_FileStorage;
    js_DeleteStream(js, "BENCH", nullptr, nullptr);
    Must(js_AddStream(nullptr, js, &config, nullptr, nullptr));
}

uint64_t PublishAsync(jsCtx* js, size_t size, double seconds, uint64_t limit) {
    const std::string payload(size, 'x');
    uint64_t sent = 0;
    const double start = NowSeconds();
    while (sent < limit && (sent % 64 != 0 || NowSeconds() < start + seconds)) {
        Must(js_PublishAsync(js, "bench.js", payload.data(), static_cast<int>(payload.size()),
                             nullptr));
        ++sent;
    }
    Must(js_PublishAsyncComplete(js, nullptr));
    return sent;
}

jsCtx* NewContext(natsConnection* connection) {
    jsOptions options;
    jsOptions_Init(&options);
    options.PublishAsync.MaxPending = 4000;
    jsCtx* js = nullptr;
    Must(natsConnection_JetStream(&js, connection, &options));
    return js;
}

void JsPublish(const std::string& url, size_t size) {
    natsConnection* connection = Connect(url);
    jsCtx* js = NewContext(connection);
    AddStream(js);
    const double start = NowSeconds();
    const uint64_t sent = PublishAsync(js, size, kRunSeconds, ~0ull);
    Report(StrCat("jetstream_publish_", size), static_cast<double>(sent) / (NowSeconds() - start),
           "1/s");
    jsCtx_Destroy(js);
    natsConnection_Destroy(connection);
}

void JsConsume(const std::string& url) {
    natsConnection* connection = Connect(url);
    jsCtx* js = NewContext(connection);
    AddStream(js);
    constexpr uint64_t kMessages = 500'000;
    PublishAsync(js, 100, 120, kMessages);
    natsSubscription* subscription = nullptr;
    jsSubOptions options;
    jsSubOptions_Init(&options);
    options.Config.AckPolicy = js_AckExplicit;
    options.Config.MaxAckPending = 65'536;
    Must(js_PullSubscribe(&subscription, js, "bench.js", "puller", nullptr, &options, nullptr));
    uint64_t consumed = 0;
    const double start = NowSeconds();
    while (consumed < kMessages && NowSeconds() < start + 60) {
        natsMsgList list;
        const natsStatus status = natsSubscription_Fetch(&list, subscription, 500, 2000, nullptr);
        if (status == NATS_TIMEOUT) continue;
        Must(status);
        for (int i = 0; i < list.Count; ++i) Must(natsMsg_Ack(list.Msgs[i], nullptr));
        consumed += static_cast<uint64_t>(list.Count);
        natsMsgList_Destroy(&list);
    }
    Report("jetstream_consume_ack", static_cast<double>(consumed) / (NowSeconds() - start), "1/s");
    natsSubscription_Destroy(subscription);
    jsCtx_Destroy(js);
    natsConnection_Destroy(connection);
}

std::atomic<uint64_t> deliveries{0};

void OnMessage(natsConnection*, natsSubscription*, natsMsg* message, void*) {
    deliveries.fetch_add(1, std::memory_order_relaxed);
    natsMsg_Destroy(message);
}

void Fanout(const std::string& url) {
    constexpr int kConnections = 100, kEach = 10;
    std::vector<natsConnection*> connections;
    for (int i = 0; i < kConnections; ++i) {
        connections.push_back(Connect(url));
        for (int k = 0; k < kEach; ++k) {
            natsSubscription* subscription = nullptr;
            Must(natsConnection_Subscribe(&subscription, connections.back(), "bench.fanout",
                                          OnMessage, nullptr));
            natsSubscription_SetPendingLimits(subscription, -1, -1);
        }
        Must(natsConnection_Flush(connections.back()));
    }
    natsConnection* publisher = Connect(url);
    const std::string payload(100, 'x');
    constexpr uint64_t kSubscribers = kConnections * kEach;
    uint64_t sent = 0;
    const double start = NowSeconds();
    while (NowSeconds() < start + kRunSeconds) {
        if (sent * kSubscribers < deliveries.load() + 2'000'000) {
            for (int i = 0; i < 64; ++i, ++sent) {
                Must(natsConnection_Publish(publisher, "bench.fanout", payload.data(),
                                            static_cast<int>(payload.size())));
            }
            Must(natsConnection_Flush(publisher));
        } else {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }
    while (deliveries.load() < sent * kSubscribers && NowSeconds() < start + 60) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    Report("nats_fanout_1000", static_cast<double>(deliveries.load()) / (NowSeconds() - start),
           "1/s");
    std::cout.flush();
    std::_Exit(0);  // a thousand subscriptions take long to take down one by one
}

}  // namespace
}  // namespace blasty::bench

int main(int argc, char** argv) {
    using namespace blasty::bench;  // NOLINT(google-build-using-namespace): a program, not a header
    if (argc < 3) {
        std::cerr << "usage: nats_bench URL js-publish|js-consume|fanout [NUMBER]\n";
        return 2;
    }
    const std::string url = argv[1], what = argv[2];
    if (what == "js-publish")
        JsPublish(url, argc > 3 ? static_cast<size_t>(std::atoi(argv[3])) : 100);
    if (what == "js-consume") JsConsume(url);
    if (what == "fanout") Fanout(url);
    return 0;
}
