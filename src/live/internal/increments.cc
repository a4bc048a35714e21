#include "live/internal/increments.h"

#include <sqlite3.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/strings.h"
#include "live/internal/row_tables.h"
#include "live/internal/shadow_schema.h"

namespace blasty::live::internal {
namespace {

using Kind = IncrementPlan::Kind;

// Rows of sums that are added up exactly in any order: integers up to 2^40, and no more rows than
// keep every partial sum in 64 bits.
constexpr std::string_view kExactMost = "1099511627776";

bool SameName(const std::string& a, const std::string& b) {
    return sqlite3_stricmp(a.c_str(), b.c_str()) == 0;
}

// The Bloom filters of SQLite 3.40 joins miss texts that are equal but for trailing spaces: with
// other plans than the query itself gets, other rows would come out.
bool Rtrims(const tables::Table& table) {
    return std::any_of(table.columns.begin(), table.columns.end(), [](const tables::Column& c) {
        return !SameName(c.collation, "BINARY") && !SameName(c.collation, "NOCASE");
    });
}

class Planning {
  public:
    Planning(const SelectText& text, const tables::Schema& schema,
             const std::vector<std::string>& origins,
             const std::function<bool(const std::string&)>& compiles, QueryPlan* plan)
        : text_(text), schema_(schema), origins_(origins), compiles_(compiles), plan_(plan) {}

    // Why not; empty: it is planned.
    std::string TopK();
    std::string Aggregate();
    std::string Join();

  private:
    // `keyed` with the table replaced by its row table; null: it cannot be.
    QueryPlanPtr Delta(const std::string& keyed, const tables::Table& table) const;
    bool OrdersBy(const tables::Table& table, int column) const;
    bool GroupsExactly(const tables::Table& table, const std::vector<std::string>& groups) const;

    const SelectText& text_;
    const tables::Schema& schema_;
    const std::vector<std::string>& origins_;
    const std::function<bool(const std::string&)>& compiles_;
    QueryPlan* const plan_;
};

QueryPlanPtr Planning::Delta(const std::string& keyed, const tables::Table& table) const {
    const auto sql = SelectText(keyed).WithTable(table.name, QuoteName(RowTables::NameOf(table)));
    if (!sql.has_value() || !compiles_(*sql)) return nullptr;
    auto delta = std::make_shared<QueryPlan>();
    delta->sql = delta->keyed_sql = *sql;
    delta->key_columns = plan_->key_columns;
    delta->single_row = plan_->single_row;
    return delta;
}

// Without a doubt the column itself, and not an alias of this name.
bool Planning::OrdersBy(const tables::Table& table, int column) const {
    const tables::Column& key = table.columns[static_cast<size_t>(column)];
    if (!SameName(key.collation, "BINARY")) return false;
    for (const SelectText::OrderColumn& item : text_.OrderColumns()) {
        if (!SameName(item.name, key.name)) continue;
        bool alias = false;
        for (size_t i = 0; i < origins_.size(); ++i)
            alias |= SameName(plan_->columns[i], key.name) && !SameName(origins_[i], key.name);
        if (item.qualified || !alias) return true;
    }
    return false;
}

std::string Planning::TopK() {
    if (plan_->tables.size() != 1 || plan_->key_columns != 1) return "it reads several tables";
    if (text_.Has("OFFSET")) return "it has an OFFSET";
    const std::string limit = text_.LimitText();
    if (limit.empty()) return "its LIMIT is no plain number or parameter";
    const tables::Table& table = *schema_.Find(plan_->tables[0].table);
    for (const int column : table.key_columns) {
        if (!OrdersBy(table, column))
            return "its order leaves ties; add the primary key to the ORDER BY";
    }
    IncrementPlan& increment = plan_->increment;
    QueryPlanPtr delta = Delta(plan_->keyed_sql, table);
    if (!delta) return "its text cannot be run over single rows";
    const auto parsed = std::from_chars(limit.data(), limit.data() + limit.size(), increment.limit);
    if (parsed.ec != std::errc() || parsed.ptr != limit.data() + limit.size()) increment.limit = -1;
    increment.limit_is_last_parameter = limit == "?";
    increment.deltas = {std::move(delta)};
    increment.kind = Kind::kTopK;
    return "";
}

// Equal values of these columns are the same bytes.
bool Planning::GroupsExactly(const tables::Table& table,
                             const std::vector<std::string>& groups) const {
    return std::all_of(groups.begin(), groups.end(), [&](const std::string& name) {
        const int place = table.ColumnOf(name);
        if (place < 0) return false;
        const tables::Column& column = table.columns[static_cast<size_t>(place)];
        return SameName(column.collation, "BINARY") && column.affinity != tables::Affinity::kBlob &&
               column.affinity != tables::Affinity::kReal;
    });
}

std::string Planning::Aggregate() {
    if (plan_->tables.size() != 1 || text_.from_items() != 1) return "it reads several tables";
    if (text_.Has("HAVING")) return "it has a HAVING";
    if (text_.has_order_by()) return "it has an ORDER BY";
    const tables::Table& table = *schema_.Find(plan_->tables[0].table);
    std::vector<std::string> groups;
    if (text_.has_group_by()) {
        auto columns = text_.GroupColumns();
        if (!columns.has_value() || static_cast<int>(columns->size()) != plan_->key_columns ||
            !GroupsExactly(table, *columns))
            return "it groups by more than columns whose equal values are the same";
        groups = *std::move(columns);
    }
    const auto items = text_.SimpleItems();
    if (!items.has_value()) return "it has more than columns of GROUP BY, count and sum";
    IncrementPlan& increment = plan_->increment;
    std::string hidden = "count(*)";
    int count = 1;
    for (const SelectText::Item& item : *items) {
        // A name of the result could be meant where a column is named.
        if (!item.alias.empty() && table.ColumnOf(item.alias) >= 0)
            return "an alias has the name of a column";
        if (item.kind == SelectText::Item::Kind::kColumn) {
            if (std::none_of(groups.begin(), groups.end(),
                             [&](const std::string& name) { return SameName(name, item.text); }))
                return "it has more than columns of GROUP BY, count and sum";
            increment.items.push_back(IncrementPlan::Item::kGroup);
        } else if (item.kind == SelectText::Item::Kind::kCount) {
            increment.items.push_back(IncrementPlan::Item::kCount);
        } else {
            if (item.parameters || item.text == "*") return "it has a sum with parameters";
            const std::string& x = item.text;
            StrAppend(hidden, ", count(", x, "), count(CASE WHEN (", x,
                      ") IS NOT NULL AND NOT (typeof(", x, ") = 'integer' AND (", x, ") BETWEEN -",
                      kExactMost, " AND ", kExactMost, ") THEN 1 END)");
            count += 2;
            increment.items.push_back(IncrementPlan::Item::kSum);
        }
    }
    // The hidden values stand between the keys and the projection.
    std::string front = hidden;
    if (plan_->key_columns > 0) front = StrCat(text_.GroupBy()->text, ", ", hidden);
    const auto state = text_.WithColumns(front, plan_->key_columns + count);
    if (!state.has_value() || !compiles_(*state)) return "its text cannot be extended";
    QueryPlanPtr delta = Delta(*state, table);
    if (!delta) return "its text cannot be run over single rows";
    auto held = std::make_shared<QueryPlan>(*delta);
    held->sql = held->keyed_sql = *state;
    increment.state = std::move(held);
    increment.deltas = {std::move(delta)};
    increment.kind = Kind::kAggregate;
    return "";
}

std::string Planning::Join() {
    if (text_.has_order_by()) return "it has an ORDER BY";
    if (text_.Has("RTRIM")) return "it compares with the collation RTRIM";
    if (static_cast<size_t>(plan_->key_columns) != plan_->tables.size())
        return "its rows have no key of every table";
    IncrementPlan& increment = plan_->increment;
    bool any = false;
    for (const QueryPlan::TableUse& use : plan_->tables) {
        const tables::Table& table = *schema_.Find(use.table);
        if (Rtrims(table)) return "it reads texts with the collation RTRIM";
        increment.deltas.push_back(text_.IsOptional(use.name) ? nullptr
                                                              : Delta(plan_->keyed_sql, table));
        any = any || increment.deltas.back();
    }
    if (!any) return "no table of it can be replaced by single rows";
    increment.kind = Kind::kJoin;
    return "";
}

}  // namespace

void PlanIncrements(const SelectText& text, const tables::Schema& schema,
                    const std::vector<std::string>& origins,
                    const std::function<bool(const std::string&)>& compiles, QueryPlan* plan) {
    Planning planning(text, schema, origins, compiles, plan);
    std::string why_not;
    switch (plan->query_class) {
        case Explanation::Class::kTopK:
            why_not = planning.TopK();
            break;
        case Explanation::Class::kAggregate:
            why_not = planning.Aggregate();
            break;
        case Explanation::Class::kJoin:
            why_not = planning.Join();
            break;
        default:
            return;
    }
    if (why_not.empty()) return;
    plan->increment = IncrementPlan();
    plan->increment.why_not = std::move(why_not);
}

}  // namespace blasty::live::internal
