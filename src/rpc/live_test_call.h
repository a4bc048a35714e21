// For tests: a Live.Subscribe call with blocking reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "blasty/v1/live.grpc.pb.h"
#include "rpc/sql_test_server.h"

namespace blasty::rpc {

inline const char* NameOf(v1::Event::Kind kind) {
    static const char* const names[] = {"?",     "row",      "ready", "enter", "change",
                                        "leave", "progress", "reset", "error", "counts"};
    return names[kind];
}

// A Subscribe call with blocking reads.
class LiveCall {
  public:
    explicit LiveCall(v1::Live::Stub& stub) { call_ = stub.Subscribe(&context_); }
    ~LiveCall() { context_.TryCancel(); }

    static v1::SubscribeRequest Request(uint64_t id, const v1::QueryRequest& query,
                                        const std::string& resume = "") {
        v1::SubscribeRequest request;
        request.mutable_subscribe()->set_subscription(id);
        *request.mutable_subscribe()->mutable_query() = query.statement();
        request.mutable_subscribe()->set_resume(resume);
        return request;
    }
    void Subscribe(uint64_t id, const std::string& sql, const std::string& resume = "") {
        call_->Write(Request(id, Statement(sql), resume));
    }
    void Subscribe(uint64_t id, const v1::SearchRequest& search, const std::string& resume = "") {
        v1::SubscribeRequest request;
        request.mutable_subscribe()->set_subscription(id);
        *request.mutable_subscribe()->mutable_search() = search;
        request.mutable_subscribe()->set_resume(resume);
        call_->Write(request);
    }
    void Unsubscribe(uint64_t id) {
        v1::SubscribeRequest request;
        request.mutable_unsubscribe()->set_subscription(id);
        call_->Write(request);
    }
    void Credit(uint64_t bytes) {
        v1::SubscribeRequest request;
        request.set_credit(bytes);
        call_->Write(request);
    }
    void Write(const v1::SubscribeRequest& request) { call_->Write(request); }
    void HalfClose() { call_->WritesDone(); }
    bool Read(v1::SubscribeResponse* response) { return call_->Read(response); }
    grpc::Status Finish() { return call_->Finish(); }
    std::string Reason() const { return context_.Reason(); }

    // Reads until a subscription has `count` events in all; false when the stream ended before.
    bool Await(uint64_t id, size_t count) {
        v1::SubscribeResponse response;
        while (events[id].size() < count) {
            if (!call_->Read(&response)) return false;
            Keep(response);
        }
        return true;
    }
    // Reads until a subscription has an event of the kind behind its first `from` events.
    bool AwaitKind(uint64_t id, v1::Event::Kind kind, size_t from = 0) {
        for (size_t next = from;; ++next) {
            if (!Await(id, next + 1)) return false;
            if (events[id][next].kind() == kind) return true;
        }
    }
    void Keep(const v1::SubscribeResponse& response) {
        for (const v1::Events& part : response.events()) {
            for (const auto& column : part.columns()) {
                columns[part.subscription()].push_back(column.name());
            }
            for (int i = static_cast<int>(part.skip()); i < part.events_size(); ++i) {
                events[part.subscription()].push_back(part.events(i));
            }
        }
    }
    // "enter 1|ged", of the events from `from` on.
    std::vector<std::string> Told(uint64_t id, size_t from = 0) {
        std::vector<std::string> out;
        for (size_t i = from; i < events[id].size(); ++i) {
            const v1::Event& event = events[id][i];
            const auto& row = event.kind() == v1::Event::LEAVE ? event.key() : event.row();
            out.push_back(std::string(NameOf(event.kind())) +
                          (row.values_size() == 0 ? "" : " " + Show(row)));
        }
        return out;
    }

    std::map<uint64_t, std::vector<v1::Event>> events;
    std::map<uint64_t, std::vector<std::string>> columns;

  private:
    TestContext context_;
    std::unique_ptr<grpc::ClientReaderWriter<v1::SubscribeRequest, v1::SubscribeResponse>> call_;
};

}  // namespace blasty::rpc
