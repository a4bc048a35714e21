// The slow path of words.h.

#include <unicode/brkiter.h>
#include <unicode/rbbi.h>
#include <unicode/utext.h>
#include <unicode/utf8.h>

#include <memory>

#include "analysis/internal/words.h"
#include "base/check.h"

namespace blasty::analysis::internal {
namespace {

// ICU 72 counts `@` as a letter; UAX #29 and later versions do not.
std::unique_ptr<icu::BreakIterator> MakeIterator() {
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<icu::BreakIterator> words(
        icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), status));
    BLASTY_CHECK(U_SUCCESS(status));
    const auto* by_rules = dynamic_cast<const icu::RuleBasedBreakIterator*>(words.get());
    if (by_rules == nullptr) return words;
    icu::UnicodeString rules = by_rules->getRules();
    const icu::UnicodeString letter_at("[\\p{Word_Break=ALetter}@]", -1, US_INV);
    const icu::UnicodeString letter("[\\p{Word_Break=ALetter}]", -1, US_INV);
    if (rules.indexOf(letter_at) < 0) return words;
    rules.findAndReplace(letter_at, letter);
    UParseError where;
    auto changed = std::make_unique<icu::RuleBasedBreakIterator>(rules, where, status);
    return U_SUCCESS(status) ? std::move(changed) : std::move(words);
}

icu::BreakIterator& ThreadIterator() {
    static const icu::BreakIterator* const prototype = MakeIterator().release();
    thread_local const std::unique_ptr<icu::BreakIterator> mine(prototype->clone());
    return *mine;
}

bool HasWordCharacter(std::string_view text) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
    for (size_t i = 0; i < text.size();) {
        UChar32 c = 0;
        U8_NEXT(bytes, i, text.size(), c);
        if (c < 0) continue;
        const WordClass found = WordClassOf(static_cast<uint32_t>(c));
        if ((Joins(found) && found != kJoiner) || found == kHangul || found == kDictionary) {
            return true;
        }
    }
    return false;
}

}  // namespace

std::vector<std::pair<uint32_t, uint32_t>> IcuWords(std::string_view run) {
    std::vector<std::pair<uint32_t, uint32_t>> out;
    UErrorCode status = U_ZERO_ERROR;
    UText utf8 = UTEXT_INITIALIZER;
    utext_openUTF8(&utf8, run.data(), static_cast<int64_t>(run.size()), &status);
    BLASTY_CHECK(U_SUCCESS(status));
    icu::BreakIterator& words = ThreadIterator();
    words.setText(&utf8, status);
    BLASTY_CHECK(U_SUCCESS(status));
    int32_t from = words.first();
    for (int32_t to = words.next(); to != icu::BreakIterator::DONE; to = words.next()) {
        // Not by the rule's status, which is that of no word when marks follow an underscore.
        if (HasWordCharacter(run.substr(from, to - from))) out.emplace_back(from, to);
        from = to;
    }
    utext_close(&utf8);
    return out;
}

}  // namespace blasty::analysis::internal
