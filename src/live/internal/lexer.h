// Words of an SQL text. No parser: SQLite parses. This only tells where words stand, so that doubt
// can lead to a more general class of query.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace blasty::live::internal {

enum class TokenKind : unsigned char {
    kWord,       // bare identifier or keyword
    kQuoted,     // "name", [name], `name`
    kString,     // 'text', x'00'
    kNumber,     // 12, 1.5e3, 0xff
    kParameter,  // ?, ?1, :name, @name, $name
    kMark,       // any other character
};

struct Token {
    TokenKind kind = TokenKind::kMark;
    size_t begin = 0, end = 0;  // in the text
    int depth = 0;              // of parentheses around it; of the inside for both brackets
    std::string upper;          // kWord: in ASCII capitals; kMark: the character
};

// Without blanks and comments. What SQLite refuses may come out as anything.
std::vector<Token> Tokenize(std::string_view sql);

}  // namespace blasty::live::internal
