#include "live/internal/top_k.h"

#include <string_view>
#include <utility>
#include <variant>

#include "absl/container/flat_hash_set.h"

namespace blasty::live::internal {
namespace {

// Each row held is looked up again: with more, the query itself is not much slower.
constexpr size_t kHeldMax = 2'000;

// Every row that fits is held.
bool HoldsAll(const Feed& feed) {
    const IncrementPlan& increment = feed.plan->increment;
    const auto held = static_cast<int64_t>(feed.held->size());
    if (increment.limit >= 0) return held < increment.limit;
    if (!increment.limit_is_last_parameter || feed.parameters.empty()) return false;
    const auto* limit = std::get_if<int64_t>(&feed.parameters.back());
    return limit && (*limit < 0 || held < *limit);
}

}  // namespace

// Every row that is not held and not changed comes after the last one held, as long as that is
// itself unchanged: the order is total (its columns hold the primary key). So the held and the
// changed rows, ordered anew, are the result if nothing in it comes after that last row.
Result<std::shared_ptr<ResultSet>> UpdateTopK(const Round& round, const Feed& feed) {
    const TableChanges& changed = round.tables.front();
    if (feed.held->size() > kHeldMax) return nullptr;
    absl::flat_hash_set<std::string_view> keys;
    bool in_window = false;
    for (const tables::RowChange& change : changed.changes) {
        keys.insert(change.key);
        in_window = in_window || feed.held->Find(change.key);
    }
    const bool doubtful = in_window && !HoldsAll(feed);
    std::string_view last;
    if (feed.held->size() > 0) last = feed.held->rows().back().key;
    if (doubtful && keys.contains(last)) return nullptr;
    RowTables& rows = round.environment.rows();
    BLASTY_RETURN_IF_ERROR(rows.Clear(*changed.table));
    for (const ResultSet::Row& row : feed.held->rows())
        BLASTY_RETURN_IF_ERROR(rows.PutPresent(*changed.table, row.key));
    BLASTY_RETURN_IF_ERROR(round.PutChanged(changed));
    BLASTY_ASSIGN_OR_RETURN(
        std::shared_ptr<ResultSet> result,
        round.environment.Run(feed.plan->increment.deltas.front(), feed.parameters, round.limits));
    if (!doubtful) return result;
    if (result->size() < feed.held->size()) return nullptr;
    if (result->Find(last) && result->rows().back().key != last) return nullptr;
    return result;
}

}  // namespace blasty::live::internal
