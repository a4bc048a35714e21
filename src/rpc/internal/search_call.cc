#include "rpc/internal/search_call.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
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
    // Fills the response; at most about the time given.
    using Ask = std::function<Status(int64_t timeout_us)>;

    SearchCall(StatementPool& pool, UnaryCall* call, grpc::CallbackServerContext* context)
        : pool_(pool), context_(context), finisher_(call, context) {}

    void Begin(int64_t timeout_us, Ask ask) {
        ask_ = std::move(ask);
        until_us_ = SystemClock().MonotonicMicros() + timeout_us;
        const Status posted = pool_.Post([self = shared_from_this()] { self->Try(); });
        if (!posted.ok()) finisher_.Finish(posted);
    }
    void Refuse(const Status& why) { finisher_.Finish(why); }

  private:
    void Try() {
        if (context_->IsCancelled()) {
            return finisher_.Finish(
                MakeError(StatusCode::kCancelled, "CANCELLED", "the call was cancelled"));
        }
        const int64_t left = until_us_ - SystemClock().MonotonicMicros();
        const Status found = ask_(std::clamp<int64_t>(left, 0, kSearchTurnUs));
        const bool waits =
            found.code() == StatusCode::kDeadlineExceeded || ReasonOf(found) == "INDEX_BUILDING";
        if (!waits || left <= kSearchTurnUs) return finisher_.Finish(found);
        pool_.PostAnyway([self = shared_from_this()] { self->Try(); });
    }

    StatementPool& pool_;
    grpc::CallbackServerContext* const context_;
    CallFinisher finisher_;
    Ask ask_;
    int64_t until_us_ = 0;
};

// Asks `method` of `searches` for `request`, and hands the answer to `fill`.
template <typename Request, typename Answer, typename Fill>
grpc::ServerUnaryReactor* BeginCall(StatementPool& pool, grpc::CallbackServerContext* context,
                                    Result<Request> request, search::Searches& searches,
                                    Result<Answer> (search::Searches::*method)(const Request&),
                                    Fill fill) {
    auto* reactor = new UnaryCall;
    auto call = std::make_shared<SearchCall>(pool, reactor, context);
    if (!request.ok()) {
        call->Refuse(request.status());
        return reactor;
    }
    const int64_t timeout_us = request->timeout_us;
    call->Begin(timeout_us, [&searches, method, fill = std::move(fill),
                             request = *std::move(request)](int64_t turn_us) mutable {
        request.timeout_us = turn_us;
        BLASTY_ASSIGN_OR_RETURN(const Answer answer, (searches.*method)(request));
        fill(answer);
        return OkStatus();
    });
    return reactor;
}

}  // namespace

grpc::ServerUnaryReactor* BeginSearch(search::Searches& searches, StatementPool& pool,
                                      grpc::CallbackServerContext* context,
                                      const v1::SearchRequest* request,
                                      v1::SearchResponse* response) {
    return BeginCall<search::Request, search::Response>(
        pool, context, SearchRequestOf(*request), searches, &search::Searches::Search,
        [response](const search::Response& found) { ToProto(found, response); });
}

grpc::ServerUnaryReactor* BeginSearchJson(search::Searches& searches, StatementPool& pool,
                                          grpc::CallbackServerContext* context,
                                          const v1::SearchJsonRequest* request,
                                          v1::SearchJsonResponse* response) {
    return BeginCall<search::JsonSearch, std::string>(
        pool, context, JsonSearchOf(*request), searches, &search::Searches::SearchJson,
        [response](const std::string& json) { response->set_json(json); });
}

grpc::ServerUnaryReactor* BeginSuggest(search::Searches& searches, StatementPool& pool,
                                       grpc::CallbackServerContext* context,
                                       const v1::SuggestRequest* request,
                                       v1::SuggestResponse* response) {
    return BeginCall<search::SuggestRequest, search::SuggestResult>(
        pool, context, SuggestRequestOf(*request), searches, &search::Searches::Suggest,
        [response](const search::SuggestResult& found) { ToProto(found, response); });
}

}  // namespace blasty::rpc
