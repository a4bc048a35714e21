#include "live/internal/aggregate.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/container/btree_set.h"

namespace blasty::live::internal {
namespace {

using Item = IncrementPlan::Item;

// With no more rows, sums of what is exact stay in 64 bits, whatever the order.
constexpr int64_t kRowsMax = int64_t{1} << 22;

size_t HiddenOf(const IncrementPlan& increment) {
    return 1 + 2 * static_cast<size_t>(
                       std::count(increment.items.begin(), increment.items.end(), Item::kSum));
}

// One row of the state, taken apart.
struct Group {
    int64_t rows = 0;
    struct Sum {
        int64_t values = 0, inexact = 0;
    };
    std::vector<Sum> sums;
    tables::Row items;  // of the projection

    // False: not a row of this plan.
    bool Read(const IncrementPlan& increment, std::string_view encoded) {
        auto decoded = tables::DecodeRow(encoded);
        const size_t hidden = HiddenOf(increment);
        if (!decoded.ok() || decoded->size() != hidden + increment.items.size()) return false;
        for (size_t i = 0; i < hidden; ++i) {
            const auto* number = std::get_if<int64_t>(&(*decoded)[i]);
            if (!number) return false;
            if (i == 0)
                rows = *number;
            else if (i % 2 == 1)
                sums.push_back({*number, 0});
            else
                sums.back().inexact = *number;
        }
        items.assign(std::make_move_iterator(decoded->begin() + static_cast<ptrdiff_t>(hidden)),
                     std::make_move_iterator(decoded->end()));
        return true;
    }
    std::string Encode() const {
        tables::Row row = {rows};
        for (const Sum& sum : sums) {
            row.emplace_back(sum.values);
            row.emplace_back(sum.inexact);
        }
        row.insert(row.end(), items.begin(), items.end());
        return tables::EncodeRow(row);
    }
    bool Exact() const {
        return rows >= 0 && (rows <= kRowsMax || sums.empty()) &&
               std::all_of(sums.begin(), sums.end(),
                           [](const Sum& sum) { return sum.values >= 0 && sum.inexact == 0; });
    }
    // Adds (sign 1) or subtracts (-1) the numbers of another one. False: they are none.
    bool Add(const IncrementPlan& increment, const Group& other, int64_t sign) {
        rows += sign * other.rows;
        for (size_t i = 0; i < sums.size(); ++i) sums[i].values += sign * other.sums[i].values;
        for (size_t i = 0; i < items.size(); ++i) {
            if (increment.items[i] == Item::kGroup) continue;
            const auto* more = std::get_if<int64_t>(&other.items[i]);
            if (!more && std::holds_alternative<tables::Null>(other.items[i])) continue;
            if (!more) return false;
            const auto* mine = std::get_if<int64_t>(&items[i]);
            items[i] = (mine ? *mine : 0) + sign * *more;
        }
        return true;
    }
    // A sum of nothing is NULL.
    void Settle(const IncrementPlan& increment) {
        size_t sum = 0;
        for (size_t i = 0; i < items.size(); ++i) {
            if (increment.items[i] != Item::kSum) continue;
            if (sums[sum++].values == 0) items[i] = tables::Null{};
        }
    }
};

Result<ResultSetPtr> Evaluate(const Round& round, const Feed& feed, bool new_rows) {
    const TableChanges& changed = round.tables.front();
    RowTables& rows = round.environment.rows();
    BLASTY_RETURN_IF_ERROR(rows.Clear(*changed.table));
    for (const tables::RowChange& change : changed.changes) {
        const std::string_view row = new_rows ? change.new_row : change.old_row;
        if (!row.empty()) BLASTY_RETURN_IF_ERROR(rows.PutImage(*changed.table, change.key, row));
    }
    BLASTY_ASSIGN_OR_RETURN(
        ResultSetPtr result,
        round.environment.Run(feed.plan->increment.deltas.front(), feed.parameters, round.limits));
    return result;
}

}  // namespace

Result<std::optional<GroupUpdates>> UpdateGroups(const Round& round, const Feed& feed) {
    const IncrementPlan& increment = feed.plan->increment;
    if (!feed.state) return std::nullopt;
    BLASTY_ASSIGN_OR_RETURN(const ResultSetPtr before, Evaluate(round, feed, false));
    BLASTY_ASSIGN_OR_RETURN(const ResultSetPtr after, Evaluate(round, feed, true));
    absl::btree_set<std::string_view> keys;
    for (const ResultSetPtr& side : {before, after})
        for (const ResultSet::Row& row : side->rows()) keys.insert(row.key);
    GroupUpdates updates;
    for (const std::string_view key : keys) {
        std::optional<Group> group;
        const std::pair<const ResultSet*, int64_t> sides[] = {
            {feed.state.get(), 1}, {after.get(), 1}, {before.get(), -1}};
        for (const auto& [side, sign] : sides) {
            const std::string* row = side->Find(key);
            if (!row) continue;
            Group part;
            if (!part.Read(increment, *row) || !part.Exact()) return std::nullopt;
            if (!group && sign < 0) return std::nullopt;
            if (!group)
                group = std::move(part);
            else if (!group->Add(increment, part, sign))
                return std::nullopt;
        }
        if (!group || !group->Exact()) return std::nullopt;
        group->Settle(increment);
        const bool gone = group->rows == 0 && !feed.plan->single_row;
        updates.state.push_back({std::string(key), gone ? "" : group->Encode(), gone});
        updates.result.push_back(
            {std::string(key), gone ? "" : tables::EncodeRow(group->items), gone});
    }
    return updates;
}

std::shared_ptr<ResultSet> ResultOfState(const IncrementPlan& increment, const ResultSet& state) {
    auto result = std::make_shared<ResultSet>();
    for (const ResultSet::Row& row : state.rows()) {
        Group group;
        if (!group.Read(increment, row.row)) return nullptr;
        result->Add(row.key, tables::EncodeRow(group.items));
    }
    return result;
}

}  // namespace blasty::live::internal
