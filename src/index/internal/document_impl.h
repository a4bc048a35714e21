// What a Document holds: its terms in order, its columns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "index/percolator.h"

namespace blasty::index {

struct Document::Impl {
    struct Token {
        uint32_t field = 0, position = 0;
        uint32_t offset = 0, size = 0;  // of the term, in `bytes`
        uint64_t head = 0;              // the term's first bytes, the first one highest
    };
    // A term of a field: the tokens [begin, end), which differ only in position.
    struct Term {
        uint32_t begin = 0, end = 0;
    };
    struct Field {
        FieldInfo info;
        bool hidden = false;  // an earlier one has the name
        uint32_t tokens = 0;  // text and keywords
        std::vector<double> numbers = {};
        std::vector<Point> points = {};
        uint32_t first_term = 0, end_term = 0;  // in `terms`, in byte order

        bool exists() const { return tokens > 0 || !numbers.empty() || !points.empty(); }
    };

    std::vector<Field> fields;
    std::string key, bytes;
    std::vector<Token> tokens;
    std::vector<Term> terms;

    std::string_view TextOf(const Token& token) const {
        return std::string_view(bytes).substr(token.offset, token.size);
    }
    std::string_view TextOf(const Term& term) const { return TextOf(tokens[term.begin]); }
    std::span<const Token> TokensOf(const Term& term) const {
        return {tokens.data() + term.begin, tokens.data() + term.end};
    }
    void Add(size_t field, std::string_view term, uint32_t position);
    bool Less(const Token& a, const Token& b) const;
    void FindTerms();
};

}  // namespace blasty::index
