// Just enough of SQL's surface for the command line: where statements end, which parameters and
// words a text has. What a statement means only the server knows.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace blasty::cli {

enum class TokenKind { kWord, kQuotedName, kString, kNumber, kParameter, kSymbol };

// A view into the text. Quotes are part of it.
struct SqlToken {
    TokenKind kind = TokenKind::kSymbol;
    std::string_view text;
};

// Without spaces and comments. A quote that is not closed goes to the end.
std::vector<SqlToken> Tokens(std::string_view sql);

struct SqlScript {
    // Without their `;`, none empty. A line that begins with a dot where a statement could begin is
    // a command and stands here as it is.
    std::vector<std::string> statements;
    std::string rest;  // begun, without its `;` yet; empty when only spaces
};
// Cuts a script at the `;` that end statements: not those in quotes, comments and triggers.
SqlScript SplitStatements(std::string_view script);

// True when nothing but spaces, comments and `;` is there.
bool IsBlank(std::string_view sql);
// SELECT, WITH, VALUES, EXPLAIN in front: a table is expected back.
bool LooksLikeQuery(std::string_view sql);
// A keyword without regard to upper and lower case.
bool IsWord(const SqlToken& token, std::string_view word);

// "orders" of `orders`, "a ""b" of the name a "b. Empty when it is no name.
std::string Unquoted(const SqlToken& token);

// For display: ORDER BY of result columns at the end of a SELECT.
struct OrderTerm {
    size_t column = 0;
    bool descending = false;
};
// Empty unless every term is a plain result column (its name or position).
std::vector<OrderTerm> OrderOf(std::string_view sql, const std::vector<std::string>& columns);

}  // namespace blasty::cli
