// What happened to a query since a token: the log once more for filters, a second evaluation as of
// the token for the others.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "live/internal/core.h"
#include "live/internal/environment.h"
#include "live/internal/matcher.h"

namespace blasty::live::internal {

// Why a token cannot be resumed: empty when it can. Each is a reason word and a sentence.
struct ResetReason {
    std::string reason, message;
    bool empty() const { return reason.empty(); }
};

// What can be told without reading the log. `last` is the newest sequence of the log.
ResetReason CheckToken(const ResumeToken& token, const QueryPlan& plan,
                       const tables::Schema& schema, Sequence history_from, Sequence last);

// Whether a query may read what is called `name`: its text has the word somewhere.
bool MentionsName(std::string_view sql, std::string_view name);

struct Resumed {
    ResetReason reset;  // the rest is empty then
    std::deque<EventBatchPtr> batches;
    uint32_t skip = 0;  // events of the first batch that the subscriber has
    // Everything up to here is in them; before start.position when the buffer is full.
    Sequence up_to;
};

// An event of a filter at the end of `batch`.
void AddChange(EventBatch* batch, const FeedChange& change, bool with_old_values);

// Of a filter: the batches of (token, start.position], as many as the subscription may buffer.
Result<Resumed> ReplayFilter(Core& core, Matcher& matcher, const Start& start);

// Of another query: what leads from the result as of the token to `start.held`. `environment`
// (kAsOf…) is in a snapshot at or after start.position with the schema of `start`.
Result<Resumed> ReplayResult(Core& core, Environment& environment, const Start& start,
                             const Environment::Limits& limits);

}  // namespace blasty::live::internal
