// Bounds of analysis, with the reason of each.
#pragma once

#include <cstddef>
#include <cstdint>

namespace blasty::analysis {

// A longer term is cut at a character boundary after the last filter (its offsets still cover the
// whole word): one byte holds its length in an index, and no word of a language comes near.
constexpr size_t kTermBytesMax = 255;
// A longer word is cut before the first filter, so that one filter's work per word is bounded.
constexpr size_t kWordBytesMax = 4096;
// Tokens of one text; what follows is not analyzed. Bounds what n-grams make of a large field.
constexpr size_t kTokensMax = 4'000'000;
constexpr size_t kTextBytesMax = size_t{1} << 30;  // offsets are 32-bit; the rest is not analyzed

constexpr size_t kSpecBytesMax = 256 << 10;  // a chain as text, synonyms included
constexpr size_t kFiltersMax = 32;           // of one chain
constexpr size_t kNgramMax = 32;             // characters; longer n-grams are whole words
constexpr size_t kNgramSpreadMax = 16;       // longest minus shortest, and so the growth per word
constexpr size_t kShingleMax = 5;
constexpr size_t kSynonymsMax = 20'000;         // rules of one filter
constexpr size_t kSynonymWordsMax = 8;          // words of one side of a rule: the look-ahead
constexpr size_t kSynonymAlternativesMax = 64;  // of one word: the growth per word
constexpr size_t kMappingsMax = 4096;
constexpr size_t kUniqueTermsMax = 1'000'000;  // remembered of one text by `unique`
// Without spaces (Thai, Chinese) a longer run is cut before ICU segments it: bounds its memory.
constexpr size_t kRunBytesMax = 16 << 10;
constexpr int kRegexpStackBytesMax = 1 << 20;  // of one match, then the text's words end
constexpr int kRegexpSteps = 1000;             // ICU's unit, some milliseconds; likewise

}  // namespace blasty::analysis
