// Between the messages of api/blasty/v1/search.proto and the structures of src/search.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "blasty/v1/search.pb.h"
#include "index/search.h"
#include "search/searches.h"

namespace blasty::rpc {

// BAD_QUERY (INVALID_ARGUMENT) above the limits of the contract, INVALID_TIMEOUT.
Result<search::Request> SearchRequestOf(const v1::SearchRequest& proto);
// INVALID_TIMEOUT.
Result<search::JsonSearch> JsonSearchOf(const v1::SearchJsonRequest& proto);
search::SuggestRequest SuggestRequestOf(const v1::SuggestRequest& proto);
void ToProto(const search::SuggestResult& result, v1::SuggestResponse* proto);
void ToProto(const search::Response& response, v1::SearchResponse* proto);
void ToProto(const index::FacetResult& facet, v1::Facet* proto);
// Pieces of text of one field.
void FragmentsToProto(const std::string& field, const std::vector<std::string>& texts,
                      v1::SearchHit::Fragments* proto);
void ToProto(const search::IndexInfo& info, v1::SearchIndex* proto);

}  // namespace blasty::rpc
