#include "rpc/internal/search_call.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "rpc/internal/limits.h"
#include "rpc/internal/search_convert.h"
#include "rpc/internal/unary_call.h"

namespace blasty::rpc {
namespace {

// Owned by its task; a task that the pool drops ends the call (CallFinisher).
class SearchCall : public std::enable_shared_from_this<SearchCall> {
  public:
    SearchCall(search::Searches& searches, StatementPool& pool, UnaryCall* call,
               grpc::CallbackServerContext* context, v1::SearchResponse* response)
        : searches_(searches),
          pool_(pool),
          context_(context),
          response_(response),
          finisher_(call, context) {}

    void Begin(const v1::SearchRequest& proto) {
        auto request = SearchRequestOf(proto);
        if (!request.ok()) return finisher_.Finish(request.status());
        request_ = *std::move(request);
        until_us_ = SystemClock().MonotonicMicros() + request_.timeout_us;
        const Status posted = pool_.Post([self = shared_from_this()] { self->Try(); });
        if (!posted.ok()) finisher_.Finish(posted);
    }

  private:
    void Try() {
        if (context_->IsCancelled()) {
            return finisher_.Finish(
                MakeError(StatusCode::kCancelled, "CANCELLED", "the call was cancelled"));
        }
        const int64_t left = until_us_ - SystemClock().MonotonicMicros();
        request_.timeout_us = std::clamp<int64_t>(left, 0, kSearchTurnUs);
        const Result<search::Response> found = searches_.Search(request_);
        if (found.ok()) {
            ToProto(*found, response_);
            return finisher_.Finish(OkStatus());
        }
        const bool waits = found.status().code() == StatusCode::kDeadlineExceeded ||
                           ReasonOf(found.status()) == "INDEX_BUILDING";
        if (!waits || left <= kSearchTurnUs) return finisher_.Finish(found.status());
        pool_.PostAnyway([self = shared_from_this()] { self->Try(); });
    }

    search::Searches& searches_;
    StatementPool& pool_;
    grpc::CallbackServerContext* const context_;
    v1::SearchResponse* const response_;
    CallFinisher finisher_;
    search::Request request_;
    int64_t until_us_ = 0;
};

}  // namespace

grpc::ServerUnaryReactor* BeginSearch(search::Searches& searches, StatementPool& pool,
                                      grpc::CallbackServerContext* context,
                                      const v1::SearchRequest* request,
                                      v1::SearchResponse* response) {
    auto* reactor = new UnaryCall;
    std::make_shared<SearchCall>(searches, pool, reactor, context, response)->Begin(*request);
    return reactor;
}

}  // namespace blasty::rpc
