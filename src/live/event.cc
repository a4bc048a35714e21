#include "live/event.h"

#include <charconv>
#include <optional>

#include "base/strings.h"

namespace blasty::live {
namespace {

constexpr std::string_view kPrefix = "main:";

// Takes a decimal number from the front; nothing when there is none or it is too large.
template <typename Int>
std::optional<Int> TakeNumber(std::string_view& text) {
    Int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    return value;
}

bool TakeMark(std::string_view& text, char mark) {
    if (text.empty() || text.front() != mark) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<ResumeToken> Parse(std::string_view text) {
    if (!text.starts_with(kPrefix)) return std::nullopt;
    text.remove_prefix(kPrefix.size());
    const auto first = TakeNumber<uint64_t>(text);
    if (!first) return std::nullopt;
    if (text.empty()) return ResumeToken{Sequence(*first), Sequence(*first), 0};
    if (!TakeMark(text, '-')) return std::nullopt;
    const auto sequence = TakeNumber<uint64_t>(text);
    if (!sequence || *sequence <= *first || !TakeMark(text, '.')) return std::nullopt;
    const auto taken = TakeNumber<uint32_t>(text);
    if (!taken || *taken == 0 || !text.empty()) return std::nullopt;
    return ResumeToken{Sequence(*first), Sequence(*sequence), *taken};
}

}  // namespace

std::string FormatToken(const ResumeToken& token) {
    if (token.taken == 0) return StrCat(kPrefix, token.sequence.value());
    return StrCat(kPrefix, token.base.value(), "-", token.sequence.value(), ".", token.taken);
}

Result<ResumeToken> ParseToken(std::string_view text) {
    if (const auto token = Parse(text)) return *token;
    return MakeError(StatusCode::kInvalidArgument, "INVALID_TOKEN",
                     StrCat("'", Printable(text),
                            "' is no resume token; give the token of an event as it came, or none "
                            "to begin with a snapshot"));
}

std::string TokenAfter(const EventBatch& batch, size_t index) {
    if (batch.snapshot) {
        if (batch.events[index].kind != EventKind::kReady) return "";
        return FormatToken({batch.sequence, batch.sequence, 0});
    }
    if (index + 1 >= batch.events.size() || batch.base >= batch.sequence)
        return FormatToken({batch.sequence, batch.sequence, 0});
    return FormatToken({batch.base, batch.sequence, static_cast<uint32_t>(index + 1)});
}

}  // namespace blasty::live
