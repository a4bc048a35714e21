#include "cli/sql_words.h"

#include <algorithm>
#include <set>

#include "cli/column_types.h"
#include "cli/sql_text.h"
#include "cli/value_text.h"

namespace blasty::cli {
namespace {

constexpr std::string_view kKeywords[] = {"ALTER",
                                          "AND",
                                          "AS",
                                          "ASC",
                                          "BEGIN",
                                          "BETWEEN",
                                          "BLOB",
                                          "BY",
                                          "CASE",
                                          "CAST",
                                          "CHECK",
                                          "COLLATE",
                                          "COLUMN",
                                          "CONFLICT",
                                          "CREATE",
                                          "CROSS",
                                          "DEFAULT",
                                          "DELETE",
                                          "DESC",
                                          "DISTINCT",
                                          "DO",
                                          "DROP",
                                          "ELSE",
                                          "END",
                                          "EXCEPT",
                                          "EXISTS",
                                          "EXPLAIN",
                                          "FILTER",
                                          "FOREIGN",
                                          "FROM",
                                          "GLOB",
                                          "GROUP",
                                          "HAVING",
                                          "IF",
                                          "IN",
                                          "INDEX",
                                          "INNER",
                                          "INSERT",
                                          "INTEGER",
                                          "INTERSECT",
                                          "INTO",
                                          "IS",
                                          "JOIN",
                                          "KEY",
                                          "LEFT",
                                          "LIKE",
                                          "LIMIT",
                                          "NOCASE",
                                          "NOT",
                                          "NOTHING",
                                          "NULL",
                                          "OFFSET",
                                          "ON",
                                          "OR",
                                          "ORDER",
                                          "OVER",
                                          "PARTITION",
                                          "PRIMARY",
                                          "REAL",
                                          "RECURSIVE",
                                          "REFERENCES",
                                          "RENAME",
                                          "REPLACE",
                                          "RETURNING",
                                          "SELECT",
                                          "SET",
                                          "TABLE",
                                          "TEXT",
                                          "THEN",
                                          "TO",
                                          "TRIGGER",
                                          "UNION",
                                          "UNIQUE",
                                          "UPDATE",
                                          "USING",
                                          "VALUES",
                                          "VIEW",
                                          "WHEN",
                                          "WHERE",
                                          "WINDOW",
                                          "WITH",
                                          "WITHOUT",
                                          "ROWID",
                                          "abs(",
                                          "avg(",
                                          "coalesce(",
                                          "count(",
                                          "datetime(",
                                          "group_concat(",
                                          "ifnull(",
                                          "instr(",
                                          "json_extract(",
                                          "length(",
                                          "lower(",
                                          "max(",
                                          "min(",
                                          "printf(",
                                          "random(",
                                          "replace(",
                                          "round(",
                                          "row_number(",
                                          "strftime(",
                                          "substr(",
                                          "sum(",
                                          "trim(",
                                          "typeof(",
                                          "upper("};

bool StartsWith(std::string_view word, std::string_view prefix) {
    return word.size() >= prefix.size() && SameName(word.substr(0, prefix.size()), prefix);
}

std::string InCaseOf(std::string_view word, std::string_view typed) {
    const bool lower =
        std::any_of(typed.begin(), typed.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    std::string out(word);
    for (char& c : out)
        if (lower && c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return out;
}

bool HoldsRows(const v1::GetSchemaResponse::Object& object) {
    return object.type() == "table" || object.type() == "view";
}

// The word before the one that is begun: FROM, INTO, …
bool WantsTable(const std::vector<SqlToken>& tokens, bool in_word) {
    const size_t back = in_word ? 2 : 1;
    if (tokens.size() < back) return false;
    const SqlToken& before = tokens[tokens.size() - back];
    for (const char* word : {"from", "join", "into", "update", "table"})
        if (IsWord(before, word)) return true;
    return false;
}

std::vector<std::string> Commands(std::string_view typed) {
    std::vector<std::string> out;
    for (const DotCommand& command : kDotCommands)
        if (command.name.starts_with(typed)) out.emplace_back(command.name);
    return out;
}

}  // namespace

const std::vector<DotCommand> kDotCommands = {
    {".tables", "", "the tables and views"},
    {".schema", "[TABLE]", "the statements that made them"},
    {".mode", "table|json|csv", "how rows are printed"},
    {".watch", "SELECT …", "follow a result as it changes; Ctrl-C comes back"},
    {".explain", "SELECT …", "how such a live query would be followed"},
    {".read", "FILE", "run the statements and commands of a file"},
    {".help", "", "this list"},
    {".quit", "", "leave, as Ctrl-D does"}};

std::vector<std::string> CompleteSql(std::string_view before_cursor,
                                     const v1::GetSchemaResponse& schema) {
    if (before_cursor.starts_with('.') && before_cursor.find(' ') == std::string_view::npos)
        return Commands(before_cursor);
    if (before_cursor.starts_with('.')) before_cursor.remove_prefix(before_cursor.find(' ') + 1);
    const std::vector<SqlToken> tokens = Tokens(before_cursor);
    if (!tokens.empty() && tokens.back().kind == TokenKind::kString &&
        tokens.back().text.data() + tokens.back().text.size() ==
            before_cursor.data() + before_cursor.size())
        return {};
    const bool in_word = !tokens.empty() && tokens.back().kind == TokenKind::kWord &&
                         tokens.back().text.data() + tokens.back().text.size() ==
                             before_cursor.data() + before_cursor.size();
    const std::string_view typed = in_word ? tokens.back().text : std::string_view();
    const size_t dot = tokens.size() - (in_word ? 1 : 0);
    std::set<std::string> out;
    if (dot >= 2 && tokens[dot - 1].text == ".") {
        const std::string table = Unquoted(tokens[dot - 2]);
        for (const auto& object : schema.objects())
            for (const v1::Column& column : object.columns())
                if (HoldsRows(object) && SameName(object.name(), table) &&
                    StartsWith(column.name(), typed))
                    out.insert(table + "." + SqlName(column.name()));
        return {out.begin(), out.end()};
    }
    const bool table_only = WantsTable(tokens, in_word);
    for (const auto& object : schema.objects()) {
        if (!HoldsRows(object)) continue;
        if (StartsWith(object.name(), typed)) out.insert(SqlName(object.name()));
        for (const v1::Column& column : object.columns())
            if (!table_only && !typed.empty() && StartsWith(column.name(), typed))
                out.insert(SqlName(column.name()));
    }
    if (!table_only && !typed.empty())
        for (const std::string_view word : kKeywords)
            if (StartsWith(word, typed)) out.insert(InCaseOf(word, typed));
    return {out.begin(), out.end()};
}

}  // namespace blasty::cli
