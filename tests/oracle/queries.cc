// Random SELECTs of every class.

#include <utility>

#include "base/strings.h"
#include "tests/oracle/generator.h"

namespace blasty::oracle {

Operation Generator::Subscribe(int slot) {
    Operation operation;
    operation.kind = Operation::Kind::kSubscribe;
    operation.slot = slot;
    operation.old_values = random_.Chance(1, 3);
    if (random_.Chance(1, 8)) operation.coalesce_us = 200'000;
    parameters_ = &operation.parameters;
    std::string sql;
    switch (Pick(13)) {
        case 0:
        case 1:
            sql = JoinQuery();
            break;
        case 2:
        case 3:
            sql = AggregateQuery();
            break;
        case 4:
        case 12:
            sql = TopQuery();
            break;
        case 5:
            sql = SetQuery();
            break;
        case 6:
            sql = NestedQuery();
            break;
        case 7:
            sql = WindowQuery();
            break;
        default:
            sql = FilterQuery();
            break;
    }
    parameters_ = nullptr;
    operation.statements = {std::move(sql)};
    return operation;
}

std::string Generator::Expression(const TableModel& table, const std::string& alias) {
    const std::string column = StrCat(alias, ".", AnyColumn(table).name);
    switch (Pick(9)) {
        case 0:
            return StrCat("length(", column, ")");
        case 1:
            return StrCat("coalesce(", column, ", ", Constant(), ")");
        case 2:
            return StrCat("lower(", column, ")");
        case 3:
            return StrCat("typeof(", column, ")");
        case 4:
            return StrCat("CASE WHEN ", column, " > ", Constant(), " THEN 1 ELSE 0 END");
        case 5:
            return StrCat("CAST(", column, " AS ", random_.Chance(1, 2) ? "INTEGER" : "TEXT", ")");
        case 6:
            return StrCat(column, " || 'x'");
        default:
            return column;
    }
}

std::string Generator::Comparison(const TableModel& table, const std::string& alias) {
    static const std::vector<std::string> kOperators = {
        "=", "=", "=", "<>", "<", "<=", ">", ">=", "IS", "IS NOT", "=="};
    const std::string column = StrCat(alias, ".", AnyColumn(table).name);
    switch (Pick(14)) {
        case 0:
            return StrCat(column, " IN (", Constant(), ", ", Constant(), ", ", Constant(), ")");
        case 1:
            return StrCat(column, " BETWEEN ", Constant(), " AND ", Constant());
        case 2:
            return StrCat(column, random_.Chance(1, 2) ? " IS NULL" : " IS NOT NULL");
        case 3:
            return StrCat(column, " LIKE '", random_.Chance(1, 2) ? "a%" : "%b%", "'");
        case 4:
            return StrCat(Expression(table, alias), " ", OneOf(kOperators), " ", Constant());
        case 5:
            return StrCat(column, " = ", Constant(), " COLLATE NOCASE");
        case 6:
            return StrCat(Constant(), " ", OneOf(kOperators), " ", column);
        case 7:
            return StrCat(column, " NOT IN (", Constant(), ", ", Constant(), ")");
        case 8:
            return StrCat(column, " ", OneOf(kOperators), " ", alias, ".", AnyColumn(table).name);
        case 9:
            return StrCat(column, " GLOB 'a*'");
        default:
            return StrCat(column, " ", OneOf(kOperators), " ", Constant());
    }
}

std::string Generator::Predicate(const TableModel& table, const std::string& alias, int depth) {
    if (depth == 0 || random_.Chance(2, 5)) return Comparison(table, alias);
    switch (Pick(5)) {
        case 0:
            return StrCat("NOT (", Predicate(table, alias, depth - 1), ")");
        case 1:
        case 2:
            return StrCat("(", Predicate(table, alias, depth - 1), " OR ",
                          Predicate(table, alias, depth - 1), ")");
        default:
            return StrCat(Predicate(table, alias, depth - 1), " AND ",
                          Predicate(table, alias, depth - 1));
    }
}

std::string Generator::Projection(const TableModel& table, const std::string& alias) {
    switch (Pick(5)) {
        case 0:
            return "*";
        case 1:
            return StrCat(alias, ".*");
        case 2:
            return StrCat(KeyList(table, alias), ", ", Expression(table, alias), " AS e");
        case 3:
            return StrCat(Expression(table, alias), ", ", Expression(table, alias));
        default:
            return StrCat(alias, ".", AnyColumn(table).name, ", ", KeyList(table, alias));
    }
}

std::string Generator::FilterQuery() {
    const TableModel& table = AnyTable();
    const bool named = random_.Chance(1, 2);
    const std::string alias = named ? "f" : table.name;
    std::string sql =
        StrCat("SELECT ", Projection(table, alias), " FROM ", table.name, named ? " f" : "");
    if (random_.Chance(9, 10)) StrAppend(sql, " WHERE ", Predicate(table, alias, 3));
    if (random_.Chance(1, 6)) StrAppend(sql, " ORDER BY ", KeyList(table, alias));
    return sql;
}

std::string Generator::JoinQuery() {
    const TableModel& left = AnyTable();
    const TableModel& right = AnyTable();
    const std::string kind = random_.Chance(1, 3) ? " LEFT JOIN " : " JOIN ";
    std::string sql =
        StrCat("SELECT ",
               random_.Chance(1, 3) ? "*"
                                    : StrCat("x.", AnyColumn(left).name, ", y.",
                                             AnyColumn(right).name, ", ", KeyList(left, "x")),
               " FROM ", left.name, " x", kind, right.name, " y ON x.", AnyColumn(left).name,
               " = y.", AnyColumn(right).name);
    if (random_.Chance(1, 4)) {
        const TableModel& third = AnyTable();
        StrAppend(sql, random_.Chance(1, 3) ? " LEFT JOIN " : " JOIN ", third.name, " z ON y.",
                  AnyColumn(right).name, " = z.", AnyColumn(third).name);
    }
    if (random_.Chance(2, 3)) StrAppend(sql, " WHERE ", Predicate(left, "x", 1));
    if (random_.Chance(1, 4)) {
        StrAppend(sql, sql.find(" WHERE ") == std::string::npos ? " WHERE " : " AND ",
                  Predicate(right, "y", 1));
    }
    return sql;
}

std::string Generator::AggregateQuery() {
    const TableModel& table = AnyTable();
    static const std::vector<std::string> kAggregates = {"count(*)", "count(?)",         "sum(?)",
                                                         "min(?)",   "max(?)",           "avg(?)",
                                                         "total(?)", "count(DISTINCT ?)"};
    // Half of them of those that are followed by adding and subtracting.
    const bool simple = random_.Chance(1, 2);
    std::string aggregates;
    const uint64_t count = 1 + Pick(3);
    for (uint64_t i = 0; i < count; ++i) {
        std::string aggregate = simple ? kAggregates[Pick(3)] : OneOf(kAggregates);
        const ColumnModel* column = ExactColumn(table);
        const size_t at = aggregate.find('?');
        if (at != std::string::npos) {
            // Texts as numbers would make sums of inexact reals.
            const bool sums = aggregate[0] == 's' || aggregate[0] == 'a' || aggregate[0] == 't';
            aggregate.replace(at, 1,
                              column == nullptr || (sums && !column->number) ? "1" : column->name);
        }
        StrAppend(aggregates, i == 0 ? "" : ", ", aggregate,
                  random_.Chance(1, 4) ? StrCat(" AS n", i) : "");
    }
    const std::string where =
        random_.Chance(1, 2) ? StrCat(" WHERE ", Predicate(table, table.name, 2)) : "";
    const ColumnModel* group = ExactColumn(table);
    if (group == nullptr || random_.Chance(1, 4)) {
        return StrCat("SELECT ", aggregates, " FROM ", table.name, where);
    }
    std::string sql = StrCat("SELECT ", random_.Chance(1, 8) ? "" : StrCat(group->name, ", "),
                             aggregates, " FROM ", table.name, where, " GROUP BY ", group->name);
    if (!simple && random_.Chance(1, 3)) {
        StrAppend(sql, " HAVING count(*) ", random_.Chance(1, 2) ? ">" : "=", " ", 1 + Pick(2));
    }
    return sql;
}

std::string Generator::TopQuery() {
    const TableModel& table = AnyTable();
    std::string sql = StrCat(
        "SELECT ",
        random_.Chance(1, 2) ? "*" : StrCat(KeyList(table, "q"), ", ", Expression(table, "q")),
        " FROM ", table.name, " q");
    if (random_.Chance(1, 2)) StrAppend(sql, " WHERE ", Predicate(table, "q", 1));
    StrAppend(sql, " ORDER BY ", "q.", AnyColumn(table).name, random_.Chance(1, 2) ? " DESC" : "",
              ", ", KeyList(table, "q"), " LIMIT ", 1 + Pick(6));
    if (random_.Chance(1, 5)) StrAppend(sql, " OFFSET ", Pick(3));
    return sql;
}

std::string Generator::SetQuery() {
    const TableModel& table = AnyTable();
    const TableModel& other = AnyTable();
    const ColumnModel* a = ExactColumn(table);
    const ColumnModel* b = ExactColumn(other);
    // Values of different affinities may be equal and not the same.
    if (a == nullptr || b == nullptr || random_.Chance(1, 3) || a->number != b->number) {
        if (a == nullptr) return FilterQuery();
        return StrCat("SELECT DISTINCT ", a->name, " FROM ", table.name, " WHERE ",
                      Predicate(table, table.name, 1));
    }
    static const std::vector<std::string> kSets = {"UNION", "UNION ALL", "EXCEPT", "INTERSECT"};
    // A number in a REAL column is another value than the same in an INTEGER one.
    const std::string as = a->number ? "CAST(? AS REAL)" : "?";
    auto cast = [&as](const std::string& name) {
        std::string out = as;
        out.replace(out.find('?'), 1, name);
        return out;
    };
    return StrCat("SELECT ", cast(a->name), " FROM ", table.name, " WHERE ",
                  Predicate(table, table.name, 1), " ", OneOf(kSets), " SELECT ", cast(b->name),
                  " FROM ", other.name, " WHERE ", Predicate(other, other.name, 1));
}

std::string Generator::NestedQuery() {
    const TableModel& table = AnyTable();
    const TableModel& other = AnyTable();
    switch (Pick(5)) {
        case 0:
            return StrCat("SELECT * FROM ", table.name, " n WHERE n.", AnyColumn(table).name,
                          " IN (SELECT ", AnyColumn(other).name, " FROM ", other.name, " WHERE ",
                          Predicate(other, other.name, 1), ")");
        case 1:
            return StrCat("SELECT * FROM ", table.name, " n WHERE ",
                          random_.Chance(1, 2) ? "" : "NOT ", "EXISTS (SELECT 1 FROM ", other.name,
                          " m WHERE m.", AnyColumn(other).name, " = n.", AnyColumn(table).name,
                          ")");
        case 2:
            return StrCat("WITH w AS (SELECT * FROM ", table.name, " WHERE ",
                          Predicate(table, table.name, 1), ") SELECT w.", AnyColumn(table).name,
                          " FROM w");
        case 3:
            return StrCat("SELECT ", KeyList(table, "n"), ", (SELECT count(*) FROM ", other.name,
                          " m WHERE m.", AnyColumn(other).name, " = n.", AnyColumn(table).name,
                          ") FROM ", table.name, " n");
        default:
            return StrCat("SELECT s.", AnyColumn(table).name, " FROM (SELECT * FROM ", table.name,
                          " WHERE ", Predicate(table, table.name, 1), ") s");
    }
}

std::string Generator::WindowQuery() {
    const TableModel& table = AnyTable();
    const ColumnModel* part = ExactColumn(table);
    const std::string by = part == nullptr ? "" : StrCat("PARTITION BY v.", part->name, " ");
    const std::string order =
        StrCat("ORDER BY v.", AnyColumn(table).name, ", ", KeyList(table, "v"));
    return StrCat("SELECT ", KeyList(table, "v"), ", ",
                  random_.Chance(1, 2) ? "row_number()" : "count(*)", " OVER (", by, order,
                  ") FROM ", table.name, " v");
}

}  // namespace blasty::oracle
