// A live search, understood: what it follows and what its events hold.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "index/percolator.h"
#include "index/query.h"
#include "index/search.h"
#include "live/event.h"
#include "search/event_details.h"
#include "search/highlight.h"
#include "search/internal/live_index.h"
#include "search/live_searches.h"
#include "search/mapping.h"

namespace blasty::search::standing {

using LiveRequestPtr = std::shared_ptr<const LiveRequest>;

// Immutable; any number of threads may use it.
struct Plan {
    LiveRequestPtr request;
    std::shared_ptr<internal::Source> messages;  // of an index over a topic
    std::shared_ptr<const Mapping> mapping;
    std::shared_ptr<const tables::Table> table;
    index::QueryPtr query;   // what fits it concerns the feed
    index::QueryPtr chosen;  // and is a match when it fits this too (picked facets); null: always
    std::vector<index::SortKey> sort;
    bool by_score = false;  // other rows move a row
    bool by_key = false;    // no hits are equal
    std::vector<int> columns;
    bool all_columns = false;  // of the table, in its order
    std::shared_ptr<const live::ResultColumns> result_columns;
    std::unique_ptr<const Highlighter> highlighter;  // null: no marks
    HighlightOptions highlight;
    bool old_values = false;  // events have old rows

    // What is compared and sent of a row.
    struct Shown {
        std::string row;  // the columns asked for, encoded
        std::vector<std::pair<std::string, std::vector<std::string>>> fragments;
        friend bool operator==(const Shown&, const Shown&) = default;
    };
    // `row`: encoded, all columns. ROW_DAMAGED.
    Result<Shown> Show(std::string_view row) const;
    // Nothing of a row is sent.
    bool bare() const { return columns.empty() && highlighter == nullptr; }
    bool HasFacets() const { return !request->search.facets.empty(); }
    // For index::Search, without sizes.
    index::SearchRequest Search() const;
};
using PlanPtr = std::shared_ptr<const Plan>;

// LIVE_REFUSED: what cannot be followed.
Status CheckRequest(const LiveRequest& request);
// BAD_QUERY, LIVE_REFUSED.
Result<PlanPtr> MakePlan(const LiveRequestPtr& request, const internal::LiveIndex::View& view);
// Equal for requests that one feed can answer.
std::string FeedKey(const LiveRequest& request);

}  // namespace blasty::search::standing
