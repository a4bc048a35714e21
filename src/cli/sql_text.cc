#include "cli/sql_text.h"

#include <sqlite3.h>

#include <algorithm>
#include <charconv>

#include "cli/value_text.h"

namespace blasty::cli {
namespace {

bool IsLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Behind a run of quotes that begins at `at`; doubled ones are part of it.
size_t EndOfQuoted(std::string_view sql, size_t at) {
    const char close = sql[at] == '[' ? ']' : sql[at];
    for (size_t i = at + 1; i < sql.size(); ++i) {
        if (sql[i] != close) continue;
        if (close != ']' && i + 1 < sql.size() && sql[i + 1] == close) {
            ++i;
            continue;
        }
        return i + 1;
    }
    return sql.size();
}

// Behind a comment at `at`; `at` when there is none.
size_t EndOfComment(std::string_view sql, size_t at) {
    if (sql.substr(at, 2) == "--") return std::min(sql.find('\n', at), sql.size());
    if (sql.substr(at, 2) != "/*") return at;
    const size_t end = sql.find("*/", at + 2);
    return end == std::string_view::npos ? sql.size() : end + 2;
}

size_t EndOfWord(std::string_view sql, size_t at) {
    while (at < sql.size() && (IsLetter(sql[at]) || IsDigit(sql[at]) || sql[at] == '$')) ++at;
    return at;
}

// The token at `at`, which is neither space nor comment.
SqlToken TokenAt(std::string_view sql, size_t at) {
    const char c = sql[at];
    if (c == '\'') return {TokenKind::kString, sql.substr(at, EndOfQuoted(sql, at) - at)};
    if (c == '"' || c == '`' || c == '[')
        return {TokenKind::kQuotedName, sql.substr(at, EndOfQuoted(sql, at) - at)};
    if (c == '?' || c == ':' || c == '@' || c == '$') {
        const size_t end = EndOfWord(sql, at + 1);
        const bool named = end > at + 1 || c == '?';
        return {named ? TokenKind::kParameter : TokenKind::kSymbol, sql.substr(at, end - at)};
    }
    if (IsLetter(c)) return {TokenKind::kWord, sql.substr(at, EndOfWord(sql, at) - at)};
    if (IsDigit(c)) {
        size_t end = EndOfWord(sql, at);
        if (end < sql.size() && sql[end] == '.') end = EndOfWord(sql, end + 1);
        return {TokenKind::kNumber, sql.substr(at, end - at)};
    }
    return {TokenKind::kSymbol, sql.substr(at, 1)};
}

// Calls `visit(token)` for one token after another until it returns false.
template <typename Visit>
void Scan(std::string_view sql, const Visit& visit) {
    for (size_t at = 0; at < sql.size();) {
        const size_t end = EndOfComment(sql, at);
        if (end != at || IsSpace(sql[at])) {
            at = std::max(end, at + 1);
            continue;
        }
        const SqlToken token = TokenAt(sql, at);
        if (!visit(token)) return;
        at += token.text.size();
    }
}

std::string_view Trimmed(std::string_view text) {
    while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
    while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
    return text;
}

bool EqualNames(std::string_view a, std::string_view b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
               const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : +c; };
               return lower(x) == lower(y);
           });
}

// Words that SQLite's grammar needs for itself in front of or behind a name.
constexpr std::string_view kReserved[] = {
    "abort", "add",     "all",        "alter",  "and",     "as",      "between",  "case",
    "check", "collate", "commit",     "create", "default", "delete",  "distinct", "drop",
    "else",  "end",     "escape",     "except", "exists",  "foreign", "from",     "full",
    "group", "having",  "in",         "index",  "insert",  "into",    "is",       "isnull",
    "join",  "limit",   "natural",    "not",    "notnull", "null",    "on",       "or",
    "order", "primary", "references", "select", "set",     "table",   "then",     "to",
    "union", "unique",  "update",     "using",  "values",  "when",    "where"};

}  // namespace

std::vector<SqlToken> Tokens(std::string_view sql) {
    std::vector<SqlToken> out;
    Scan(sql, [&out](const SqlToken& token) {
        out.push_back(token);
        return true;
    });
    return out;
}

SqlScript SplitStatements(std::string_view script) {
    SqlScript out;
    size_t begin = 0;    // of the statement
    bool begun = false;  // more of it than spaces and comments was seen
    for (size_t at = 0; at < script.size();) {
        const size_t behind = EndOfComment(script, at);
        if (behind != at || IsSpace(script[at])) {
            at = std::max(behind, at + 1);
            continue;
        }
        if (!begun && script[at] == '.') {
            const size_t end = std::min(script.find('\n', at), script.size());
            out.statements.emplace_back(Trimmed(script.substr(at, end - at)));
            begin = at = end;
            continue;
        }
        const SqlToken token = TokenAt(script, at);
        const size_t end = at;
        at += token.text.size();
        begun = true;
        if (token.text != ";") continue;
        // A trigger holds statements of its own: SQLite knows where it ends.
        const std::string whole(script.substr(begin, at - begin));
        if (sqlite3_complete(whole.c_str()) == 0) continue;
        const std::string_view statement = script.substr(begin, end - begin);
        if (!IsBlank(statement)) out.statements.emplace_back(Trimmed(statement));
        begin = at;
        begun = false;
    }
    if (!IsBlank(script.substr(begin))) out.rest = script.substr(begin);
    return out;
}

bool IsBlank(std::string_view sql) {
    bool blank = true;
    Scan(sql, [&blank](const SqlToken& token) { return blank = token.text == ";"; });
    return blank;
}

bool LooksLikeQuery(std::string_view sql) {
    bool query = false;
    Scan(sql, [&query](const SqlToken& token) {
        for (const char* word : {"select", "with", "values", "explain"})
            query = query || IsWord(token, word);
        return false;
    });
    return query;
}

bool IsWord(const SqlToken& token, std::string_view word) {
    return token.kind == TokenKind::kWord && EqualNames(token.text, word);
}

std::string Unquoted(const SqlToken& token) {
    if (token.kind == TokenKind::kWord) return std::string(token.text);
    if (token.kind != TokenKind::kQuotedName || token.text.size() < 2) return "";
    const char close = token.text.back();
    std::string out;
    for (size_t i = 1; i + 1 < token.text.size(); ++i) {
        out += token.text[i];
        if (close != ']' && token.text[i] == close) ++i;
    }
    return out;
}

std::string SqlName(std::string_view name) {
    bool plain = !name.empty() && !IsDigit(name[0]);
    for (const char c : name) plain = plain && (IsLetter(c) || IsDigit(c));
    for (const std::string_view word : kReserved) plain = plain && !EqualNames(name, word);
    return plain ? std::string(name) : QuotedName(name);
}

std::vector<OrderTerm> OrderOf(std::string_view sql, const std::vector<std::string>& columns) {
    const std::vector<SqlToken> tokens = Tokens(sql);
    size_t at = tokens.size();
    int depth = 0;
    for (size_t i = 0; i + 1 < tokens.size(); ++i) {
        depth += tokens[i].text == "(" ? 1 : tokens[i].text == ")" ? -1 : 0;
        if (depth == 0 && IsWord(tokens[i], "order") && IsWord(tokens[i + 1], "by")) at = i + 2;
    }
    std::vector<OrderTerm> out;
    while (at < tokens.size()) {
        OrderTerm term;
        const std::string name = Unquoted(tokens[at]);
        const auto named =
            std::find_if(columns.begin(), columns.end(),
                         [&name](const std::string& column) { return EqualNames(column, name); });
        size_t position = static_cast<size_t>(named - columns.begin()) + 1;
        const std::string_view digits = tokens[at].text;
        if (tokens[at].kind == TokenKind::kNumber &&
            std::from_chars(digits.data(), digits.data() + digits.size(), position).ptr !=
                digits.data() + digits.size())
            return {};
        if (position == 0 || position > columns.size()) return {};
        term.column = position - 1;
        if (++at < tokens.size() && (IsWord(tokens[at], "desc") || IsWord(tokens[at], "asc")))
            term.descending = IsWord(tokens[at++], "desc");
        out.push_back(term);
        if (at == tokens.size() || tokens[at].text == ";" || IsWord(tokens[at], "limit")) break;
        if (tokens[at++].text != ",") return {};
    }
    return out;
}

}  // namespace blasty::cli
