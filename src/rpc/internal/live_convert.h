// From the Subscribe message of api/blasty/v1/live.proto to what the sessions take.
#pragma once

#include "base/status.h"
#include "blasty/v1/live.pb.h"
#include "live/live.h"
#include "search/live_searches.h"

namespace blasty::rpc {

// What is subscribed to: a query, else a search. MALFORMED_REQUEST (INVALID_ARGUMENT) when it is
// neither or both.
Result<bool> IsSearch(const v1::Subscribe& request);
// STATEMENT_MISSING, INVALID_DELAY, LIVE_REFUSED.
Result<live::SubscribeOptions> QueryOptionsOf(const v1::Subscribe& request);
// LIVE_REFUSED (INVALID_ARGUMENT) for what a live search cannot have, INVALID_DELAY, BAD_QUERY.
Result<search::LiveRequest> SearchOptionsOf(const v1::Subscribe& request);

}  // namespace blasty::rpc
