// What is known of languages: codes, stemmers, words without meaning of their own.
#pragma once

#include <span>
#include <string_view>

namespace blasty::analysis::internal {

struct Language {
    std::string_view code;        // "de"
    std::string_view name;        // "german"
    std::string_view snowball;    // algorithm of libstemmer, "" without one
    std::string_view stop_words;  // lower-case, between spaces; "" without
    std::string_view articles;    // that end in an apostrophe
    std::string_view chain;       // of the analyzer of this name; "" for words alone
};

// By code.
std::span<const Language> Languages();

// By code or name; nullptr when unknown.
const Language* FindLanguage(std::string_view name);

}  // namespace blasty::analysis::internal
