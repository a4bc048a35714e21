// Between the messages of api/blasty/v1/search.proto and the structures of src/search.
#pragma once

#include "base/status.h"
#include "blasty/v1/search.pb.h"
#include "search/searches.h"

namespace blasty::rpc {

// BAD_QUERY (INVALID_ARGUMENT) above the limits of the contract, INVALID_TIMEOUT.
Result<search::Request> SearchRequestOf(const v1::SearchRequest& proto);
void ToProto(const search::Response& response, v1::SearchResponse* proto);
void ToProto(const search::IndexInfo& info, v1::SearchIndex* proto);

}  // namespace blasty::rpc
