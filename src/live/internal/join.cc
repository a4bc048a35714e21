#include "live/internal/join.h"

#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

namespace blasty::live::internal {
namespace {

using Keys = absl::flat_hash_set<std::string_view>;

// Whether a row of the result is made of a changed row: its key is the keys of the tables, one
// after another. Nullopt: it is no such key.
std::optional<bool> IsTouched(std::string_view key, const std::vector<TableChanges>& tables,
                              const std::vector<Keys>& changed, std::string* part) {
    bool touched = false;
    tables::RowReader reader(key);
    tables::ValueView value;
    for (size_t i = 0; i < tables.size(); ++i) {
        part->clear();
        for (size_t column = 0; column < tables[i].table->key_columns.size(); ++column) {
            if (!reader.Next(&value)) return std::nullopt;
            tables::PutValue(*part, value);
            // The missing side of a LEFT JOIN is one NULL; no key holds a NULL.
            if (value.type == tables::ValueType::kNull) break;
        }
        touched = touched || changed[i].contains(*part);
    }
    if (reader.Next(&value) || !reader.ok()) return std::nullopt;
    return touched;
}

// The rows of the result that are made of changed rows of one table, while the others are as they
// were; `old_rows`: as they were then. Their images are in the changes.
Result<ResultSetPtr> JoinChanged(const Round& round, const Feed& feed, size_t place,
                                 bool old_rows) {
    const TableChanges& changed = round.tables[place];
    RowTables& rows = round.environment.rows();
    BLASTY_RETURN_IF_ERROR(rows.Clear(*changed.table));
    if (!old_rows) BLASTY_RETURN_IF_ERROR(round.PutChanged(changed));
    for (const tables::RowChange& change : changed.changes) {
        if (!old_rows || change.old_row.empty()) continue;
        BLASTY_RETURN_IF_ERROR(rows.PutImage(*changed.table, change.key, change.old_row));
    }
    BLASTY_ASSIGN_OR_RETURN(
        ResultSetPtr result,
        round.environment.Run(feed.plan->increment.deltas[place], feed.parameters, round.limits));
    return result;
}

// Keys of the rows held that have a changed row in them. Nullopt: cannot be told.
Result<std::optional<std::vector<std::string>>> Touched(const Round& round, const Feed& feed,
                                                        const std::vector<Keys>& changed) {
    std::vector<std::string> touched;
    std::vector<size_t> places;
    for (size_t i = 0; i < changed.size(); ++i)
        if (!changed[i].empty()) places.push_back(i);
    if (places.size() == 1) {
        // Only the others' present rows are at hand, which are the old ones here.
        BLASTY_ASSIGN_OR_RETURN(const ResultSetPtr before,
                                JoinChanged(round, feed, places.front(), true));
        for (const ResultSet::Row& row : before->rows()) {
            if (!feed.held->Find(row.key)) return std::nullopt;
            touched.push_back(row.key);
        }
        return touched;
    }
    std::string part;
    for (const ResultSet::Row& row : feed.held->rows()) {
        const auto is_touched = IsTouched(row.key, round.tables, changed, &part);
        if (!is_touched) return std::nullopt;
        if (*is_touched) touched.push_back(row.key);
    }
    return touched;
}

}  // namespace

// A row of the result either has no changed row in it, and is as it was, or is found by joining the
// changed rows of one of its tables with the others as they are now.
Result<std::optional<std::vector<RowUpdate>>> UpdateJoin(const Round& round, const Feed& feed) {
    const auto& deltas = feed.plan->increment.deltas;
    std::vector<Keys> changed(round.tables.size());
    for (size_t i = 0; i < round.tables.size(); ++i) {
        for (const tables::RowChange& change : round.tables[i].changes)
            changed[i].insert(change.key);
        if (!changed[i].empty() && !deltas[i]) return std::nullopt;
    }
    BLASTY_ASSIGN_OR_RETURN(const auto touched, Touched(round, feed, changed));
    if (!touched) return std::nullopt;
    absl::flat_hash_map<std::string, std::string> joined;
    for (size_t i = 0; i < round.tables.size(); ++i) {
        if (changed[i].empty()) continue;
        BLASTY_ASSIGN_OR_RETURN(const ResultSetPtr after, JoinChanged(round, feed, i, false));
        for (const ResultSet::Row& row : after->rows()) {
            const auto [known, is_new] = joined.try_emplace(row.key, row.row);
            if (!is_new && known->second != row.row) return std::nullopt;
        }
    }
    if (feed.held->size() + joined.size() > round.limits.rows_max) return std::nullopt;
    std::vector<RowUpdate> updates;
    for (const std::string& key : *touched)
        if (!joined.contains(key)) updates.push_back({key, "", true});
    for (auto& [key, row] : joined) updates.push_back({key, std::move(row), false});
    return updates;
}

}  // namespace blasty::live::internal
