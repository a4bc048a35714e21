// The service blasty.v1.Search.
#pragma once

#include "blasty/v1/search.grpc.pb.h"
#include "engine/engine.h"
#include "rpc/internal/statement_pool.h"
#include "rpc/task_group.h"

namespace blasty::rpc {

template <typename Base>
using SearchMethods =
    v1::Search::WithCallbackMethod_Search<v1::Search::WithCallbackMethod_SearchJson<
        v1::Search::WithCallbackMethod_Suggest<v1::Search::WithCallbackMethod_ListIndexes<
            v1::Search::WithCallbackMethod_GetIndex<v1::Search::WithCallbackMethod_RebuildIndex<
                v1::Search::WithCallbackMethod_Analyze<Base>>>>>>>;

// Thread-safe. All arguments must outlive it; `pool` runs searches.
class SearchService final : public SearchMethods<v1::Search::Service> {
  public:
    SearchService(engine::Engine& engine, TaskGroup& admin, StatementPool& pool)
        : engine_(engine), admin_(admin), pool_(pool) {}

    using Context = grpc::CallbackServerContext;
    using Reactor = grpc::ServerUnaryReactor;

    Reactor* Search(Context*, const v1::SearchRequest*, v1::SearchResponse*) override;
    Reactor* SearchJson(Context*, const v1::SearchJsonRequest*, v1::SearchJsonResponse*) override;
    Reactor* Suggest(Context*, const v1::SuggestRequest*, v1::SuggestResponse*) override;
    Reactor* ListIndexes(Context*, const v1::ListIndexesRequest*,
                         v1::ListIndexesResponse*) override;
    Reactor* GetIndex(Context*, const v1::GetIndexRequest*, v1::SearchIndex*) override;
    Reactor* RebuildIndex(Context*, const v1::RebuildIndexRequest*,
                          v1::RebuildIndexResponse*) override;
    Reactor* Analyze(Context*, const v1::AnalyzeRequest*, v1::AnalyzeResponse*) override;

  private:
    engine::Engine& engine_;
    TaskGroup& admin_;
    StatementPool& pool_;
};

}  // namespace blasty::rpc
