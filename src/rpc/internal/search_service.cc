#include "rpc/internal/search_service.h"

#include <string>
#include <utility>

#include "analysis/chain.h"
#include "base/strings.h"
#include "rpc/internal/limits.h"
#include "rpc/internal/search_call.h"
#include "rpc/internal/search_convert.h"
#include "rpc/internal/unary_call.h"

namespace blasty::rpc {
namespace {

constexpr std::string_view kAnalyzerDefault = "standard";

Status FieldNotFound(std::string_view message) {
    return MakeError(StatusCode::kNotFound, "FIELD_NOT_FOUND", message);
}

// The chain that texts of a field go through.
Result<std::string> AnalyzerOf(const search::Searches& searches,
                               const v1::AnalyzeRequest::IndexField& place) {
    BLASTY_ASSIGN_OR_RETURN(const search::IndexInfo info, searches.Info(place.index()));
    std::string texts;
    for (const search::IndexFieldInfo& field : info.fields) {
        if (field.type == "TEXT") StrAppend(texts, texts.empty() ? "" : ", ", field.name);
        if (field.name != place.field()) continue;
        if (field.type == "TEXT") return field.analyzer;
        return FieldNotFound(StrCat("field '", Printable(place.field()), "' of index '",
                                    Printable(info.name), "' is ", field.type,
                                    ": its values are taken whole, not analyzed"));
    }
    return FieldNotFound(
        StrCat("index '", Printable(info.name), "' has no field '", Printable(place.field()),
               "'; its TEXT fields: ", texts.empty() ? "none" : Printable(texts, 400)));
}

Status AnalyzeText(const search::Searches& searches, const v1::AnalyzeRequest& request,
                   v1::AnalyzeResponse* response) {
    if (request.text().size() > kAnalyzeBytesMax) {
        return MakeError(StatusCode::kInvalidArgument, "TEXT_TOO_LARGE",
                         StrCat("the text has ", request.text().size(), " bytes; at most ",
                                kAnalyzeBytesMax, " are shown analyzed"));
    }
    std::string name = request.analyzer();
    if (request.has_field()) {
        BLASTY_ASSIGN_OR_RETURN(name, AnalyzerOf(searches, request.field()));
    }
    if (name.empty()) name = kAnalyzerDefault;
    BLASTY_ASSIGN_OR_RETURN(const analysis::ChainSpec chain, analysis::ParseChain(name));
    BLASTY_ASSIGN_OR_RETURN(const auto analyzer, analysis::MakeAnalyzer(chain));
    response->set_chain(analysis::ChainText(chain));
    analyzer->Analyze(request.text(), [response](const analysis::Token& from) {
        if (response->tokens_size() >= kAnalyzeTokensMax) return response->set_truncated(true);
        v1::AnalyzeResponse::Token* token = response->add_tokens();
        token->set_term(std::string(from.term));
        token->set_position(from.position);
        token->set_start(from.start);
        token->set_end(from.end);
    });
    return OkStatus();
}

}  // namespace

SearchService::Reactor* SearchService::Search(Context* context, const v1::SearchRequest* request,
                                              v1::SearchResponse* response) {
    return BeginSearch(engine_.search(), pool_, context, request, response);
}

SearchService::Reactor* SearchService::SearchJson(Context* context,
                                                  const v1::SearchJsonRequest* request,
                                                  v1::SearchJsonResponse* response) {
    return BeginSearchJson(engine_.search(), pool_, context, request, response);
}

SearchService::Reactor* SearchService::Suggest(Context* context, const v1::SuggestRequest* request,
                                               v1::SuggestResponse* response) {
    return BeginSuggest(engine_.search(), pool_, context, request, response);
}

SearchService::Reactor* SearchService::ListIndexes(Context* context, const v1::ListIndexesRequest*,
                                                   v1::ListIndexesResponse* response) {
    return RunBlocking(admin_, context, [this, response]() -> Status {
        for (const search::IndexInfo& info : engine_.search().List())
            ToProto(info, response->add_indexes());
        response->set_tables_sequence(engine_.tables().applied().value());
        return OkStatus();
    });
}

SearchService::Reactor* SearchService::GetIndex(Context* context,
                                                const v1::GetIndexRequest* request,
                                                v1::SearchIndex* response) {
    return RunBlocking(admin_, context, [this, request, response]() -> Status {
        BLASTY_ASSIGN_OR_RETURN(const search::IndexInfo info,
                                engine_.search().Info(request->name()));
        ToProto(info, response);
        return OkStatus();
    });
}

SearchService::Reactor* SearchService::RebuildIndex(Context* context,
                                                    const v1::RebuildIndexRequest* request,
                                                    v1::RebuildIndexResponse*) {
    return RunBlocking(admin_, context, [this, request]() -> Status {
        return engine_.search().Rebuild(request->name());
    });
}

SearchService::Reactor* SearchService::Analyze(Context* context, const v1::AnalyzeRequest* request,
                                               v1::AnalyzeResponse* response) {
    return RunBlocking(admin_, context, [this, request, response]() -> Status {
        return AnalyzeText(engine_.search(), *request, response);
    });
}

}  // namespace blasty::rpc
