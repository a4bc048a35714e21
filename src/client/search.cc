#include "client/search.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "blasty/v1/search.grpc.pb.h"
#include "client/internal/core.h"
#include "client/internal/running_calls.h"

namespace blasty::client {
namespace {

using Stub = v1::Search::Stub;
using internal::RunningCalls;

// What an answer may take on its way, beyond the time that the server was given.
constexpr int64_t kOnTheWayUs = 5'000'000;

}  // namespace

struct Search::Impl {
    explicit Impl(std::shared_ptr<internal::Core> shared)
        : core(std::move(shared)), stub(v1::Search::NewStub(core->channel)) {}

    // For a call that the server may take `given_us` for.
    int64_t TimeoutOf(int64_t given_us) const {
        constexpr int64_t kDayUs = 86'400'000'000;
        return given_us > 0 ? std::min(given_us, kDayUs) + kOnTheWayUs
                            : core->options.call_timeout_us;
    }
    template <typename Request, typename Response>
    Result<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                       Response*),
                          const Request& request, int64_t timeout_us) {
        core->ConnectNow(true);
        grpc::ClientContext context;
        context.set_deadline(std::chrono::system_clock::now() +
                             std::chrono::microseconds(timeout_us));
        if (!running.Add(&context)) return RunningCalls::Cancelled();
        Response response;
        const grpc::Status status = (stub.get()->*method)(&context, request, &response);
        running.Remove(&context);
        if (status.ok()) return response;
        if (status.error_code() == grpc::StatusCode::CANCELLED && running.cancelled())
            return RunningCalls::Cancelled();
        return internal::FromGrpc(status, context, core->options.server);
    }
    template <typename Request, typename Response>
    Result<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                       Response*),
                          const Request& request) {
        return Call(method, request, core->options.call_timeout_us);
    }

    const std::shared_ptr<internal::Core> core;
    const std::unique_ptr<Stub> stub;
    RunningCalls running;
};

Search::Search(Client& client) : impl_(std::make_unique<Impl>(client.core())) {}

Search::~Search() {
    Cancel();
    impl_->running.WaitForAll();
}

void Search::Cancel() { impl_->running.CancelAll(); }

Result<v1::SearchResponse> Search::Find(const v1::SearchRequest& request) {
    return impl_->Call(&Stub::Search, request, impl_->TimeoutOf(request.timeout_us()));
}

Result<v1::SearchJsonResponse> Search::FindJson(const v1::SearchJsonRequest& request) {
    return impl_->Call(&Stub::SearchJson, request, impl_->TimeoutOf(request.timeout_us()));
}

Result<v1::SuggestResponse> Search::Suggest(const v1::SuggestRequest& request) {
    return impl_->Call(&Stub::Suggest, request);
}

Result<v1::ListIndexesResponse> Search::ListIndexes() {
    return impl_->Call(&Stub::ListIndexes, v1::ListIndexesRequest());
}

Result<v1::SearchIndex> Search::GetIndex(const std::string& name) {
    v1::GetIndexRequest request;
    request.set_name(name);
    return impl_->Call(&Stub::GetIndex, request);
}

Status Search::RebuildIndex(const std::string& name) {
    v1::RebuildIndexRequest request;
    request.set_name(name);
    return impl_->Call(&Stub::RebuildIndex, request).status();
}

Result<v1::AnalyzeResponse> Search::Analyze(const v1::AnalyzeRequest& request) {
    return impl_->Call(&Stub::Analyze, request);
}

}  // namespace blasty::client
