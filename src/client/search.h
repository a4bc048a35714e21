// Search over tables: blocking calls, one request and one answer each. Requests and answers are
// those of api/blasty/v1/search.proto.
#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "blasty/v1/search.pb.h"
#include "client/client.h"

namespace blasty::client {

// Thread-safe; any number of calls may run at once. Errors: those of api/blasty/v1/search.proto,
// SERVER_UNREACHABLE, DEADLINE_EXCEEDED, and CANCELLED after Cancel.
class Search {
  public:
    explicit Search(Client& client);
    // Cancels what runs and waits for it.
    ~Search();
    Search(const Search&) = delete;
    Search& operator=(const Search&) = delete;

    // May take as long as `timeout_us` in the request says, else as ClientOptions::call_timeout_us.
    Result<v1::SearchResponse> Find(const v1::SearchRequest& request);

    // As Find, but in the shape of Bleve: JSON in, JSON out.
    Result<v1::SearchJsonResponse> FindJson(const v1::SearchJsonRequest& request);
    // What the last word of a text may become.
    Result<v1::SuggestResponse> Suggest(const v1::SuggestRequest& request);

    Result<v1::ListIndexesResponse> ListIndexes();
    Result<v1::SearchIndex> GetIndex(const std::string& name);
    // Answered when it has begun.
    Status RebuildIndex(const std::string& name);
    Result<v1::AnalyzeResponse> Analyze(const v1::AnalyzeRequest& request);

    // Ends every call, now and later, with CANCELLED. From any thread, not from a signal handler.
    void Cancel();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace blasty::client
