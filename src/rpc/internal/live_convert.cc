#include "rpc/internal/live_convert.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "rpc/internal/search_convert.h"
#include "rpc/internal/sql_convert.h"

namespace blasty::rpc {
namespace {

constexpr int64_t kCoalesceMaxUs = int64_t{30} * 86'400 * 1'000'000;
constexpr int64_t kSecondUs = 1'000'000;

Status Invalid(std::string_view reason, std::string_view message) {
    return MakeError(StatusCode::kInvalidArgument, reason, message);
}

Status CheckDelay(int64_t coalesce_us) {
    if (coalesce_us >= 0) return OkStatus();
    return Invalid("INVALID_DELAY",
                   StrCat("coalesce_us is ", coalesce_us, "; 0 or more microseconds"));
}

// The first field that is set and has no meaning for a search that goes on, and why.
Status CheckFollowable(const v1::Subscribe& request) {
    const v1::SearchRequest& search = request.search();
    const auto refused = [](std::string_view field, std::string_view why) {
        return Invalid("LIVE_REFUSED",
                       StrCat("a search that is followed cannot have `", field, "`: ", why));
    };
    if (search.from() > 0) return refused("from", "its best hits are followed, from the first on");
    if (search.after_size() > 0)
        return refused("after", "its best hits are followed, from the first on");
    if (!search.collapse().empty())
        return refused("collapse", "ask for a facet of the field instead");
    if (search.explain()) return refused("explain", "search once to see it");
    if (search.did_you_mean()) return refused("did_you_mean", "search once to see it");
    if (request.rows_max() > 0)
        return refused("rows_max", "`size` bounds the best hits; ask for those");
    if (!request.all_matches()) return OkStatus();
    if (search.has_size())
        return refused("size", "all matches were asked for; leave out one of them");
    if (search.sort_size() > 0)
        return refused("sort", "all matches are in no order; follow the best hits instead");
    return OkStatus();
}

}  // namespace

Result<bool> IsSearch(const v1::Subscribe& request) {
    if (request.has_query() != request.has_search()) return request.has_search();
    return Invalid("MALFORMED_REQUEST",
                   StrCat("subscription ", request.subscription(), " names ",
                          request.has_query() ? "a query and a search" : "no query and no search",
                          "; give one of them"));
}

Result<live::SubscribeOptions> QueryOptionsOf(const v1::Subscribe& request) {
    live::SubscribeOptions options;
    if (request.all_matches()) {
        return Invalid("LIVE_REFUSED", "`all_matches` is of searches; a query has all its rows");
    }
    BLASTY_ASSIGN_OR_RETURN(options.query, FromProto(request.query()));
    BLASTY_RETURN_IF_ERROR(CheckDelay(request.coalesce_us()));
    options.resume = request.resume();
    options.at_least = Sequence(request.at_least());
    options.old_values = request.old_values();
    options.progress = request.progress();
    options.rows_max = request.rows_max();
    options.buffer_bytes_max = request.buffer_bytes_max();
    options.coalesce_us = request.coalesce_us();
    options.batches_per_second_max = request.rate_max();
    return options;
}

Result<search::LiveRequest> SearchOptionsOf(const v1::Subscribe& request) {
    BLASTY_RETURN_IF_ERROR(CheckFollowable(request));
    BLASTY_RETURN_IF_ERROR(CheckDelay(request.coalesce_us()));
    search::LiveRequest options;
    BLASTY_ASSIGN_OR_RETURN(options.search, SearchRequestOf(request.search()));
    options.search.fresh = std::max(options.search.fresh, Sequence(request.at_least()));
    options.all_matches = request.all_matches();
    options.resume = request.resume();
    options.old_values = request.old_values();
    options.progress = request.progress();
    options.buffer_bytes_max = request.buffer_bytes_max();
    options.coalesce_us = std::min(request.coalesce_us(), kCoalesceMaxUs);
    if (request.rate_max() > 0) {
        options.coalesce_us =
            std::max(options.coalesce_us, kSecondUs / static_cast<int64_t>(request.rate_max()));
    }
    return options;
}

}  // namespace blasty::rpc
