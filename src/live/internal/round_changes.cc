#include "live/internal/round_changes.h"

#include <algorithm>

namespace blasty::live::internal {

Status Round::PutChanged(const TableChanges& changed) const {
    for (const tables::RowChange& change : changed.changes) {
        if (change.new_row.empty()) continue;
        BLASTY_RETURN_IF_ERROR(environment.rows().PutPresent(*changed.table, change.key));
    }
    return OkStatus();
}

std::optional<std::vector<TableChanges>> ChangesOf(const Feed& feed, const tables::Schema& schema,
                                                   Sequence up_to) {
    if (feed.missed || feed.pending.empty()) return std::nullopt;
    std::vector<TableChanges> out;
    for (const QueryPlan::TableUse& use : feed.plan->tables) {
        TableChanges& of_table = out.emplace_back();
        of_table.table = schema.Find(use.table);
        if (!of_table.table) return std::nullopt;
        std::vector<tables::RowChange> all;
        for (const auto& commit : feed.pending) {
            if (commit->last > up_to) return std::nullopt;
            std::copy_if(commit->changes.begin(), commit->changes.end(), std::back_inserter(all),
                         [&](const tables::RowChange& c) { return c.table == use.table; });
        }
        of_table.changes = tables::NetChanges(all);
    }
    return out;
}

}  // namespace blasty::live::internal
