// Search.Search, SearchJson and Suggest: they may wait until an index is ready or fresh enough.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "blasty/v1/search.pb.h"
#include "rpc/internal/statement_pool.h"
#include "search/searches.h"

namespace blasty::rpc {

// Run on `pool`. A search that waits takes turns with the others, so that those that wait for one
// index do not keep the threads from other indexes.
grpc::ServerUnaryReactor* BeginSearch(search::Searches& searches, StatementPool& pool,
                                      grpc::CallbackServerContext* context,
                                      const v1::SearchRequest* request,
                                      v1::SearchResponse* response);

grpc::ServerUnaryReactor* BeginSearchJson(search::Searches& searches, StatementPool& pool,
                                          grpc::CallbackServerContext* context,
                                          const v1::SearchJsonRequest* request,
                                          v1::SearchJsonResponse* response);
grpc::ServerUnaryReactor* BeginSuggest(search::Searches& searches, StatementPool& pool,
                                       grpc::CallbackServerContext* context,
                                       const v1::SuggestRequest* request,
                                       v1::SuggestResponse* response);

}  // namespace blasty::rpc
