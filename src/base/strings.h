// Joining text and numbers. (Debian's Abseil keeps a string_view type of its own, which
// std::string_view does not convert to; nothing of ours uses it.)
#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

namespace blasty {
namespace internal {

inline void AppendPiece(std::string& out, std::string_view piece) { out.append(piece); }
inline void AppendPiece(std::string& out, char piece) { out.push_back(piece); }
template <typename Int>
requires(std::integral<Int> && !std::same_as<Int, char> &&
         !std::same_as<Int, bool>) void AppendPiece(std::string& out, Int piece) {
    char raw[24];
    const auto end = std::to_chars(raw, raw + sizeof(raw), piece).ptr;
    out.append(raw, static_cast<size_t>(end - raw));
}

}  // namespace internal

// StrCat("topic '", name, "' has ", 3, " messages").
template <typename... Pieces>
std::string StrCat(const Pieces&... pieces) {
    std::string out;
    (internal::AppendPiece(out, pieces), ...);
    return out;
}

template <typename... Pieces>
void StrAppend(std::string& out, const Pieces&... pieces) {
    (internal::AppendPiece(out, pieces), ...);
}

// Text of a client made safe to print inside a message: at most `max` bytes, control characters and
// invalid UTF-8 as \xNN.
std::string Printable(std::string_view text, size_t max = 80);

}  // namespace blasty
