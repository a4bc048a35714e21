// What blasty explain-live tells of a query.
#include <algorithm>

#include "base/strings.h"
#include "live/internal/matcher_impl.h"
#include "live/internal/probe.h"

namespace blasty::live::internal {
namespace {

using Class = Explanation::Class;

std::string CostOf(const QueryPlan& plan, bool indexed) {
    if (plan.query_class == Class::kFilter) {
        return indexed ? "a look-up a row image; an evaluation only of the rows it finds"
                       : "an evaluation for every row image of the table";
    }
    std::string out = indexed ? "a look-up a row image; then, once for everyone, "
                              : "after every change of its tables, once for everyone, ";
    switch (plan.increment.kind) {
        case IncrementPlan::Kind::kTopK:
            return out +
                   "the rows held and the changed ones are ordered again (everything, when a row "
                   "of the result falls back or leaves)";
        case IncrementPlan::Kind::kAggregate:
            return out + "the changed rows are subtracted and added";
        case IncrementPlan::Kind::kJoin:
            for (size_t i = 0; i < plan.tables.size(); ++i) {
                if (plan.increment.deltas[i] == nullptr)
                    StrAppend(out, "(a change of ", plan.tables[i].name, ": the whole query) ");
            }
            return out + "the changed rows are joined with the other tables";
        case IncrementPlan::Kind::kNone:
            break;
    }
    return StrCat(out, "the whole query is evaluated", plan.increment.why_not.empty() ? "" : ": ",
                  plan.increment.why_not);
}

bool SameAccess(const Explanation::Access& a, const Explanation::Access& b) {
    return a.table == b.table && a.terms == b.terms && a.indexed == b.indexed;
}

std::string KeyOf(const QueryPlan& plan) {
    if (plan.single_row) return "the one row";
    if (plan.key_columns == 0) return "all values of the row";
    if (plan.query_class == Class::kAggregate) return "the GROUP BY expressions";
    return plan.key_columns == 1 ? "the primary key" : "the primary keys of its tables";
}

}  // namespace

Status MatcherImpl::Explain(const QueryPlanPtr& plan, const tables::Row& parameters,
                            Explanation* explanation) {
    BLASTY_ASSIGN_OR_RETURN(Query * query, QueryOf(plan));
    explanation->query_class = plan->query_class;
    explanation->why = plan->why;
    explanation->key = KeyOf(*plan);
    explanation->sharing = query->feeds;
    explanation->tables.clear();
    for (const QueryPlan::TableUse& use : plan->tables) explanation->tables.push_back(use.name);
    explanation->accesses.clear();
    const std::string encoded = tables::EncodeRow(parameters);
    absl::flat_hash_map<const tables::Table*, std::vector<Conjunction>> by_table;
    Status status;
    if (query->table != nullptr) {
        BindEncoded(query->statement, encoded);
        auto probed = ProbeFilter(*tables_, query->statement);
        sqlite3_clear_bindings(query->statement);
        status = probed.status();
        if (probed.ok()) by_table[query->table] = *std::move(probed);
    } else {
        by_table = ProbeTables(*tables_, *plan, parameters);
    }
    bool all_indexed = true;
    for (const QueryPlan::TableUse& use : plan->tables) {
        const tables::Table* table = schema_->Find(use.table);
        auto any_of = by_table.find(table);
        if (any_of == by_table.end()) {
            any_of = by_table.emplace(table, std::vector<Conjunction>(1)).first;
        }
        for (const Conjunction& conjunction : any_of->second) {
            const Placement placement = IndexOf(*table).Place(conjunction);
            Explanation::Access access;
            access.table = use.name;
            access.indexed = placement.never || placement.indexed();
            all_indexed = all_indexed && access.indexed;
            if (placement.never) access.terms.emplace_back("never true");
            for (const Term& term : conjunction) {
                if (!placement.never && placement.Uses(term.column)) {
                    access.terms.push_back(TermText(*table, term));
                }
            }
            // SQLite asks once for each place of a table in the query and each order of joining.
            if (std::none_of(explanation->accesses.begin(), explanation->accesses.end(),
                             [&](const auto& other) { return SameAccess(access, other); }))
                explanation->accesses.push_back(std::move(access));
        }
    }
    explanation->cost = CostOf(*plan, all_indexed);
    DropQuery(query);
    return status;
}

}  // namespace blasty::live::internal
