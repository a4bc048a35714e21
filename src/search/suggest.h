// What a word that is being typed may become: words and values of an index.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"

namespace blasty::search {

inline constexpr size_t kSuggestBytesMax = 1024;
inline constexpr size_t kSuggestionsMax = 100;

struct SuggestRequest {
    std::string index = {};
    // What was typed so far; its last word is completed. `+`, `-`, quotes and `field:` before it
    // are left alone; the field is the one looked into.
    std::string text = {};
    // TEXT and FACET fields to look into; none: those searched when no field is named.
    std::vector<std::string> fields = {};
    size_t size = 10;
    Sequence fresh = {};  // waits until everything up to it can be found
    int64_t timeout_us = 10'000'000;
};

struct Suggestion {
    std::string text;  // the whole text with its last word completed
    // The word, as some row has it but in small letters, or the value.
    std::string term;
    std::string field;
    // Rows that have it; of a field that holds stems: any word of that stem.
    uint64_t documents = 0;
    uint32_t distance = 0;  // letters to change in what was typed
};

struct SuggestResult {
    // Nearest first, then by documents.
    std::vector<Suggestion> suggestions = {};
    Sequence sequence = {};  // what it was answered at
};

}  // namespace blasty::search
