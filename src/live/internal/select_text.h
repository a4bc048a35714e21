// What the words of a SELECT tell about it, and the texts made from it. Doubt always leads to the
// more general class.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "live/internal/lexer.h"

namespace blasty::live::internal {

class SelectText {
  public:
    explicit SelectText(std::string sql);

    const std::string& sql() const { return sql_; }
    // "SELECT" or "WITH" or "VALUES" …; empty: nothing.
    std::string first_word() const;
    // A keyword anywhere outside of strings and quoted names.
    bool Has(std::string_view word) const;
    bool has_distinct() const;     // not counting IS [NOT] DISTINCT FROM
    bool has_compound() const;     // UNION, INTERSECT, EXCEPT
    bool unique_compound() const;  // the last operator of the outermost compound is not UNION ALL
    bool has_group_by() const;
    bool has_order_by() const { return order_ < tokens_.size(); }  // of the outermost SELECT
    bool has_limit() const { return limit_ < tokens_.size(); }     // of the outermost SELECT
    // Things in the FROM of the outermost SELECT; 0: cannot be told.
    int from_items() const { return from_items_; }
    // A word or quoted name that SQLite takes for the rowid, unless a column has that name.
    static bool IsRowid(std::string_view name);
    bool MentionsRowid() const;
    // With every mention of the rowid replaced.
    std::string WithRowidAs(std::string_view quoted_name) const;
    // The first call of a date function without time or of 'now'; empty: none is seen.
    std::string PresentTime() const;

    // `columns` and a comma put in front of the projection of the outermost SELECT; `count` of
    // them. Ordinals in ORDER BY move along. Nullopt: cannot be done for sure.
    std::optional<std::string> WithColumns(std::string_view columns, int count) const;
    // The GROUP BY expressions as written. Nullopt: none, or not to be repeated for sure.
    struct Groups {
        std::string text;
        int count = 0;
    };
    std::optional<Groups> GroupBy() const;
    // The text between the outermost FROM and WHERE, and where the condition begins. Nullopt: they
    // cannot be told.
    struct Where {
        std::string from;
        size_t condition = 0;
    };
    std::optional<Where> FindWhere() const;
    // Without the ORDER BY of the outermost SELECT, which must have no LIMIT.
    std::string WithoutOrder() const;

    // With the table `name` in the outermost FROM replaced by the one that `replacement` names,
    // under the name it had. Nullopt: it does not stand there exactly once.
    std::optional<std::string> WithTable(std::string_view name, std::string_view replacement) const;
    // The table `name` is the right side of a LEFT JOIN, or this cannot be told.
    bool IsOptional(std::string_view name) const;
    // The items of the projection when each is a name, count(…) or sum(…) of one argument.
    struct Item {
        enum class Kind { kColumn, kCount, kSum };
        Kind kind = Kind::kColumn;
        std::string text;  // name of the column, or the argument as written
        std::string alias;
        bool parameters = false;  // in the argument
    };
    std::optional<std::vector<Item>> SimpleItems() const;
    // Names of the columns in GROUP BY; nullopt: something else is there.
    std::optional<std::vector<std::string>> GroupColumns() const;
    // Items of ORDER BY that are no more than a column.
    struct OrderColumn {
        std::string name;
        bool qualified = false;  // "alias.name"
    };
    std::vector<OrderColumn> OrderColumns() const;
    // What follows LIMIT when that is one number or one parameter and the end; else empty.
    std::string LimitText() const;

  private:
    bool Word(size_t i, std::string_view word) const;
    size_t FindTop(std::string_view word, size_t from) const;
    void FindFrom();
    std::string_view TextOf(const Token& token) const;
    std::string NameOf(const Token& token) const;
    // Places where the items of a list at depth 0 begin, and its end behind them.
    std::vector<size_t> Items(size_t begin, size_t end) const;
    bool IsOrdinal(size_t begin, size_t end) const;
    // Place of the table in FROM; past the end: not there exactly once.
    size_t FindTable(std::string_view name) const;
    // "name" or "alias.name": the place of the name; past the end: something else.
    size_t ColumnAt(size_t begin, size_t end) const;
    std::optional<Item> SimpleItem(size_t begin, size_t end) const;
    bool NamesNothing(size_t begin, size_t end) const;

    std::string sql_;
    std::vector<Token> tokens_;
    size_t group_, order_, limit_;  // places of the outermost GROUP, ORDER, LIMIT; past the end
    int from_items_ = 0;
};

}  // namespace blasty::live::internal
