#include "search/internal/typed_text.h"

#include <algorithm>

namespace blasty::search::internal {
namespace {

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Behind the signs at `from`.
size_t SkipSigns(std::string_view text, size_t from) {
    return std::min(text.find_first_not_of("+-\"(", from), text.size());
}

}  // namespace

TypedText TakeApart(std::string_view text, const Fields& fields) {
    TypedText typed;
    size_t at = text.size();
    while (at > 0 && !IsSpace(text[at - 1])) --at;
    typed.word = SkipSigns(text, at);
    const size_t colon = text.find(':', typed.word);
    const std::string_view name =
        colon == std::string_view::npos ? "" : text.substr(typed.word, colon - typed.word);
    if (fields.Find(name) != nullptr) {
        typed.field = name;
        typed.word = typed.whole = SkipSigns(text, colon + 1);
        return typed;
    }
    while (typed.whole < text.size() && IsSpace(text[typed.whole])) ++typed.whole;
    typed.whole = std::min(SkipSigns(text, typed.whole), typed.word);
    return typed;
}

}  // namespace blasty::search::internal
