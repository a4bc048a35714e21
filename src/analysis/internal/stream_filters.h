// Filters that make several tokens of one, or look at its neighbours.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/internal/filter.h"
#include "base/status.h"

namespace blasty::analysis::internal {

class ChainAnalyzer;

// Every run of min to max characters of a word, or those at its front; at the word's position. A
// word of fewer than min characters stays whole.
std::unique_ptr<StreamFilter> MakeNgram(size_t min, size_t max);
std::unique_ptr<StreamFilter> MakeEdgeNgram(size_t min, size_t max);

// fooBarHTTPServer2: foo, Bar, HTTP, Server, 2, at positions of their own.
std::unique_ptr<StreamFilter> MakeCamelCase();

// Words and runs of 2 to `size` neighbours joined by spaces, at the position of the first. A gap
// (a removed word) ends a run.
std::unique_ptr<StreamFilter> MakeShingle(size_t size);

// Each term once a text.
std::unique_ptr<StreamFilter> MakeUnique();

// Rules between ';' or line ends: "car, automobile" (each brings the others) and "tv => television
// set" (the left side is replaced). Words and phrases are brought to the form `before` gives them.
// What is longer than the words it stands for pushes the following words on, so that phrases match
// whichever form was written.
Result<std::unique_ptr<StreamFilter>> MakeSynonyms(std::string_view rules, size_t place,
                                                   const ChainAnalyzer& before);

// The bytes [from, to) of a piece, with their place in the text where it is known.
inline Piece Slice(const Piece& piece, size_t from, size_t to) {
    Piece out = piece;
    out.term.text = piece.term.text.substr(from, to - from);
    if (piece.term.aligned) {
        out.start = piece.start + static_cast<uint32_t>(from);
        out.end = piece.start + static_cast<uint32_t>(to);
    }
    return out;
}

}  // namespace blasty::analysis::internal
