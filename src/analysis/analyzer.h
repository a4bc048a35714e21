// From text to the terms of a search index.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"

namespace blasty::analysis {

struct Token {
    std::string_view term;  // well-formed UTF-8, 1 to kTermBytesMax bytes; valid in the call only
    // Number of the word from 0, never less than that of the token before. Tokens may share one
    // (synonyms, n-grams), and removed words (stop words) leave a gap.
    uint32_t position = 0;
    // Bytes of the original text, for highlighting: begin <= end <= its size, on character
    // boundaries. What no longer lies byte for byte in the text (n-grams of folded words) has the
    // place of its whole word.
    uint32_t start = 0;
    uint32_t end = 0;
};

using TokenSink = absl::FunctionRef<void(const Token&)>;

// Immutable; any number of threads may use it at once, and `sink` may itself analyze.
class Analyzer {
  public:
    virtual ~Analyzer() = default;

    // Hands every token of `text` to `sink`. `text` may hold anything: bytes that are not
    // well-formed UTF-8 separate words (`keyword` puts U+FFFD in their place).
    virtual void Analyze(std::string_view text, TokenSink sink) const = 0;

    // `word` as far as letters go (case, accents), not split, stemmed or removed: how the pattern
    // of a prefix, wildcard or fuzzy query is brought to the form of the terms.
    virtual std::string Normalize(std::string_view word) const = 0;
};

}  // namespace blasty::analysis
