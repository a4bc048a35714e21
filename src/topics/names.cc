#include "topics/names.h"

#include <cstddef>

#include "base/strings.h"
#include "base/utf8.h"
#include "topics/limits.h"

namespace blasty::topics {
namespace {

Status BadName(std::string_view what, std::string_view name, std::string_view why) {
    return MakeError(StatusCode::kInvalidArgument, "INVALID_NAME",
                     StrCat(what, " '", Printable(name), "' ", why));
}

// Code points that do not print or that separate words: one must see what a name is.
bool IsSpaceOrControl(std::string_view character) {
    const auto first = static_cast<unsigned char>(character[0]);
    if (character.size() == 1) return first <= 0x20 || first == 0x7f;
    if (character.size() == 2)
        return first == 0xc2 && static_cast<unsigned char>(character[1]) <= 0xa0;
    return character == "\u2028" || character == "\u2029" || character == "\u3000" ||
           character == "\ufeff" || (character >= "\u2000" && character <= "\u200f");
}

Status CheckToken(std::string_view what, std::string_view name, std::string_view token, bool last,
                  bool wildcards) {
    if (token.empty())
        return BadName(what, name, "has an empty token: write a.b, not .a, a. or a..b");
    if (token == "*" || token == ">") {
        if (!wildcards) return BadName(what, name, "has a wildcard token: only patterns may");
        if (token == ">" && !last) return BadName(what, name, "has '>' before its end");
        return OkStatus();
    }
    for (size_t i = 0; i < token.size();) {
        const size_t length = Utf8Length(token.substr(i));
        if (length == 0) return BadName(what, name, "is not valid UTF-8");
        const std::string_view character = token.substr(i, length);
        if (IsSpaceOrControl(character)) {
            return BadName(what, name, "has a space or control character: use printable ones");
        }
        if (character == "*" || character == ">") {
            return BadName(what, name,
                           "has '*' or '>' inside a token: a wildcard is a whole token");
        }
        i += length;
    }
    return OkStatus();
}

Status Check(std::string_view what, std::string_view name, bool wildcards) {
    if (name.empty()) return BadName(what, name, "is empty");
    if (name.size() > kNameBytesMax) {
        return BadName(what, name, StrCat("has ", name.size(), " bytes; at most ", kNameBytesMax));
    }
    if (name[0] == '$' && (what == "inbox" || !IsOwnTopic(name)))
        return BadName(what, name, "begins with '$': such names are reserved");
    size_t tokens = 0;
    for (size_t begin = 0; begin <= name.size();) {
        const size_t end = std::min(name.find('.', begin), name.size());
        if (++tokens > kNameTokensMax) {
            return BadName(what, name, StrCat("has more than ", kNameTokensMax, " tokens"));
        }
        BLASTY_RETURN_IF_ERROR(
            CheckToken(what, name, name.substr(begin, end - begin), end == name.size(), wildcards));
        begin = end + 1;
    }
    return OkStatus();
}

}  // namespace

bool IsOwnTopic(std::string_view name) {
    constexpr std::string_view kIndex = "$index/";
    return name.starts_with(kIndex) && name.size() > kIndex.size();
}

Status CheckName(std::string_view what, std::string_view name) { return Check(what, name, false); }

Status CheckPattern(std::string_view pattern) { return Check("pattern", pattern, true); }

bool IsWildcard(std::string_view pattern) {
    return pattern.find_first_of("*>") != std::string_view::npos;
}

bool Matches(std::string_view pattern, std::string_view name) {
    while (true) {
        if (pattern == ">") return !name.empty();
        const size_t pattern_end = std::min(pattern.find('.'), pattern.size());
        const size_t name_end = std::min(name.find('.'), name.size());
        const std::string_view token = pattern.substr(0, pattern_end);
        if (token != "*" && token != name.substr(0, name_end)) return false;
        const bool pattern_done = pattern_end == pattern.size();
        const bool name_done = name_end == name.size();
        if (pattern_done || name_done) return pattern_done && name_done;
        pattern.remove_prefix(pattern_end + 1);
        name.remove_prefix(name_end + 1);
    }
}

}  // namespace blasty::topics
